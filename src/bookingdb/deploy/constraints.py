"""Constraints: each in a transaction of its own, and none while rows violate any of them."""

from collections.abc import Callable, Iterable
from typing import Any

from psycopg import Connection, errors
from psycopg.rows import dict_row

from bookingdb.deploy import catalog, drops, history
from bookingdb.deploy.errors import ConstraintsViolated, DeployError, Violation, sentences
from bookingdb.deploy.files import ObjectFile, Package
from bookingdb.deploy.plan import FileState
from bookingdb.deploy.results import Change

_ROWS_SHOWN = 10


def check(conn: Connection[Any], states: Iterable[FileState], *, tables_exist: bool) -> None:
    """Refuse when rows violate constraints that are about to be added.

    Before the migrations ran, what a constraint looks at need not exist yet; then it has no rows to look at.
    """
    violations = []
    for state in states:
        try:
            with conn.transaction():
                violations += _violations(conn, state.file)
        except (errors.UndefinedTable, errors.UndefinedColumn, errors.UndefinedFunction):
            if tables_exist:
                raise
    if violations:
        raise ConstraintsViolated(violations)


def _violations(conn: Connection[Any], file: ObjectFile) -> list[Violation]:
    query = file.sections.get("violations", "").rstrip().removesuffix(";")
    if not query:
        return []
    cursor = conn.cursor(row_factory=dict_row)
    # no parameters: a % in the query is a %
    cursor.execute(f"SELECT * FROM (\n{query}\n) AS violations LIMIT {_ROWS_SHOWN}".encode())  # noqa: S608
    rows = cursor.fetchall()
    if not rows:
        return []
    (total,) = conn.execute(f"SELECT count(*) FROM (\n{query}\n) AS violations".encode()).fetchall()[0]  # noqa: S608
    return [Violation(file.name, total, rows, file.sections.get("repair", ""))]


def bring_up(
    conn: Connection[Any], package: Package, schema: str, states: Iterable[FileState], report: Callable[[str], None]
) -> list[Change]:
    """Add, replace and validate the constraints that are not up to date."""
    changes = []
    for state in states:
        file = state.file
        report(f"Constraint {file.name}")
        with sentences(f"Constraint {file.name} could not be added or validated"):
            if not state.validate_only:
                _add(conn, package, schema, state)
            if validate := file.sections.get("validate"):
                conn.execute(validate.encode())
        changes.append(Change(state.action, file.kind, file.module, file.name))
    return changes


def _add(conn: Connection[Any], package: Package, schema: str, state: FileState) -> None:
    file, previous = state.file, state.previous
    before = catalog.read(conn, schema)
    outdated = dict.fromkeys([*(previous.declared if previous else ()), *file.objects])
    with conn.transaction():
        for object_ in outdated:
            if object_ in before.definitions:
                drops.drop_from_table(conn, object_)
        conn.execute(file.sections["add"].encode())
        definition = catalog.read(conn, schema).definition(file.objects, file.sequences)
        if definition is None:
            raise DeployError(f"{file} did not add what it declares. Install the package again.")
        history.record(conn, file, state.action, definition, package.version)
