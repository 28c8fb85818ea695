"""How an idle worker learns that there is work: by NOTIFY, which is sent only while a worker says that it is idle."""

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Any

import psycopg
from psycopg import AsyncConnection

CHANNEL = "bookingdb_notifications"

# Somebody else is idle and awake for all of us, or bookings under way keep the lock: nobody notifies because of us.
_WITHOUT_LOCK = 1.0

_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('bookingdb.idle_worker.' || %s, 0))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended('bookingdb.idle_worker.' || %s, 0))"


class Listener:
    """A connection of its own that listens, and holds the lock that says so while its worker is idle."""

    def __init__(self, conninfo: str, schema: str) -> None:
        self._conninfo = conninfo
        self._schema = schema
        self._connection: AsyncConnection[Any] | None = None
        self._locked = False

    async def announce_idle(self) -> None:
        """Say that this worker is idle. Whoever queues something from now on tells it: look once more, then wait."""
        with suppress(psycopg.Error):  # without it the queue is polled
            connection = await self._listening()
            cursor = await connection.execute(_LOCK, [self._schema])
            row = await cursor.fetchone()
            self._locked = bool(row and row[0])

    async def wait(self, seconds: float) -> None:
        """Return when there is work, or after that many seconds at the latest."""
        deadline = monotonic() + (seconds if self._locked else min(seconds, _WITHOUT_LOCK))
        try:
            while (left := deadline - monotonic()) > 0:
                if self._connection is None or self._connection.closed:
                    await asyncio.sleep(left)
                elif await self._is_told(self._connection, left):
                    return
        except psycopg.Error:
            # Lost, and the lock with it; what was queued meanwhile is found by looking.
            return

    async def announce_busy(self) -> None:
        """Say that this worker looks for itself again."""
        if self._locked and self._connection:
            with suppress(psycopg.Error):  # a lost connection holds no lock
                await self._connection.execute(_UNLOCK, [self._schema])
        self._locked = False

    async def close(self) -> None:
        """Hang up."""
        if self._connection:
            await self._connection.close()

    async def _listening(self) -> AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = await AsyncConnection.connect(self._conninfo, autocommit=True, prepare_threshold=None)
            await self._connection.execute(f"LISTEN {CHANNEL}")
        return self._connection

    async def _is_told(self, connection: AsyncConnection[Any], seconds: float) -> bool:
        notices = connection.notifies(timeout=seconds, stop_after=1)
        return any([notice.payload == self._schema async for notice in notices])


class Poller:
    """What a worker behind a transaction pooler has instead: LISTEN does not reach it."""

    async def announce_idle(self) -> None:
        """Nobody could tell."""

    async def wait(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def announce_busy(self) -> None:
        """Nobody was told."""

    async def close(self) -> None:
        """There is nothing to close."""
