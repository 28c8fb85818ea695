"""Where the connection for a call comes from: opened here, given by the caller, or borrowed from a pool."""

# Generated from _asource.py by `make wrappers`: change that instead.

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol

import psycopg
from psycopg import Connection
from psycopg.adapt import AdaptersMap
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg_pool import ConnectionPool

from bookingdb import _conninfo
from bookingdb._function import Row
from bookingdb._statements import ADAPTERS


class Cursor(psycopg.Cursor[Row]):
    """Rows are tuples and values are psycopg's, whatever the connection makes of them."""

    def __init__(self, connection: Connection[Any]) -> None:
        super().__init__(connection, row_factory=tuple_row)

    @property
    def adapters(self) -> AdaptersMap:
        """How values travel."""
        return ADAPTERS


class ScriptCursor(Cursor, psycopg.ClientCursor[Row]):
    """Writes parameters into the text, because several statements cannot take any."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A connection for one call."""

    connection: Connection[Any]
    cursor: Cursor
    owned: bool
    """The call is a transaction of its own; else it belongs to the caller's."""
    read_committed: bool
    """A transaction begins at READ COMMITTED, the only level at which commands run, without being told."""


class Source(Protocol):
    """Lends connections."""

    renews: bool
    """It has a new connection for the next call when one got lost."""

    def lease(self) -> AbstractContextManager[Lease]:
        """Lend a connection to one call at a time."""

    def close(self) -> None:
        """Close what was opened here."""


class Opened:
    """A connection of one's own, opened again should it get lost."""

    renews = True

    def __init__(self, conninfo: str, prepare_threshold: int | None) -> None:
        _conninfo.check(conninfo)
        self._conninfo = conninfo
        self._prepare_threshold = prepare_threshold
        self._lease: Lease | None = None
        self._closed = False
        # A second call at a time would take the first one's results for its own.
        self._lock = Lock()

    def open(self) -> Lease:
        """Connect."""
        connection = Connection.connect(self._conninfo, autocommit=True, prepare_threshold=self._prepare_threshold)
        cursor = Cursor(connection)
        try:
            process, read_committed = _ask(cursor)
        except BaseException:
            connection.close()
            raise
        if process != connection.info.backend_pid:
            # A pooler is in between. Prepared statements would stay with a server process that it gives to others.
            connection.prepare_threshold = None
        self._lease = Lease(connection, cursor, owned=True, read_committed=read_committed)
        return self._lease

    @contextmanager
    def lease(self) -> Iterator[Lease]:
        """Lend the connection."""
        with self._lock:
            lease = self._lease
            if self._closed:
                raise psycopg.OperationalError("the connection is closed: the database was closed")
            if lease is None or lease.connection.closed:
                lease = self.open()
            yield lease

    def close(self) -> None:
        """Close the connection."""
        self._closed = True
        if self._lease:
            self._lease.connection.close()


class Given:
    """The caller's connection."""

    renews = False

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._cursor = Cursor(connection)
        # A second call at a time could end up within the first one's savepoint, acting as its user.
        self._lock = Lock()

    @contextmanager
    def lease(self) -> Iterator[Lease]:
        """Lend the connection; on an idle one in autocommit mode the call is a transaction of its own."""
        with self._lock:
            idle = self._connection.pgconn.transaction_status == TransactionStatus.IDLE
            owned = idle and self._connection.autocommit
            yield Lease(self._connection, self._cursor, owned, read_committed=True)  # the caller has seen to it

    def close(self) -> None:
        """Leave the connection to the caller."""


class Pooled:
    """The caller's pool."""

    renews = True

    def __init__(self, pool: ConnectionPool[Any]) -> None:
        self._pool = pool
        self._cursors: dict[Connection[Any], Cursor] = {}
        self._read_committed: bool | None = None

    @contextmanager
    def lease(self) -> Iterator[Lease]:
        """Lend one of the pool's connections, in autocommit mode: that spares BEGIN and COMMIT."""
        connection = self._pool.getconn()
        autocommit = connection.autocommit
        try:
            if not autocommit:
                connection.set_autocommit(True)
            cursor = self._cursor(connection)
            if self._read_committed is None:
                _, self._read_committed = _ask(cursor)
            yield Lease(connection, cursor, owned=True, read_committed=self._read_committed)
        finally:
            # Broken or interrupted ones the pool replaces.
            if not autocommit and connection.pgconn.transaction_status == TransactionStatus.IDLE:
                connection.set_autocommit(False)
            self._pool.putconn(connection)

    def close(self) -> None:
        """Leave the pool to the caller."""

    def _cursor(self, connection: Connection[Any]) -> Cursor:
        cursor = self._cursors.get(connection)
        if cursor is None:
            self._cursors = {known: cursor for known, cursor in list(self._cursors.items()) if not known.closed}
            cursor = self._cursors[connection] = Cursor(connection)
        return cursor


def _ask(cursor: Cursor) -> tuple[int, bool]:
    """Return the server process behind a connection, and whether its transactions begin at READ COMMITTED."""
    cursor.execute(
        "SELECT pg_backend_pid(), current_setting('default_transaction_isolation') = 'read committed'", prepare=False
    )
    ((process, read_committed),) = cursor.fetchall()
    return process, read_committed
