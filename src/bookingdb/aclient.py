"""The database with its functions as methods."""

import json
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from bookingdb._aengine import AsyncEngine
from bookingdb._asource import AsyncGiven, AsyncOpened, AsyncPooled, AsyncSource
from bookingdb._function import to_name, to_uuid
from bookingdb.functions import AsyncFunctions


async def aconnect(
    conninfo: str | AsyncConnection[Any] | AsyncConnectionPool[Any],
    schema: str = "bookingdb",
    *,
    retries: int = 3,
    prepare_threshold: int | None = 5,
) -> "AsyncDatabase":
    """Return the ``AsyncDatabase`` behind a connection string, a psycopg connection of the caller's, or a pool.

    With a connection string or a pool every call is a transaction of its own, committed when it succeeds. So it is on
    an idle connection in autocommit mode; on any other the call belongs to the caller's transaction, which is neither
    committed nor rolled back here.

    ``retries``: how often a call that is a transaction of its own is made again after a deadlock, lock timeout or
    serialization failure, and, where repeating is safe, after a lost connection.
    ``prepare_threshold``: as in psycopg, for the connection that a connection string opens. A transaction pooler
    needs None, which prepares nothing; a pooler that is noticed is taken for one.
    """
    to_name("schema", schema)
    return AsyncDatabase(AsyncEngine(await _source(conninfo, prepare_threshold), schema, retries))


async def _source(
    conninfo: str | AsyncConnection[Any] | AsyncConnectionPool[Any], prepare_threshold: int | None
) -> AsyncSource:
    match conninfo:
        case AsyncConnection():
            return AsyncGiven(conninfo)
        case AsyncConnectionPool():
            return AsyncPooled(conninfo)
        case str():
            opened = AsyncOpened(conninfo, prepare_threshold)
            await opened.open()
            return opened
    given = type(conninfo).__name__  # no more of it: it may hold a password
    raise TypeError(f"aconnect() takes a connection string, an AsyncConnection or an AsyncConnectionPool, not {given}")


class AsyncDatabase(AsyncFunctions):
    """The functions of one schema, called as whoever the connection is: usually the service."""

    def as_user(self, user_id: UUID | str) -> "AsyncActingUser":
        """Return the same database seen by this end user: every call acts as them and may do what they may."""
        return AsyncActingUser(self._engine, to_uuid("user_id", user_id))

    async def close(self) -> None:
        """Close the connection, unless it or its pool is the caller's."""
        await self._engine.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


class AsyncActingUser(AsyncFunctions):
    """A database seen by one end user (role ``authenticated`` and their claims, for the length of each call)."""

    def __init__(self, engine: AsyncEngine, user_id: UUID) -> None:
        super().__init__(engine, json.dumps({"sub": str(user_id), "role": "authenticated"}))
        self.user_id = user_id
