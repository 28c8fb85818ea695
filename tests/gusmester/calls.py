"""Functions called as a client calls them: arguments by name, rows as JSON objects with ids and instants as texts."""

from typing import Any, TypeAlias

import psycopg
from psycopg import sql

Json: TypeAlias = dict[str, Any]


def _call(function: str, arguments: Json) -> sql.Composed:
    named = [sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in arguments]
    return sql.SQL("{}({})").format(sql.Identifier(function), sql.SQL(", ").join(named))


def run(connection: psycopg.Connection, function: str, **arguments: Any) -> Json:
    """Run a command and return its result; within a transaction a refusal undoes this call alone."""
    result: Json = _one(connection, sql.SQL("SELECT {}").format(_call(function, arguments)), arguments)
    return result


def run_for_text(connection: psycopg.Connection, function: str, **arguments: Any) -> str:
    """Run a command and return its result letter by letter."""
    text: str = _one(connection, sql.SQL("SELECT {}::text").format(_call(function, arguments)), arguments)
    return text


def ask(connection: psycopg.Connection, function: str, **arguments: Any) -> list[Json]:
    """Return the rows of a query."""
    statement = sql.SQL("SELECT to_json(q) FROM (SELECT * FROM {}) AS q").format(_call(function, arguments))
    with connection.transaction():
        return [row for (row,) in connection.execute(statement, arguments)]


def _one(connection: psycopg.Connection, statement: sql.Composed, arguments: Json) -> Any:
    with connection.transaction():
        row = connection.execute(statement, arguments).fetchone()
    assert row is not None
    return row[0]
