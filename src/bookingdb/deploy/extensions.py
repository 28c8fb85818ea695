"""The extensions that migrations make: they are there, or the owner may make them."""

from collections.abc import Iterable
from typing import Any

from psycopg import Connection

from bookingdb.deploy.errors import WRONG_USAGE, DeployError
from bookingdb.deploy.files import MigrationFile


def check(conn: Connection[Any], owner: str, migrations: Iterable[MigrationFile]) -> None:
    """Refuse when ``migrations`` make an extension that is missing and that the owner may not make."""
    wanted = {name for migration in migrations for name in migration.extensions}
    installed = {name for (name,) in conn.execute("SELECT extname FROM pg_extension")}
    for name in sorted(wanted - installed):
        _require(conn, owner, name)


def script(name: str) -> str:
    """Return the SQL that makes an extension where no tenant's schema takes it along when it is dropped."""
    return f"  CREATE SCHEMA IF NOT EXISTS extensions;\n  CREATE EXTENSION IF NOT EXISTS {name} SCHEMA extensions;"


def _require(conn: Connection[Any], owner: str, name: str) -> None:
    found = conn.execute(
        """
        SELECT r.rolsuper OR v.trusted AND has_database_privilege(r.oid, current_database(), 'CREATE')
        FROM pg_available_extensions e
        JOIN pg_available_extension_versions v ON (v.name, v.version) = (e.name, e.default_version)
        JOIN pg_roles r ON r.rolname = %s
        WHERE e.name = %s
        """,
        [owner, name],
    ).fetchone()
    if found is None:
        raise DeployError(
            f"The server does not have the extension {name}.",
            "Install PostgreSQL's contrib modules where it runs.",
            exit_code=WRONG_USAGE,
        )
    if found == (False,):
        raise DeployError(
            f'The extension {name} is missing, and "{owner}" may not make it.',
            f"Have the owner of the database or a superuser run this once, then run migrate again:\n{script(name)}",
            exit_code=WRONG_USAGE,
        )
