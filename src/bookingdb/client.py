"""The database with its functions as methods."""

# Generated from aclient.py by `make wrappers`: change that instead.

import json
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from psycopg import Connection
from psycopg_pool import ConnectionPool

from bookingdb._engine import Engine
from bookingdb._function import to_name, to_uuid
from bookingdb._source import Given, Opened, Pooled, Source
from bookingdb.functions import Functions


def connect(
    conninfo: str | Connection[Any] | ConnectionPool[Any],
    schema: str = "bookingdb",
    *,
    retries: int = 3,
    prepare_threshold: int | None = 5,
) -> "Database":
    """Return the ``Database`` behind a connection string, a psycopg connection of the caller's, or a pool.

    With a connection string or a pool every call is a transaction of its own, committed when it succeeds. So it is on
    an idle connection in autocommit mode; on any other the call belongs to the caller's transaction, which is neither
    committed nor rolled back here.

    ``retries``: how often a call that is a transaction of its own is made again after a deadlock, lock timeout or
    serialization failure, and, where repeating is safe, after a lost connection.
    ``prepare_threshold``: as in psycopg, for the connection that a connection string opens. A transaction pooler
    needs None, which prepares nothing; a pooler that is noticed is taken for one.
    """
    to_name("schema", schema)
    return Database(Engine(_source(conninfo, prepare_threshold), schema, retries))


def _source(conninfo: str | Connection[Any] | ConnectionPool[Any], prepare_threshold: int | None) -> Source:
    match conninfo:
        case Connection():
            return Given(conninfo)
        case ConnectionPool():
            return Pooled(conninfo)
        case str():
            opened = Opened(conninfo, prepare_threshold)
            opened.open()
            return opened
    given = type(conninfo).__name__  # no more of it: it may hold a password
    raise TypeError(f"connect() takes a connection string, a Connection or a ConnectionPool, not {given}")


class Database(Functions):
    """The functions of one schema, called as whoever the connection is: usually the service."""

    def as_user(self, user_id: UUID | str) -> "ActingUser":
        """Return the same database seen by this end user: every call acts as them and may do what they may."""
        return ActingUser(self._engine, to_uuid("user_id", user_id))

    def close(self) -> None:
        """Close the connection, unless it or its pool is the caller's."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class ActingUser(Functions):
    """A database seen by one end user (role ``authenticated`` and their claims, for the length of each call)."""

    def __init__(self, engine: Engine, user_id: UUID) -> None:
        super().__init__(engine, json.dumps({"sub": str(user_id), "role": "authenticated"}))
        self.user_id = user_id
