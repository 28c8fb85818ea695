"""How a database compares with the package, found out without changing anything."""

from collections.abc import Iterator
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from bookingdb.deploy import migrations
from bookingdb.deploy import schema as schemas
from bookingdb.deploy.connection import Target, reading
from bookingdb.deploy.errors import WRONG_USAGE, DeployError, sentences
from bookingdb.deploy.files import Package
from bookingdb.deploy.plan import Database, Plan, make_plan, read_database
from bookingdb.deploy.results import Deployed, Item, State, StatusResult
from bookingdb.modules import resolve


def status(
    conninfo: str, *, schema: str = "bookingdb", lock_timeout: str = "5s", package: Package | None = None
) -> StatusResult:
    """Compare a schema with the package, in one read-only transaction."""
    package = package or Package.installed()
    schemas.check_name(schema)
    with sentences(), reading(Target(conninfo, schema, lock_timeout), any_pooler=True) as conn:
        if not schemas.may_use(conn, schema):
            raise _not_for_you(schema)
        database = read_database(conn, schema)
        if not database.installed:
            return StatusResult(schema, package.version)
        if not database.migrations:  # there is always one: row-level security hides them
            raise _not_for_you(schema)
        plan = make_plan(package, database, resolve(database.modules))
        items = [
            _schema_item(conn, schema),
            *_migration_items(package, database, plan),
            *_file_items(plan),
            *_unknown_functions(database, plan, schema),
        ]
    return StatusResult(schema, package.version, database.newest_package, plan.modules, items)


def deployments(
    conninfo: str,
    *,
    schema: str = "bookingdb",
    name: str | None = None,
    limit: int | None = None,
    lock_timeout: str = "5s",
) -> list[Deployed]:
    """Return what was deployed, newest first: all of it, or the versions of one function, constraint or policy."""
    schemas.check_name(schema)
    with sentences(), reading(Target(conninfo, schema, lock_timeout), any_pooler=True) as conn:
        if not schemas.may_use(conn, schema):
            raise _not_for_you(schema)
        if not migrations.is_installed(conn, schema):
            return []
        if not migrations.applied(conn):
            raise _not_for_you(schema)
        cursor = conn.cursor(row_factory=class_row(Deployed))
        cursor.execute(
            "SELECT applied_at AS deployed_at, applied_by AS deployed_by, action, kind, module, name, version,"
            " package_version FROM function_versions"
            " WHERE name = coalesce(%s, name) ORDER BY id DESC LIMIT %s",
            [name, limit],
        )
        return cursor.fetchall()


def _not_for_you(schema: str) -> DeployError:
    return DeployError(
        f'This user may not see what is installed in schema "{schema}".',
        "Connect as its owner or as a member of service_role.",
        exit_code=WRONG_USAGE,
    )


def _schema_item(conn: Connection[Any], schema: str) -> Item:
    locked_out = schemas.not_usable_by(conn, schema)
    if locked_out:
        return Item("schema", None, schema, "edited by hand", f"not usable by {', '.join(locked_out)}")
    return Item("schema", None, schema, "up to date")


def _migration_items(package: Package, database: Database, plan: Plan) -> Iterator[Item]:
    files = {file.id: file for file in package.migration_files() if file.module in plan.modules}
    for file in files.values():
        state: State = "up to date"
        detail = None
        if file.id not in database.migrations:
            state = "missing"
        elif database.migrations[file.id] not in (None, file.checksum):
            state, detail = "outdated", "the file was edited after it was applied"
        yield Item("migration", file.module, file.id, state, detail)
    for id_ in database.migrations.keys() - files.keys():
        yield Item("migration", None, id_, "unknown", "of a newer version of bookingdb")


def _file_items(plan: Plan) -> Iterator[Item]:
    for state in plan.files:
        yield Item(*state.file.key, state.state, state.detail, state.diff)
    for version in plan.vanished:
        yield Item(*version.key, "outdated", "not in the package any more")


def _unknown_functions(database: Database, plan: Plan, schema: str) -> Iterator[Item]:
    """Functions that are not ours. In ``public`` others are at home; elsewhere each is worth a look."""
    if schema == "public":
        return
    declared = {declared for state in plan.files for declared in state.file.objects}
    for existing in sorted(database.snapshot.definitions.keys() - declared - database.ours):
        if existing.type == "function":
            yield Item("function", None, existing.name, "unknown", "not made by bookingdb")
