"""One function of the database as pg_proc describes it, and how its arguments and result travel."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Self, TypeVar
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row, tuple_row
from psycopg.types.json import Jsonb

from bookingdb.errors import UnknownFunction

_T = TypeVar("_T")


@dataclass(frozen=True)
class Function:
    """A function's name, parameters and result columns."""

    schema: str
    name: str
    types: dict[str, str]
    """Parameter without its p_ -> its type."""
    required: int
    """So many parameters, the first ones, have no default."""
    columns: tuple[str, ...]
    """What a table function returns; empty for any other."""

    @classmethod
    def from_catalog(
        cls, schema: str, name: str, names: list[str], modes: str, types: list[str], defaults: int
    ) -> Self:
        """Read the parallel arrays of pg_proc, where mode i is a parameter and t a column of the result."""
        inputs = {n.removeprefix("p_"): t for n, mode, t in zip(names, modes, types, strict=True) if mode == "i"}
        columns = tuple(n for n, mode in zip(names, modes, strict=True) if mode == "t")
        return cls(schema, name, inputs, len(inputs) - defaults, columns)

    def misfit(self, params: Mapping[str, Any]) -> str | None:
        """Say what is wrong with the names of the arguments; None when nothing is."""
        takes = f"it takes {', '.join(self.types) or 'no parameters'}"
        if unknown := [name for name in params if name not in self.types]:
            return f"{self.name}() has no parameter {', '.join(unknown)}; {takes}"
        if missing := [name for name in list(self.types)[: self.required] if name not in params]:
            return f"{self.name}() needs {', '.join(missing)}; {takes}"
        return None

    def arguments(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments as they are sent. Raises ValueError naming one that its type cannot read."""
        return {name: _to_type(self.types[name], name, value) for name, value in params.items()}

    def run(self, connection: psycopg.Connection[Any], arguments: Mapping[str, Any]) -> Any:
        """Call the function: a list of dicts for a table function, else its one value."""
        call = self._call_of(arguments)
        values = list(arguments.values())
        if self.columns:
            columns = sql.SQL(", ").join(map(sql.Identifier, self.columns))
            rows = psycopg.Cursor(connection, row_factory=dict_row)
            return rows.execute(sql.SQL("SELECT {} FROM {}").format(columns, call), values).fetchall()
        value = psycopg.Cursor(connection, row_factory=tuple_row)
        row = value.execute(sql.SQL("SELECT {}").format(call), values).fetchone()
        return row[0] if row else None

    def _call_of(self, arguments: Mapping[str, Any]) -> sql.Composed:
        named = [sql.SQL("{} => %s").format(sql.Identifier(f"p_{name}")) for name in arguments]
        return sql.SQL("{}({})").format(sql.Identifier(self.schema, self.name), sql.SQL(", ").join(named))


def look_up(connection: psycopg.Connection[Any], schema: str, name: str) -> Function:
    """Return the function of that name. Raises UnknownFunction naming those there are when there is none."""
    cursor = psycopg.Cursor(connection, row_factory=tuple_row)
    row = cursor.execute(_LOOK_UP, (schema, name)).fetchone()
    if row is None:
        others = [other for (other,) in cursor.execute(_PUBLIC_FUNCTIONS, (schema,))]
        advice = f"it has {', '.join(others)}" if others else "install it with `bookingdb migrate`"
        raise UnknownFunction(f"schema {schema} has no function {name}; {advice}")
    return Function.from_catalog(schema, name, *row)


_LOOK_UP = """
    SELECT coalesce(f.proargnames, '{}'),
           coalesce(array_to_string(f.proargmodes, ''), repeat('i', f.pronargs)),
           ARRAY(SELECT format_type(a.type, NULL)
                   FROM unnest(coalesce(f.proallargtypes, f.proargtypes::oid[])) WITH ORDINALITY AS a (type, position)
                  ORDER BY a.position),
           f.pronargdefaults
      FROM pg_catalog.pg_proc AS f
      JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
     WHERE n.nspname = %s AND f.proname = %s AND f.prokind = 'f' AND f.prorettype <> 'trigger'::regtype
"""

_PUBLIC_FUNCTIONS = """
    SELECT f.proname
      FROM pg_catalog.pg_proc AS f
      JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
     WHERE n.nspname = %s AND f.prokind = 'f' AND f.prorettype <> 'trigger'::regtype
       AND NOT starts_with(f.proname, '_')
     ORDER BY f.proname
"""


def to_uuid(name: str, value: Any) -> UUID:
    """Return ``value`` as a UUID. Raises ValueError naming the parameter when it is none."""
    if isinstance(value, UUID):
        return value
    return _parsed(name, value, "a UUID", UUID)


def _to_type(type_name: str, name: str, value: Any) -> Any:
    if value is None or type_name not in _CONVERTERS:
        return value
    return _CONVERTERS[type_name](name, value)


def _to_uuids(name: str, value: Any) -> list[UUID]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name}: {value!r} is not a list of UUIDs")
    return [to_uuid(name, item) for item in value]


def _to_date(name: str, value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return _parsed(name, value, "a date such as 2026-12-24", date.fromisoformat)


def _to_time(name: str, value: Any) -> time:
    if isinstance(value, time):
        return value
    return _parsed(name, value, "a time such as 18:30", time.fromisoformat)


def _to_instant(name: str, value: Any) -> datetime:
    expected = "an instant with its time zone such as 2026-12-24T18:30+01:00"
    instant = value if isinstance(value, datetime) else _parsed(name, value, expected, datetime.fromisoformat)
    if instant.tzinfo is None:  # the server would read it in the session's time zone, whatever that is
        raise ValueError(f"{name}: {value} is not {expected}")
    return instant


def _to_integer(bits: int) -> Callable[[str, Any], int]:
    """For a number of another type or size PostgreSQL would say that there is no such function."""

    def convert(name: str, value: Any) -> int:
        number = int(_parsed(name, value, "a whole number", operator.index))
        if not -(1 << bits) <= number < 1 << bits:
            raise ValueError(f"{name}: {value} is out of range")
        return number

    return convert


def _to_json(name: str, value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict | list) else value


def _parsed(name: str, value: Any, expected: str, parse: Callable[[Any], _T]) -> _T:
    try:
        return parse(value)
    except (ValueError, TypeError, AttributeError):
        raise ValueError(f"{name}: {value!r} is not {expected}") from None


_CONVERTERS: dict[str, Callable[[str, Any], Any]] = {
    "uuid": to_uuid,
    "uuid[]": _to_uuids,
    "date": _to_date,
    "time without time zone": _to_time,
    "timestamp with time zone": _to_instant,
    "smallint": _to_integer(15),
    "integer": _to_integer(31),
    "bigint": _to_integer(63),
    "jsonb": _to_json,
}
