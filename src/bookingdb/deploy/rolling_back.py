"""Undoing migrations: what that would lose, and doing it in one transaction."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from psycopg import Connection, errors, sql

from bookingdb.deploy import catalog, drops, history, migrations, preflight, roles
from bookingdb.deploy import schema as schemas
from bookingdb.deploy.connection import Target, act_as, writing
from bookingdb.deploy.errors import WRONG_USAGE, DeployError, sentences
from bookingdb.deploy.files import DatabaseObject, MigrationFile, Package
from bookingdb.deploy.history import Version
from bookingdb.deploy.locks import alone
from bookingdb.deploy.plan import Database, make_plan, read_database
from bookingdb.deploy.results import Change, Loss, RollbackResult
from bookingdb.modules import DEPENDENCIES, resolve

Report = Callable[[str], None]
Confirm = Callable[[RollbackResult], None]


def rollback(
    conninfo: str,
    *,
    schema: str = "bookingdb",
    to: str | None = None,
    steps: int | None = None,
    confirm: Confirm,
    lock_timeout: str = "5s",
    report: Report | None = None,
    package: Package | None = None,
) -> RollbackResult:
    """Undo the migrations that are newer than ``to``, or the newest ``steps`` of them; without either, the newest.

    ``confirm`` is shown what is about to be lost and raises an exception to prevent it. All of it happens or nothing.
    """
    package = package or Package.installed()
    schemas.check_name(schema)
    target = Target(conninfo, schema, lock_timeout)
    report = report or (lambda _: None)
    with sentences(), writing(target) as conn, alone(conn, schema, lock_timeout, report):
        return _roll_back(conn, target, package, to, steps, confirm, report)


def _roll_back(
    conn: Connection[Any],
    target: Target,
    package: Package,
    to: str | None,
    steps: int | None,
    confirm: Confirm,
    report: Report,
) -> RollbackResult:
    preflight.check_server(conn)
    owner = roles.owner(conn, target.schema)
    if owner != roles.current_user(conn):
        target = replace(target, role=owner)
        act_as(conn, owner)
    database = read_database(conn, target.schema)
    preflight.check_not_newer(package, database)
    chosen = _choose(database, target.schema, to, steps)
    undo = _Undo(conn, package, target.schema, database, chosen)
    result = _rehearse(conn, undo, report)
    confirm(result)
    report(f"Rolling back {', '.join(chosen)}")
    migrations.undo(target, conn, package, undo)
    return replace(result, done=True)


def _choose(database: Database, schema: str, to: str | None, steps: int | None) -> list[str]:
    """Return the migrations to undo, newest first."""
    applied = sorted(database.migrations, reverse=True)
    if not applied:
        raise DeployError(f'Nothing is installed in schema "{schema}".')
    if to is None:
        return applied[: 1 if steps is None else steps]
    if to not in applied:
        names = ", ".join(reversed(applied))
        raise DeployError(f"{to} is not applied.", f"Applied are {names}.", exit_code=WRONG_USAGE)
    if to == applied[0]:
        raise DeployError(f"{to} is the newest migration that is applied: nothing to roll back.")
    return applied[: applied.index(to)]


class _Undo:
    """The work itself: what hangs on the tables, then the tables, then the record of it."""

    def __init__(
        self, conn: Connection[Any], package: Package, schema: str, database: Database, chosen: list[str]
    ) -> None:
        self.conn = conn
        self.package = package
        self.schema = schema
        self.migrations = chosen
        self.scripts = {id_: _script(package, id_) for id_ in chosen}
        going = {MigrationFile(id_, "").module for id_ in chosen}
        # a module works with all of its tables and with all of what it stands on, or not at all
        modules = [name for name in DEPENDENCIES if going & set(resolve([name]))]
        self.versions = [version for version in database.history.values() if version.module in modules]
        edited = make_plan(package, database, resolve(database.modules)).edited
        self.edited = [name for _, module, name in edited if module in modules]

    def __call__(self) -> None:
        """Undo the migrations, inside a transaction of the caller's."""
        with sentences("Nothing was rolled back"):
            try:
                self._drop_objects()
                for script in self.scripts.values():
                    self.conn.execute(script.encode())
            except errors.DependentObjectsStillExist as error:
                raise DeployError(
                    f"Other objects depend on what would go: {error.diag.message_detail}",
                    "They are not bookingdb's. Drop them first, or have their owner do it. Nothing was rolled back.",
                ) from error
        if not migrations.is_installed(self.conn, self.schema):
            return  # the history went with the rest
        if left := migrations.applied(self.conn).keys() & self.scripts.keys():
            raise DeployError(f"Still noted as applied: {', '.join(sorted(left))}. Install the package again.")
        history.record_dropped(self.conn, self.versions, self.package.version)

    def _drop_objects(self) -> None:
        existing = catalog.read(self.conn, self.schema).definitions
        ours = [declared for declared in _declared(self.versions) if declared in existing]
        for declared in reversed(ours):
            drops.drop_from_table(self.conn, declared)
        drops.clear(self.conn, self.schema, [declared for declared in ours if declared.type == "table"])
        drops.drop(self.conn, drops.find(self.conn, self.schema, ours), set(ours))


def _script(package: Package, migration_id: str) -> str:
    path = package.migrations / f"{migration_id}.rollback.sql"
    if not path.exists():
        raise DeployError(f"{migration_id} cannot be rolled back: it has no {path.name}.")
    return path.read_text("utf-8")


def _declared(versions: Iterable[Version]) -> list[DatabaseObject]:
    return list(dict.fromkeys(declared for version in versions for declared in version.declared))


def _rehearse(conn: Connection[Any], undo: _Undo, report: Report) -> RollbackResult:
    """Find out what is lost by doing it and taking it back, which meets every obstacle too.

    Tables are locked only for that moment; their rows are counted afterwards.
    """
    before = _columns(conn)
    with conn.transaction(force_rollback=True):
        undo()
        after = _columns(conn)
    tables = sorted(before.keys() - after.keys())
    report(f"Counting the rows of {len(tables)} tables")
    losses = [Loss(table, None, _count(conn, table, None)) for table in tables]
    for table, columns in after.items():
        gone = [column for column in before.get(table, []) if column not in columns]
        losses += [Loss(table, column, _count(conn, table, column)) for column in gone]
    return RollbackResult(
        schema=undo.schema,
        migrations=undo.migrations,
        losses=losses,
        dropped=[Change("dropped", *version.key) for version in undo.versions],
        edited=undo.edited,
    )


def _columns(conn: Connection[Any]) -> dict[str, list[str]]:
    """Return the columns of every table of the schema."""
    return dict(
        conn.execute(
            "SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)"
            " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') GROUP BY c.relname"
        ).fetchall()
    )


def _count(conn: Connection[Any], table: str, column: str | None) -> int:
    what = sql.Identifier(column) if column else sql.SQL("*")
    query = sql.SQL("SELECT count({}) FROM {}").format(what, sql.Identifier(table))
    return int(conn.execute(query).fetchall()[0][0])
