"""One function of the database: how its arguments and its result travel."""

import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from psycopg import sql

from bookingdb.errors import UnknownFunction

T = TypeVar("T")
Row = tuple[Any, ...]

_IN_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class _Default:
    def __repr__(self) -> str:
        return "DEFAULT"


DEFAULT: Final[Any] = _Default()
"""What an optional parameter is when it is left out: then PostgreSQL's own default applies."""


@dataclass(frozen=True, slots=True, eq=False)
class Function(Generic[T]):
    """A function's name, parameters and result."""

    name: str
    parameters: Mapping[str, str]
    """Parameter without its p_ -> its type."""
    required: int
    """So many parameters, the first ones, have no default."""
    writes: bool
    """Whether it may change something: it is not declared STABLE."""
    columns: tuple[str, ...]
    """What a table function returns; empty for any other."""
    read: Callable[[Sequence[Row]], T]
    """Makes the result of the rows that came back."""

    def given(self, values: Iterable[Any]) -> dict[str, Any]:
        """Return those of all parameters' values that are not left out, as they are sent.

        Raises ValueError naming one that its type cannot read, UnknownFunction when one without a default is left out.
        """
        given = {
            name: _to_type(type_name, name, value)
            for (name, type_name), value in zip(self.parameters.items(), values, strict=True)
            if value is not DEFAULT
        }
        if misfit := self.misfit(given):
            raise UnknownFunction(misfit)
        return given

    def arguments(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments given by name as they are sent. Raises ValueError naming one that its type cannot read."""
        return {name: _to_type(self.parameters[name], name, value) for name, value in params.items()}

    def misfit(self, params: Iterable[str]) -> str | None:
        """Say what is wrong with the names of the arguments; None when nothing is."""
        if unknown := [name for name in params if name not in self.parameters]:
            return f"{self.name}() has no parameter {', '.join(unknown)}; {self._takes()}"
        if missing := [name for name in list(self.parameters)[: self.required] if name not in params]:
            return f"{self.name}() needs {', '.join(missing)}; {self._takes()}"
        return None

    def _takes(self) -> str:
        return f"it takes {', '.join(self.parameters) or 'no parameters'}"

    def statement(self, schema: str, given: Iterable[str]) -> bytes:
        """Return the call with a placeholder for each of the parameters that are given."""
        named = [sql.SQL("{} => ").format(sql.Identifier(f"p_{name}")) + sql.Placeholder() for name in given]
        call = sql.SQL("{}({})").format(_identifier(schema, self.name), sql.SQL(", ").join(named))
        if not self.columns:
            return (sql.SQL("SELECT ") + call).as_bytes(None)
        columns = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        return sql.SQL("SELECT {} FROM {}").format(columns, call).as_bytes(None)


def _identifier(*names: str) -> sql.Composable:
    return sql.Identifier(*(name.replace("%", "%%") for name in names))


def to_uuid(name: str, value: Any) -> UUID:
    """Return ``value`` as a UUID. Raises ValueError naming the parameter when it is none."""
    if isinstance(value, UUID):
        return value
    return _parsed(name, value, "a UUID", UUID)


def to_text(name: str, value: Any) -> str:
    """Return ``value``, a text. Raises ValueError naming the parameter when PostgreSQL has no such text."""
    if not isinstance(value, str):
        raise ValueError(f"{name}: {value!r} is not a text")
    if _IN_NO_TEXT.search(value):
        raise ValueError(f"{name}: {value!r} holds NUL or half a character, which no text may")
    return value


def to_name(name: str, value: Any) -> str:
    """Return ``value``, the name of something. Raises ValueError naming the parameter when it is none."""
    text = to_text(name, value)
    if not text:
        raise ValueError(f"{name}: an empty name")
    return text


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
    expected = "a time such as 18:30"
    local = value if isinstance(value, time) else _parsed(name, value, expected, time.fromisoformat)
    if local.tzinfo is not None:
        raise ValueError(f"{name}: {value} is not {expected}")
    return local


def _to_instant(name: str, value: Any) -> datetime:
    expected = "an instant with its time zone such as 2026-12-24T18:30+01:00"
    instant = value if isinstance(value, datetime) else _parsed(name, value, expected, datetime.fromisoformat)
    if instant.utcoffset() is None:  # the server would read it in the session's time zone, whatever that is
        raise ValueError(f"{name}: {value} is not {expected}")
    try:
        return instant.astimezone(UTC)  # PostgreSQL does not know every offset that Python does
    except OverflowError:
        raise ValueError(f"{name}: {value} is out of range") from None


def _to_integer(bits: int) -> Callable[[str, Any], int]:
    """For a number of another type or size PostgreSQL would say that there is no such function."""

    def convert(name: str, value: Any) -> int:
        number = int(_parsed(name, value, "a whole number", _index))
        if not -(1 << bits) <= number < 1 << bits:
            raise ValueError(f"{name}: {value} is out of range")
        return number

    return convert


def _index(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    return operator.index(value)


def _only(python_type: type, expected: str) -> Callable[[str, Any], Any]:
    """For a value of another type PostgreSQL would say that there is no such function."""

    def convert(name: str, value: Any) -> Any:
        if not isinstance(value, python_type):
            raise ValueError(f"{name}: {value!r} is not {expected}")
        return value

    return convert


def _to_json(name: str, value: Any) -> str:
    """A text is JSON already; it is read only to see whether PostgreSQL will."""
    try:
        document = json.loads(value, parse_float=str) if isinstance(value, str) else value
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        raise ValueError(f"{name}: this {type(value).__name__} is not JSON") from None
    if _IN_NO_TEXT.search(text) or _ESCAPED_NUL.search(text):
        raise ValueError(f"{name}: this {type(value).__name__} holds NUL or half a character, which no text may")
    return value if isinstance(value, str) else text


def _parsed(name: str, value: Any, expected: str, parse: Callable[[Any], T]) -> T:
    try:
        return parse(value)
    except (ValueError, TypeError, AttributeError):
        raise ValueError(f"{name}: {value!r} is not {expected}") from None


_CONVERTERS: dict[str, Callable[[str, Any], Any]] = {
    "uuid": to_uuid,
    "uuid[]": _to_uuids,
    "text": to_text,
    "boolean": _only(bool, "true or false"),
    "date": _to_date,
    "time without time zone": _to_time,
    "timestamp with time zone": _to_instant,
    "interval": _only(timedelta, "a timedelta"),
    "smallint": _to_integer(15),
    "integer": _to_integer(31),
    "bigint": _to_integer(63),
    "json": _to_json,
    "jsonb": _to_json,
}
