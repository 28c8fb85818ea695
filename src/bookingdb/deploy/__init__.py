"""The deployer: brings a schema to the state the package declares, and tells how far it is from it."""

from bookingdb.deploy.deployment import migrate
from bookingdb.deploy.errors import ConstraintsViolated, DeployError, Violation
from bookingdb.deploy.files import Package
from bookingdb.deploy.inspection import status
from bookingdb.deploy.results import Change, Item, MigrateResult, StatusResult

__all__ = [
    "Change",
    "ConstraintsViolated",
    "DeployError",
    "Item",
    "MigrateResult",
    "Package",
    "StatusResult",
    "Violation",
    "migrate",
    "status",
]
