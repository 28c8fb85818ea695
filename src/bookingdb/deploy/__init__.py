"""The deployer: brings a schema to the state the package declares, and tells how far it is from it."""

from bookingdb.deploy.deployment import migrate
from bookingdb.deploy.errors import ConstraintsViolated, DeployError, Edit, EditedByHand, Violation
from bookingdb.deploy.files import Package
from bookingdb.deploy.health import Finding, doctor
from bookingdb.deploy.inspection import deployments, status
from bookingdb.deploy.results import Change, Deployed, Item, Loss, MigrateResult, RollbackResult, StatusResult
from bookingdb.deploy.rolling_back import rollback

__all__ = [
    "Change",
    "ConstraintsViolated",
    "DeployError",
    "Deployed",
    "Edit",
    "EditedByHand",
    "Finding",
    "Item",
    "Loss",
    "MigrateResult",
    "Package",
    "RollbackResult",
    "StatusResult",
    "Violation",
    "deployments",
    "doctor",
    "migrate",
    "rollback",
    "status",
]
