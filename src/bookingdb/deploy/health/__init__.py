"""What usually goes wrong with an installation, and what to do about each."""

from bookingdb.deploy import schema as schemas
from bookingdb.deploy.connection import Target, reading
from bookingdb.deploy.errors import sentences
from bookingdb.deploy.files import Package
from bookingdb.deploy.health import access, objects, server, tables
from bookingdb.deploy.health._patient import Check, Finding, Patient

__all__ = ["Finding", "doctor"]

_CHECKS: tuple[Check, ...] = (
    server.version_and_standby,
    server.connection,
    server.isolation,
    server.plpgsql,
    server.btree_gist,
    server.time_zones,
    access.owner,
    access.roles,
    access.api_users,
    objects.package_and_objects,
    access.ownership,
    tables.constraints,
    tables.triggers,
    tables.statistics,
    access.supabase,
)
"""In the order in which they are made and printed."""


def doctor(
    conninfo: str, *, schema: str = "bookingdb", lock_timeout: str = "5s", package: Package | None = None
) -> list[Finding]:
    """Check an installation in a read-only transaction; raise ``DeployError`` where there is no connection."""
    schemas.check_name(schema)
    with sentences(), reading(Target(conninfo, schema, lock_timeout), any_pooler=True) as conn:
        patient = Patient(conninfo, conn, schema, package or Package.installed(), lock_timeout)
        return [finding for check in _CHECKS for finding in check(patient)]
