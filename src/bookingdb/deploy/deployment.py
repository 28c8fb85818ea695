"""One deployment from beginning to end."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from psycopg import Connection

from bookingdb.deploy import constraints, extensions, migrations, objects, preflight, roles
from bookingdb.deploy import schema as schemas
from bookingdb.deploy.connection import Target, act_as, reading, writing
from bookingdb.deploy.errors import WRONG_USAGE, DeployError, sentences
from bookingdb.deploy.files import Package
from bookingdb.deploy.locks import alone
from bookingdb.deploy.plan import Plan, make_plan, read_database
from bookingdb.deploy.results import Change, MigrateResult
from bookingdb.modules import resolve

Report = Callable[[str], None]


def migrate(
    conninfo: str,
    *,
    schema: str = "bookingdb",
    modules: Iterable[str] | None = None,
    dry_run: bool = False,
    force: bool = False,
    lock_timeout: str = "5s",
    report: Report | None = None,
    package: Package | None = None,
) -> MigrateResult:
    """Bring a schema to the state the package declares; raise ``DeployError`` when it cannot be done.

    ``modules`` are installed with what they need, beside those that are installed already; None means all. Any number
    of calls may run at once, be killed and be repeated. What somebody changed by hand is undone with ``force`` only.
    ``report`` is told about progress.
    """
    package = package or Package.installed()
    schemas.check_name(schema)
    wanted = _resolve(modules)
    target = Target(conninfo, schema, lock_timeout)
    if dry_run:
        with sentences(), reading(target, any_pooler=False) as conn:
            return _rehearse(conn, package, schema, wanted, force=force)
    report = report or (lambda _: None)
    with sentences(), writing(target) as conn, alone(conn, schema, lock_timeout, report):
        return _deploy(conn, target, package, wanted, report, force=force)


def _resolve(modules: Iterable[str] | None) -> tuple[str, ...]:
    try:
        return resolve(modules)
    except ValueError as error:
        raise DeployError(f"{error}.", exit_code=WRONG_USAGE) from error


def _rehearse(
    conn: Connection[Any], package: Package, schema: str, wanted: Iterable[str], *, force: bool
) -> MigrateResult:
    owner, plan = _look(conn, package, schema, wanted, force=force)
    runs = [*plan.to_run("constraint"), *plan.to_run("function", "policy")]
    return MigrateResult(
        schema=schema,
        modules=plan.modules,
        dry_run=True,
        roles=roles.missing(conn, owner),
        usage=schemas.not_usable_by(conn, schema),
        migrations=[file.id for file in plan.migrations],
        changes=[Change(state.action, *state.file.key) for state in runs]
        + [Change("dropped", *version.key) for version in plan.vanished],
    )


def _look(
    conn: Connection[Any], package: Package, schema: str, wanted: Iterable[str], *, force: bool
) -> tuple[str, Plan]:
    """Make every check that can be made before anything is changed; return the owner and what there is to do."""
    preflight.check_server(conn)
    owner = roles.owner(conn, schema)
    schemas.check_privileges(conn, schema, owner)
    roles.check(conn, owner)
    database = read_database(conn, schema)
    preflight.check_not_newer(package, database)
    preflight.check_migrations_unedited(package, database)
    plan = make_plan(package, database, resolve({*wanted, *database.modules}))
    extensions.check(conn, owner, plan.migrations)
    preflight.check_tables_there(package, database, plan)
    preflight.check_names_free(plan, database, schema)
    if not force:
        preflight.check_not_edited(plan)
    constraints.check(conn, plan.to_run("constraint"), tables_exist=not plan.migrations)
    return owner, plan


def _deploy(
    conn: Connection[Any], target: Target, package: Package, wanted: Iterable[str], report: Report, *, force: bool
) -> MigrateResult:
    schema = target.schema
    owner, plan = _look(conn, package, schema, wanted, force=force)
    missing_roles = roles.missing(conn, owner)
    locked_out = schemas.not_usable_by(conn, schema)
    roles.make(conn, owner)
    if owner != roles.current_user(conn):
        target = replace(target, role=owner)
        act_as(conn, owner)
    schemas.make(conn, schema)
    _migrate_tables(conn, target, package, plan, report)
    return MigrateResult(
        schema=schema,
        modules=plan.modules,
        dry_run=False,
        roles=missing_roles,
        usage=locked_out,
        migrations=[file.id for file in plan.migrations],
        changes=_add_constraints(conn, package, schema, plan, report)
        + objects.bring_up(conn, package, schema, plan.modules, report),
    )


def _migrate_tables(conn: Connection[Any], target: Target, package: Package, plan: Plan, report: Report) -> None:
    files = [file for file in package.migration_files() if file.module in plan.modules]
    if not migrations.settled(conn, target.schema, files):
        migrations.apply(target, conn, package, files, report)


def _add_constraints(conn: Connection[Any], package: Package, schema: str, plan: Plan, report: Report) -> list[Change]:
    states = make_plan(package, read_database(conn, schema), plan.modules).to_run("constraint")
    constraints.check(conn, states, tables_exist=True)
    return constraints.bring_up(conn, package, schema, states, report)
