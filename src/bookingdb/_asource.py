"""Where the connection for a call comes from: opened here, given by the caller, or borrowed from a pool."""

from asyncio import Lock
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import psycopg
from psycopg import AsyncConnection
from psycopg.adapt import AdaptersMap
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool

from bookingdb import _conninfo
from bookingdb._function import Row
from bookingdb._statements import ADAPTERS

_READ_COMMITTED: WeakKeyDictionary[object, bool] = WeakKeyDictionary()
"""Connection or pool -> whether its transactions begin at READ COMMITTED; asked once, whoever makes databases of it."""


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
    source: object
    """Connections of the same source are alike."""
    read_only: bool = False
    """A transaction of the call's own may not write. psycopg says so for other transactions only."""

    async def is_plain(self) -> bool:
        """Tell whether the call is a transaction that need not be told how to begin.

        It may write, and begins at READ COMMITTED, the only level at which commands run.
        """
        return self.owned and not self.read_only and await _begins_at_read_committed(self)

    def lost(self, error: psycopg.Error) -> bool:
        """Tell whether the connection ended with this error; a pooler may keep the client's all the same."""
        severity = error.diag.severity_nonlocalized or error.diag.severity
        return self.connection.closed or severity in ("FATAL", "PANIC")


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
            self._conninfo, autocommit=True, prepare_threshold=self._prepare_threshold, client_encoding="utf8"
        )
        cursor = AsyncCursor(connection)
        try:
            process, _READ_COMMITTED[connection] = await _ask(cursor)
            if not (connection.info.parameter_status("DateStyle") or "ISO").startswith("ISO"):
                await cursor.execute("SET DateStyle TO ISO")  # psycopg reads instants of no other
        except BaseException:
            await connection.close()
            raise
        if process != connection.info.backend_pid:
            # A pooler is in between. Prepared statements would stay with a server process that it gives to others.
            connection.prepare_threshold = None
        self._lease = AsyncLease(connection, cursor, True, connection)
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
            read_only = bool(self._connection.read_only)
            yield AsyncLease(self._connection, self._cursor, owned, self._connection, read_only)

    async def close(self) -> None:
        """Leave the connection to the caller."""


class AsyncPooled:
    """The caller's pool."""

    renews = True

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._cursors: dict[AsyncConnection[Any], AsyncCursor] = {}

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[AsyncLease]:
        """Lend one of the pool's connections, in autocommit mode: that spares BEGIN and COMMIT."""
        connection = await self._pool.getconn()
        autocommit = connection.autocommit
        try:
            if not autocommit:
                await connection.set_autocommit(True)
            cursor = self._cursor(connection)
            yield AsyncLease(connection, cursor, True, self._pool, bool(connection.read_only))
        finally:
            # Broken or interrupted ones the pool replaces.
            lost = connection.closed
            if not autocommit and connection.pgconn.transaction_status == TransactionStatus.IDLE:
                await connection.set_autocommit(False)
            await self._pool.putconn(connection)
            if lost:
                await self._pool.check()  # the others may be gone with it, more of them than there are retries

    async def close(self) -> None:
        """Leave the pool to the caller."""

    def _cursor(self, connection: AsyncConnection[Any]) -> AsyncCursor:
        cursor = self._cursors.get(connection)
        if cursor is None:
            self._cursors = {known: cursor for known, cursor in list(self._cursors.items()) if not known.closed}
            cursor = self._cursors[connection] = AsyncCursor(connection)
        return cursor


async def _begins_at_read_committed(lease: AsyncLease) -> bool:
    known = _READ_COMMITTED.get(lease.source)
    if known is None:
        _, known = await _ask(lease.cursor)
        _READ_COMMITTED[lease.source] = known
    return known


async def _ask(cursor: AsyncCursor) -> tuple[int, bool]:
    """Return the server process behind a connection, and whether its transactions begin at READ COMMITTED."""
    await cursor.execute(
        "SELECT pg_backend_pid(), current_setting('default_transaction_isolation') = 'read committed'", prepare=False
    )
    ((process, read_committed),) = await cursor.fetchall()
    return process, read_committed
