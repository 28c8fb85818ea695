"""What every module's week shares: the stage it plays on, and what its chapters are made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from bookingdb.client import Database, connect
from bookingdb.errors import BookingError

SCHEMA = "bookingdb"


@dataclass(frozen=True)
class Done:
    """Something that worked, as the database answered it."""

    text: str


@dataclass(frozen=True)
class Refused:
    """Something a rule refused, as the database answered it."""

    reason: str
    message: str


Cell = str | int | bool | datetime | Done | Refused


@dataclass(frozen=True)
class Chapter:
    """A piece of the story: what happens, and what the database says of it."""

    title: str
    story: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    closing: str = ""


class Stage:
    """A migrated database and the ways to it: the service's calls, the owner's SQL, more connections for a crowd."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection = psycopg.connect(conninfo, autocommit=True, row_factory=tuple_row)
        self._connection.execute(f"SET search_path = {SCHEMA}, pg_temp")
        self.service = connect(self._connection, SCHEMA)

    def sql(self, query: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement as the schema's owner and return its rows."""
        cursor = self._connection.execute(query, params)
        return cursor.fetchall() if cursor.description else []

    def another_connection(self, retries: int = 3) -> Database:
        """Return the database on a connection of its own; the caller closes it."""
        return connect(self._conninfo, SCHEMA, retries=retries)

    def close(self) -> None:
        """Close the stage's own connection."""
        self._connection.close()


def attempt(action: Callable[[], dict[str, Any]], tell: str) -> Done | Refused:
    """Do something and say how it went; ``tell`` is a format of the result's keys."""
    try:
        return Done(tell.format_map(action()))
    except BookingError as refusal:
        return Refused(refusal.reason, refusal.message)
