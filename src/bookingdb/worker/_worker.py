"""The loop: claim what is due, have it delivered, say how it went; when nothing is due, wait to be told."""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import uniform
from time import monotonic
from typing import Any, Protocol, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool

from bookingdb.aclient import AsyncDatabase, aconnect
from bookingdb.errors import BookingError, InvalidState, NotFound, RetryableError
from bookingdb.worker._metrics import Metrics
from bookingdb.worker._notification import DeliveryError, Notification
from bookingdb.worker._people import describe
from bookingdb.worker._routes import Route

T = TypeVar("T")

logger = logging.getLogger("bookingdb.worker")

_MARGIN = 30.0
"""So much longer than a handler may take is a lease: to look people up, and to say how it went, again if need be."""
_MOMENT = 0.005
"""What ends within it is made up for by one claim, where handlers are faster than claims."""
_AT_ONCE = 1000
_LONGEST_PAUSE = 30.0
_LONGEST_ERROR = 5000
_TROUBLE = (psycopg.Error, RetryableError)
"""What a database says that is down, restarts, or is busy."""


@dataclass(frozen=True)
class Options:
    """How a worker works; times in seconds."""

    concurrency: int = 10
    timeout: float = 30
    """How long a handler may take."""
    poll_interval: float = 10
    """How often the queue is looked at when nobody says that something is due."""
    maintenance_interval: float = 60
    """How often ``run_maintenance()`` is called; 0: never."""
    once: bool = False
    """End when nothing is due."""


class _Settled(Protocol):
    @property
    def status(self) -> str: ...


class Bell(Protocol):
    """Tells an idle worker that there is work."""

    async def announce_idle(self) -> None:
        """Ask to be told from now on."""

    async def wait(self, seconds: float) -> None:
        """Return when told, or after that many seconds."""

    async def announce_busy(self) -> None:
        """Ask no more."""


