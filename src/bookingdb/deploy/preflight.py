"""Everything that is looked at before anything is changed; each check refuses with a sentence."""

from typing import Any

from packaging.version import Version as PackageVersion
from psycopg import Connection

from bookingdb.deploy.errors import WRITABLE, WRONG_USAGE, DeployError, Edit, EditedByHand
from bookingdb.deploy.files import Package
from bookingdb.deploy.plan import Database, Plan

_OLDEST_SERVER = 150000


def check_server(conn: Connection[Any]) -> None:
    """Refuse a server that is too old, or takes no writes."""
    version = conn.info.server_version
    if version < _OLDEST_SERVER:
        raise DeployError(
            f"The server is PostgreSQL {version // 10000}; bookingdb needs 15 or newer.", exit_code=WRONG_USAGE
        )
    if conn.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
        raise DeployError("The server is a read-only standby.", "Connect to the primary.", exit_code=WRONG_USAGE)
    if conn.execute("SHOW default_transaction_read_only").fetchone() == ("on",):
        raise DeployError("Transactions are read-only unless they say otherwise.", WRITABLE, exit_code=WRONG_USAGE)


def check_not_newer(package: Package, database: Database) -> None:
    """Refuse a database that a newer version of the package has deployed to."""
    hint = "Use that version of bookingdb, or a newer one."
    newest = database.newest_package or package.version
    if PackageVersion(newest) > PackageVersion(package.version):
        raise DeployError(f"The database is newer: bookingdb {newest} deployed it, this is {package.version}.", hint)
    if unknown := sorted(database.migrations.keys() - {file.id for file in package.migration_files()}):
        raise DeployError(
            f"The database is newer: bookingdb {package.version} does not know its {', '.join(unknown)}.", hint
        )


def check_migrations_unedited(package: Package, database: Database) -> None:
    """Refuse migration files that are not what they were when they were applied."""
    edited = [
        file.id for file in package.migration_files() if database.migrations.get(file.id) not in (None, file.checksum)
    ]
    if edited:
        raise DeployError(
            f"Edited after they were applied: {', '.join(edited)}.",
            "A released migration never changes: install the package again, or put the change into a new migration.",
        )


def check_tables_there(package: Package, database: Database, plan: Plan) -> None:
    """Refuse a schema that lost tables: no migration that is still to come makes them again."""
    tables = {declared for state in plan.files for declared in state.file.objects if declared.type == "table"}
    lost = {table.name for table in tables - database.snapshot.definitions.keys()}
    lost.difference_update(*(migration.relations for migration in plan.migrations))
    makers = {
        file.id: gone
        for file in package.migration_files()
        if file.id in database.migrations and (gone := sorted(lost & file.relations))
    }
    if makers:
        raise DeployError(
            f"Tables are gone that were made once: {', '.join(name for gone in makers.values() for name in gone)}.",
            "Restore a backup; or make them again, empty, by their CREATE TABLE, ENABLE ROW LEVEL SECURITY and what"
            f" refers to them in {', '.join(f'migrations/{id_}.sql' for id_ in makers)}; then run migrate.",
        )


def check_not_edited(plan: Plan) -> None:
    """Refuse to undo what somebody changed by hand."""
    if plan.edited:
        raise EditedByHand([Edit(*key) for key in plan.edited])


def check_names_free(plan: Plan, database: Database, schema: str) -> None:
    """Refuse a schema in which somebody else's objects have the names of ours."""
    relations = {name for migration in plan.migrations for name in migration.relations}
    foreign = sorted(f"relation {name}" for name in relations & database.snapshot.names_taken)
    declared = {declared for state in plan.files for declared in state.file.objects}
    foreign += sorted(
        str(existing)
        for existing in declared & database.snapshot.definitions.keys() - database.ours
        if existing.type != "table"
    )
    others = {"type": database.snapshot.names_taken, "function": database.snapshot.aggregates}
    foreign += sorted(
        f"{ours} (of another kind)"
        for ours in declared - database.ours - database.snapshot.definitions.keys()
        if ours.name in others.get(ours.type, ())
    )
    if foreign:
        raise DeployError(
            f'Schema "{schema}" already has objects of our names that bookingdb did not make: {", ".join(foreign)}.',
            "Choose another --schema, or rename or drop them.",
        )
