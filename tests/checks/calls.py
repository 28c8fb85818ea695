"""Calls of whatever functions the catalog has, without knowing them: what they raise is all that counts."""

import json
from collections.abc import Mapping
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import sql
from sql_rules.functions import RETURN_ROWS

Arguments = Mapping[str, LiteralString]
"""Parameter -> its value, in SQL."""


class Function(NamedTuple):
    """A function that callers call: its parameters with their types, and how many of them have to be given."""

    name: str
    is_command: bool
    parameters: dict[str, str]
    required: int

    def call(self, arguments: Arguments) -> sql.Composed:
        """Return a call by names; what has to be given and is not in ``arguments`` is NULL."""
        given = dict.fromkeys([*self.parameters][: self.required], "NULL") | {
            name: value for name, value in arguments.items() if name in self.parameters
        }
        values = [sql.SQL("{} => ").format(sql.Identifier(name)) + sql.SQL(value) for name, value in given.items()]
        return sql.SQL("SELECT FROM {}({})").format(sql.Identifier(self.name), sql.SQL(", ").join(values))


def functions(connection: psycopg.Connection[Any]) -> list[Function]:
    """Return the commands and queries that the connection's role may call."""
    rows = connection.execute(
        """
        SELECT p.proname, p.prorettype = 'json'::regtype OR p.proname = ANY (%s),
               p.proargnames[:p.pronargs], p.proargtypes::regtype[]::text[], p.pronargs - p.pronargdefaults
        FROM pg_proc p
        WHERE p.pronamespace = current_schema()::regnamespace AND p.prorettype <> 'trigger'::regtype
          AND NOT starts_with(p.proname, '_') AND has_function_privilege(p.oid, 'EXECUTE')
        ORDER BY p.proname
        """,
        [[*RETURN_ROWS]],
    )
    return [
        Function(name, is_command, dict(zip(names or (), types, strict=True)), required)
        for name, is_command, names, types, required in rows
    ]


def error_of(
    connection: psycopg.Connection[Any], function: Function, arguments: Arguments, mode: LiteralString = ""
) -> psycopg.Error | None:
    """Return what a call raises in a transaction of that mode, which is rolled back."""
    connection.execute(f"BEGIN {mode}")
    try:
        connection.execute(function.call(arguments))
    except psycopg.Error as error:
        return error
    finally:
        connection.execute("ROLLBACK")
    return None


def is_clean(error: psycopg.Error | None) -> bool:
    """Whether a call succeeded or was refused by one of our own reasons."""
    return error is None or (error.sqlstate or "").startswith("PT")


def refusal(error: psycopg.Error | None) -> dict[str, Any]:
    """Return the details of a refusal, nothing for any other outcome."""
    if error is None or not is_clean(error):
        return {}
    details: dict[str, Any] = json.loads(error.diag.message_detail or "{}")
    return details
