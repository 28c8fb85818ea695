"""Functions with their types and triggers, and the policies and grants of tables: all of them in one transaction."""

from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from psycopg import Connection, errors

from bookingdb.deploy import catalog, drops, history
from bookingdb.deploy.errors import DeployError, explain, sentences
from bookingdb.deploy.files import DatabaseObject, Key, ObjectFile, Package
from bookingdb.deploy.plan import Plan, make_plan, read_database
from bookingdb.deploy.results import Change

_NOT_YET = (errors.UndefinedFunction, errors.UndefinedObject, errors.UndefinedTable, errors.UndefinedColumn)
"""What a file fails with when it needs a file that comes later."""

_IN_THE_WAY = (errors.InvalidFunctionDefinition, errors.DependentObjectsStillExist, errors.AmbiguousFunction)
"""What a file fails with when its function cannot be replaced as it is: another result, other parameters."""


class _SecondSignature(DeployError):
    """A file made a second function beside the one with the old parameters."""


def bring_up(
    conn: Connection[Any], package: Package, schema: str, modules: tuple[str, ...], report: Callable[[str], None]
) -> list[Change]:
    """Bring everything to the state its files declare, and drop what no file declares any more."""
    with conn.transaction():
        database = read_database(conn, schema)
        plan = make_plan(package, database, modules)
        states = plan.to_run("function", "policy")
        if states:
            report(f"Functions and policies: {len(states)} of {len(plan.files)} files")
        ran = _run_all(conn, schema, plan)
        _drop_stale(conn, schema, plan, database.snapshot)
        history.record_dropped(conn, plan.vanished, package.version)
        dropped = [Change("dropped", *version.key) for version in plan.vanished]
        return _record(conn, package, schema, plan, ran) + dropped


def _run_all(conn: Connection[Any], schema: str, plan: Plan) -> set[Key]:
    """Run files until all have succeeded: one that needs another fails at first and is tried again after it."""
    owners = {declared: state.file for state in plan.files for declared in state.file.objects}
    waiting = [state.file for state in plan.to_run("function", "policy")]
    ran: set[Key] = set()
    while waiting:
        failed: dict[Key, psycopg.Error] = {}
        again: list[ObjectFile] = []
        for file in waiting:
            try:
                again += _run(conn, schema, file, owners)
                ran.add(file.key)
            except _NOT_YET as error:
                failed[file.key] = error
                again.append(file)
            except psycopg.Error as error:
                raise explain(error, f"{file} was not deployed") from error
        if len(failed) == len(waiting):
            first = waiting[0]
            raise explain(failed[first.key], f"{first} was not deployed") from failed[first.key]
        waiting = list({file.key: file for file in again}.values())
    return ran


def _run(
    conn: Connection[Any], schema: str, file: ObjectFile, owners: Mapping[DatabaseObject, ObjectFile]
) -> list[ObjectFile]:
    """Run one file; return the files whose objects had to make way and must be run again."""
    try:
        with conn.transaction():
            _execute(conn, schema, file)
        return []
    except (*_IN_THE_WAY, _SecondSignature):
        replaced = [declared for declared in file.objects if declared.type in ("function", "type")]
        doomed = drops.find(conn, schema, replaced)
        if not doomed:
            raise
    with conn.transaction():
        drops.drop(conn, doomed, owners)
        _execute(conn, schema, file)
    displaced = {owners[victim.object] for victim in doomed if victim.object in owners}
    return [other for other in displaced if other != file]


def _execute(conn: Connection[Any], schema: str, file: ObjectFile) -> None:
    drops.clear(conn, schema, file.objects, file.sequences)
    conn.execute(file.text.encode())
    if file.kind == "function":
        (functions,) = conn.execute(
            "SELECT count(*) FROM pg_proc WHERE pronamespace = to_regnamespace(quote_ident(%s)) AND proname = %s",
            [schema, file.name],
        ).fetchall()[0]
        if functions > 1:
            raise _SecondSignature(f"{file} makes {functions} functions of one name. Install the package again.")


def _drop_stale(conn: Connection[Any], schema: str, plan: Plan, before: catalog.Snapshot) -> None:
    """Drop what history says we made and no file declares any more."""
    existing = [declared for declared in plan.stale if declared in before.definitions]
    with sentences("Dropping what is not declared any more"):
        drops.clear(conn, schema, [declared for declared in existing if declared.type == "table"])
        drops.drop(conn, drops.find(conn, schema, existing), plan.stale)
        for declared in existing:
            drops.drop_from_table(conn, declared)


def _record(conn: Connection[Any], package: Package, schema: str, plan: Plan, ran: set[Key]) -> list[Change]:
    """Add to the history what ran, unless it only made way for another file and looks as before."""
    after = catalog.read(conn, schema)
    changes = []
    for state in plan.files:
        file = state.file
        if file.key not in ran:
            continue
        definition = after.definition(file.objects, file.sequences)
        if definition is None:
            missing = ", ".join(map(str, after.missing(file)))
            raise DeployError(f"{file} did not make what it declares: {missing}. Install the package again.")
        if not state.looks_like(definition):
            history.record(conn, file, state.action, definition, package.version)
            changes.append(Change(state.action, *file.key))
    return changes