class Worker:
    """Delivers what is due, several at a time, each at least once."""

    def __init__(
        self, pool: AsyncConnectionPool[Any], schema: str, routes: Sequence[Route], bell: Bell, options: Options
    ) -> None:
        self.name = f"{socket.gethostname()[:200]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.metrics = Metrics()
        self._pool = pool
        self._schema = schema
        self._routes = routes
        self._bell = bell
        self._options = options
        self._lease = timedelta(seconds=options.timeout + _MARGIN)
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._bug: BaseException | None = None
        self._connected = False
        self._pause = 0.0

    def stop(self) -> None:
        """Claim nothing more; ``run()`` ends when what is held has been delivered or has failed."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until ``stop()`` or, if that is the option, until nothing is due.

        Raises what the database says to the very first call; troubles after that are survived.
        """
        db = await aconnect(self._pool, self._schema)
        if self._options.once:
            await self._maintain(db)
        maintenance = asyncio.create_task(self._keep_maintaining(db))
        try:
            await self._work(db)
        finally:
            maintenance.cancel()
            await asyncio.gather(maintenance, *self._running, return_exceptions=True)
        if self._bug:
            raise self._bug

    async def _work(self, db: AsyncDatabase) -> None:
        while not self._stopping.is_set():
            if len(self._running) >= self._options.concurrency:
                await self._until_one_is_done()
            elif await self._take(db):
                continue
            elif not self._options.once:
                await self._be_idle(db)
            elif self._running:
                await self._until_one_is_done()
            else:
                return

    async def _until_one_is_done(self) -> None:
        await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(_MOMENT)

    async def _be_idle(self, db: AsyncDatabase) -> None:
        await self._bell.announce_idle()
        try:
            # What was queued before somebody could know that this worker is idle.
            if not await self._take(db):
                await self._unless_stopped(self._bell.wait(self._options.poll_interval))
        finally:
            await self._bell.announce_busy()

    async def _unless_stopped(self, waiting: Awaitable[None]) -> None:
        """Wait, or return as soon as the worker is told to stop."""
        waits = [asyncio.ensure_future(waiting), asyncio.ensure_future(self._stopping.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _take(self, db: AsyncDatabase) -> bool:
        """Claim as many as there is room for and begin to deliver them; return whether to look again at once."""
        if self._stopping.is_set():
            return False
        room = min(self._options.concurrency - len(self._running), _AT_ONCE)
        lease_ends = monotonic() + self._lease.total_seconds()
        try:
            rows = await db.claim_notifications(self.name, room, self._lease)
        except _TROUBLE as trouble:
            if not self._connected:
                raise
            await self._wait_out(trouble)
            return True
        self._connected, self._pause = True, 0.0
        if not rows:
            return False
        try:
            described = await self._insist(lambda: describe(self._pool, self._schema, rows), monotonic() + _MARGIN / 3)
        except _TROUBLE as trouble:  # the leases will end, and somebody takes them again
            await self._wait_out(trouble)
            return True
        for notification in described:
            self._begin(self._see_to(db, notification, lease_ends))
        return True

    async def _wait_out(self, trouble: Exception) -> None:
        self._pause = min(_LONGEST_PAUSE, 2 * self._pause or 0.25)
        pause = uniform(self._pause / 2, self._pause)  # noqa: S311 - so that workers do not come back all at once
        _log(logging.WARNING, "database unavailable", error=type(trouble).__name__, pause=round(pause, 1))
        await self._unless_stopped(asyncio.sleep(pause))

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        self.metrics.in_flight = len(self._running)
        task.add_done_callback(self._end)

    def _end(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        self.metrics.in_flight = len(self._running)
        if not task.cancelled() and (bug := task.exception()):
            self._bug = bug
            self.stop()

    async def _see_to(self, db: AsyncDatabase, notification: Notification, lease_ends: float) -> None:
        """Deliver a notification and say how it went."""
        started = monotonic()
        try:
            async with asyncio.timeout(self._options.timeout) as limit:
                await self._deliver(notification)
        except (Exception, SystemExit, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and _is_being_cancelled():
                raise
            late = DeliveryError(f"the handler took longer than {self._options.timeout:g} s")
            await self._fail(db, notification, late if limit.expired() else error, lease_ends)
        else:
            await self._complete(db, notification, monotonic() - started, lease_ends)

    async def _deliver(self, notification: Notification) -> None:
        if not notification.receivers:
            return
        handler = next((route.handler for route in self._routes if route.takes(notification.type)), None)
        if handler is None:
            raise DeliveryError("no handler takes this type")
        await handler.deliver(notification)

    async def _complete(self, db: AsyncDatabase, notification: Notification, took: float, lease_ends: float) -> None:
        status = await self._settle(lambda: db.complete_notification(notification.id, self.name), lease_ends)
        if status is None:
            self._give_up(notification)
        elif notification.receivers:
            self.metrics.sent += 1
            self.metrics.delays.append(max(0.0, (datetime.now(UTC) - notification.due_at).total_seconds()))
            _log(logging.INFO, "sent", notification, seconds=round(took, 3))
        else:
            self.metrics.skipped += 1
            _log(logging.INFO, "skipped", notification)

    async def _fail(
        self, db: AsyncDatabase, notification: Notification, error: BaseException, lease_ends: float
    ) -> None:
        said = _for_the_record(error)
        permanent = isinstance(error, DeliveryError) and error.permanent
        status = await self._settle(
            lambda: db.fail_notification(notification.id, self.name, said, permanent), lease_ends
        )
        if status is None:
            self._give_up(notification)
        elif status == "dead":
            self.metrics.dead += 1
            _log(logging.ERROR, "dead", notification, error=_for_the_log(error))
        else:
            self.metrics.failed += 1
            _log(logging.WARNING, "failed", notification, error=_for_the_log(error))

    def _give_up(self, notification: Notification) -> None:
        self.metrics.lost += 1
        _log(logging.WARNING, "lease lost", notification)

    async def _settle(self, say: Callable[[], Awaitable[_Settled]], lease_ends: float) -> str | None:
        """Tell the database how it went, again while it is away; return the status, None when the lease is over."""
        said_before = False

        async def say_once() -> str | None:
            nonlocal said_before
            try:
                return (await say()).status
            except InvalidState as refusal:
                # The answer got lost, what was said did not; or somebody else has it by now, or it was withdrawn.
                status = refusal.context.get("status")
                return status if said_before and status in ("sent", "pending", "dead") else None
            except NotFound:
                return None
            finally:
                said_before = True

        try:
            return await self._insist(say_once, lease_ends)
        except _TROUBLE:
            return None

    async def _insist(self, call: Callable[[], Awaitable[T]], deadline: float) -> T:
        """Make a call until it is answered; after the deadline raise what kept it from being so."""
        pause = 0.1
        while True:
            try:
                return await call()
            except _TROUBLE:
                if monotonic() + pause > deadline:
                    raise
            await asyncio.sleep(uniform(pause / 2, pause))  # noqa: S311 - so that not all come back at once
            pause = min(2 * pause, 2.0)

    async def _keep_maintaining(self, db: AsyncDatabase) -> None:
        while self._options.maintenance_interval and not self._options.once:
            await self._maintain(db)
            await asyncio.sleep(self._options.maintenance_interval)

    async def _maintain(self, db: AsyncDatabase) -> None:
        """Do the housekeeping, batch by batch."""
        try:
            while max((await db.run_maintenance(_AT_ONCE)).done.values(), default=0) >= _AT_ONCE:
                if self._stopping.is_set():
                    return
        except (*_TROUBLE, BookingError) as trouble:
            _log(logging.WARNING, "maintenance failed", error=type(trouble).__name__)


def _is_being_cancelled() -> bool:
    """Tell whether this task is to end, rather than something that a handler waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _for_the_record(error: BaseException) -> str:
    """Return what ``last_error`` is to say, as a text the database takes."""
    more = error.detail if isinstance(error, DeliveryError) else _message(error)
    text = f"{_for_the_log(error)}: {more}" if more else _for_the_log(error)
    return text.replace("\0", " ").encode("utf-8", "replace").decode()[:_LONGEST_ERROR]


def _for_the_log(error: BaseException) -> str:
    """Return what may be logged: of errors that are not ours only the name, for the rest may quote an address."""
    said = _message(error).replace("\0", " ").strip() if isinstance(error, DeliveryError) else ""
    return said or type(error).__name__


def _message(error: BaseException) -> str:
    """Return what an error says: nothing, where somebody's own cannot even do that."""
    try:
        return str(error)
    except Exception:
        return ""


def _log(level: int, event: str, notification: Notification | None = None, **fields: Any) -> None:
    about: dict[str, Any] = {}
    if notification:
        about = {"notification_id": str(notification.id), "type": notification.type, "attempt": notification.attempts}
    logger.log(level, event, extra={"fields": about | fields})
