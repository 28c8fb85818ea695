"""What comes back becomes a typed value here: rows, single values, and the JSON of commands."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from bookingdb._function import Row, T

_FROM_JSON: dict[str, Callable[[Any], Any]] = {
    "uuid": UUID,
    "uuid[]": lambda items: [UUID(item) for item in items],
    "date": date.fromisoformat,
    "time without time zone": time.fromisoformat,
    "timestamp with time zone": datetime.fromisoformat,
}
"""Type -> what makes its value of JSON's; JSON has the others itself."""


def value(rows: Sequence[Row]) -> Any:
    """Return the one value of a function that is no table function."""
    return rows[0][0]


def values(rows: Sequence[Row]) -> list[Any]:
    """Return the values of a function that returns a set of them."""
    return [value for (value,) in rows]


def nothing(_: Sequence[Row]) -> None:
    """Return nothing, for a command that has nothing to tell."""


def object_of(cls: type[T], **types: str) -> Callable[[Sequence[Row]], T]:
    """Return a reader that makes a ``cls`` of a command's JSON; ``types`` are those of its fields, in order."""
    fields = [(name, _FROM_JSON.get(type_name)) for name, type_name in types.items()]

    def read(rows: Sequence[Row]) -> T:
        document = rows[0][0]
        return cls(*[_from_json(convert, document[name]) for name, convert in fields])

    return read


def list_of(cls: type[T]) -> Callable[[Sequence[Row]], list[T]]:
    """Return a reader that makes a ``cls`` of each row; psycopg has typed its values."""
    return lambda rows: [cls(*row) for row in rows]


def dicts(columns: Sequence[str]) -> Callable[[Sequence[Row]], list[dict[str, Any]]]:
    """Return a reader that makes a dictionary of each row."""
    return lambda rows: [dict(zip(columns, row, strict=True)) for row in rows]


def _from_json(convert: Callable[[Any], Any] | None, value: Any) -> Any:
    return value if value is None or convert is None else convert(value)
