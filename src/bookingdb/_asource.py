"""Where the connection for a call comes from: opened here, given by the caller, or borrowed from a pool."""

from asyncio import Lock
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
from psycopg import AsyncConnection
from psycopg.adapt import AdaptersMap
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool

from bookingdb import _conninfo
from bookingdb._function import Row
from bookingdb._statements import ADAPTERS


class AsyncCursor(psycopg.AsyncCursor[Row]):
    """Rows are tuples and values are psycopg's, whatever the connection makes of them."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        super().__init__(connection, row_factory=tuple_row)

    @property
    def adapters(self) -> AdaptersMap:
        """How values travel."""
        return ADAPTERS


class AsyncScriptCursor(AsyncCursor, psycopg.AsyncClientCursor[Row]):
    """Writes parameters into the text, because several statements cannot take any."""


@dataclass(frozen=True, slots=True)
class AsyncLease:
    """A connection for one call."""

    connection: AsyncConnection[Any]
    cursor: AsyncCursor
    owned: bool
    """The call is a transaction of its own; else it belongs to the caller's."""
    read_committed: bool
    """A transaction begins at READ COMMITTED, the only level at which commands run, without being told."""


class AsyncSource(Protocol):
    """Lends connections."""

    renews: bool
    """It has a new connection for the next call when one got lost."""

    def lease(self) -> AbstractAsyncContextManager[AsyncLease]:
        """Lend a connection to one call at a time."""

    async def close(self) -> None:
        """Close what was opened here."""


class AsyncOpened:
    """A connection of one's own, opened again should it get lost."""

    renews = True

    def __init__(self, conninfo: str, prepare_threshold: int | None) -> None:
        _conninfo.check(conninfo)
        self._conninfo = conninfo
        self._prepare_threshold = prepare_threshold
        self._lease: AsyncLease | None = None
        self._closed = False
        # A second call at a time would take the first one's results for its own.
        self._lock = Lock()

    async def open(self) -> AsyncLease:
        """Connect."""
        connection = await AsyncConnection.connect(
            self._conninfo, autocommit=True, prepare_threshold=self._prepare_threshold
        )
        cursor = AsyncCursor(connection)
        try:
            process, read_committed = await _ask(cursor)
        except BaseException:
            await connection.close()
            raise
        if process != connection.info.backend_pid:
            # A pooler is in between. Prepared statements would stay with a server process that it gives to others.
            connection.prepare_threshold = None
        self._lease = AsyncLease(connection, cursor, owned=True, read_committed=read_committed)
        return self._lease

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[AsyncLease]:
        """Lend the connection."""
        async with self._lock:
            lease = self._lease
            if self._closed:
                raise psycopg.OperationalError("the connection is closed: the database was closed")
            if lease is None or lease.connection.closed:
                lease = await self.open()
            yield lease

    async def close(self) -> None:
        """Close the connection."""
        self._closed = True
        if self._lease:
            await self._lease.connection.close()


class AsyncGiven:
    """The caller's connection."""

    renews = False

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection
        self._cursor = AsyncCursor(connection)
        # A second call at a time could end up within the first one's savepoint, acting as its user.
        self._lock = Lock()

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[AsyncLease]:
        """Lend the connection; on an idle one in autocommit mode the call is a transaction of its own."""
        async with self._lock:
            idle = self._connection.pgconn.transaction_status == TransactionStatus.IDLE
            owned = idle and self._connection.autocommit
            yield AsyncLease(self._connection, self._cursor, owned, read_committed=True)  # the caller has seen to it

    async def close(self) -> None:
        """Leave the connection to the caller."""


class AsyncPooled:
    """The caller's pool."""

    renews = True

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._cursors: dict[AsyncConnection[Any], AsyncCursor] = {}
        self._read_committed: bool | None = None

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[AsyncLease]:
        """Lend one of the pool's connections, in autocommit mode: that spares BEGIN and COMMIT."""
        connection = await self._pool.getconn()
        autocommit = connection.autocommit
        try:
            if not autocommit:
                await connection.set_autocommit(True)
            cursor = self._cursor(connection)
            if self._read_committed is None:
                _, self._read_committed = await _ask(cursor)
            yield AsyncLease(connection, cursor, owned=True, read_committed=self._read_committed)
        finally:
            # Broken or interrupted ones the pool replaces.
            if not autocommit and connection.pgconn.transaction_status == TransactionStatus.IDLE:
                await connection.set_autocommit(False)
            await self._pool.putconn(connection)

    async def close(self) -> None:
        """Leave the pool to the caller."""

    def _cursor(self, connection: AsyncConnection[Any]) -> AsyncCursor:
        cursor = self._cursors.get(connection)
        if cursor is None:
            self._cursors = {known: cursor for known, cursor in list(self._cursors.items()) if not known.closed}
            cursor = self._cursors[connection] = AsyncCursor(connection)
        return cursor


async def _ask(cursor: AsyncCursor) -> tuple[int, bool]:
    """Return the server process behind a connection, and whether its transactions begin at READ COMMITTED."""
    await cursor.execute(
        "SELECT pg_backend_pid(), current_setting('default_transaction_isolation') = 'read committed'", prepare=False
    )
    ((process, read_committed),) = await cursor.fetchall()
    return process, read_committed
