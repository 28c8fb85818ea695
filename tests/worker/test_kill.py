"""Workers, and the server, are killed again and again while notifications go through: none is lost.

BOOKINGDB_TEST_NOTIFICATIONS says how many go through, BOOKINGDB_TEST_KILLS how often something is killed, and
--log-cli-level=INFO shows how many leases that broke.
"""

import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from faults.conftest import data
from support.processes import Watched

from bookingdb.deploy import migrate
from bookingdb.server import Server, launch
from worker.conftest import PROGRAM
from worker.outbox import Outbox

__all__ = ["data"]

NOTIFICATIONS = int(os.environ.get("BOOKINGDB_TEST_NOTIFICATIONS", "300"))
KILLS = int(os.environ.get("BOOKINGDB_TEST_KILLS", "4"))
WORKERS = 3
PATIENCE = 60.0

LOG = logging.getLogger(__name__)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the end of a process is waited for with a pidfd")


@dataclass
class Deliveries:
    """The end of a pipe into which all workers print what they deliver; who is killed cannot take it back."""

    reading: int
    writing: int
    delivered: list[str] = field(default_factory=list)
    _rest: bytes = b""

    def read(self, patience: float = PATIENCE) -> bool:
        """Read what has arrived, and wait for it if need be; return whether there was anything."""
        if not select.select([self.reading], [], [], patience)[0]:
            return False
        *lines, self._rest = (self._rest + os.read(self.reading, 65536)).split(b"\n")
        self.delivered += [json.loads(line)["notification_id"] for line in lines]
        return True

    def read_until(self, number: int) -> None:
        """Read until that many different ones have been delivered."""
        while len(set(self.delivered)) < number:
            assert self.read(), f"nothing was delivered for {PATIENCE} seconds: {len(set(self.delivered))} of {number}"

    def read_all(self) -> None:
        """Read what is left, when nobody delivers any more."""
        while self.read(0):
            pass


@pytest.fixture
def deliveries() -> Iterator[Deliveries]:
    reading, writing = os.pipe()
    yield Deliveries(reading, writing)
    os.close(reading)
    os.close(writing)


@contextmanager
def fleet(dsn: str, deliveries: Deliveries) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Start workers that print into the pipe; those that still run at the end are killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-c", PROGRAM, "worker", "--dsn", dsn]
        more = ["--maintenance-interval", "0", "--poll-interval", "0.2", *options]
        started.append(subprocess.Popen([*command, *more], stdout=deliveries.writing, stderr=subprocess.DEVNULL))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_killed_workers(dsn, outbox, deliveries):
    outbox.queue_many(NOTIFICATIONS)
    broken: set[str] = set()
    with fleet(dsn, deliveries) as start:
        workers = [start() for _ in range(WORKERS)]
        for kill in range(1, KILLS + 1):
            deliveries.read_until(kill * NOTIFICATIONS // (KILLS + 1))
            victim = workers.pop(0)
            victim.kill()
            victim.wait()
            broken |= {str(held) for held in outbox.end_leases(f"%:{victim.pid}:%")}
            workers.append(start())
        deliveries.read_until(NOTIFICATIONS)
        stop(workers)
        # What the last victims had delivered, but not completed.
        assert start("--once").wait(PATIENCE) == 0
    assert_none_is_lost(outbox, deliveries)
    twice = {delivered for delivered, times in Counter(deliveries.delivered).items() if times > 1}
    assert twice <= broken
    LOG.info(
        "%s notifications, %s kills: %s broken leases, %s delivered again",
        NOTIFICATIONS,
        KILLS,
        len(broken),
        len(twice),
    )


def stop(workers: list["subprocess.Popen[bytes]"]) -> None:
    """Have workers finish what they hold; one that is only just starting holds nothing and ends by the signal."""
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    for worker in workers:
        assert worker.wait(PATIENCE) in (0, -signal.SIGTERM)


def assert_none_is_lost(outbox: Outbox, deliveries: Deliveries) -> None:
    deliveries.read_all()
    assert outbox.statuses() == {"sent": NOTIFICATIONS}
    assert set(deliveries.delivered) == {str(found) for (found,) in outbox.rows("SELECT id FROM notifications")}


def test_killed_servers(data, deliveries):
    """Workers outlive the server; a lease is broken by nobody, so each notification is delivered once."""
    with launch(directory=data) as server:
        migrate(server.conninfo())
        with connect(server) as connection:
            Outbox(connection).queue_many(NOTIFICATIONS)
        place = data.with_name("socket")
        dsn = server.conninfo(host=str(place))
    with fleet(dsn, deliveries) as start:
        workers: list[subprocess.Popen[bytes]] = []
        for kill in range(1, KILLS + 1):
            with running(data, place) as server:
                if not workers:
                    workers = [start() for _ in range(WORKERS)]
                    wait_until_they_work(server)
                deliveries.read_until(kill * NOTIFICATIONS // (KILLS + 1))
                kill_server(server)
        with running(data, place) as server, connect(server) as connection:
            outbox = Outbox(connection)
            # All but those whose claim was answered when the server was gone: nobody knows that they are his.
            unheard = unanswered(outbox, deliveries, workers)
            stop(workers)
            outbox.end_leases()
            assert start("--once").wait(PATIENCE) == 0
            assert_none_is_lost(outbox, deliveries)
    twice = [delivered for delivered, times in Counter(deliveries.delivered).items() if times > 1]
    assert twice == []
    LOG.info(
        "%s notifications, %s kills of the server: %s claims unheard of, none delivered again",
        NOTIFICATIONS,
        KILLS,
        unheard,
    )


@contextmanager
def running(data: Path, place: Path) -> Iterator[Server]:
    """Run the server on its data, always at the same place for those who connect."""
    with launch(directory=data) as server:
        place.unlink(missing_ok=True)
        place.symlink_to(server.host)
        yield server


def connect(server: Server) -> psycopg.Connection:
    return psycopg.connect(server.conninfo(options="-csearch_path=bookingdb,pg_temp"), autocommit=True)


def wait_until_they_work(server: Server) -> None:
    """Return when each worker has claimed something: who cannot connect to begin with gives up."""
    seen: set[str] = set()
    deadline = time.monotonic() + PATIENCE
    with connect(server) as connection:
        while len(seen) < WORKERS:
            assert time.monotonic() < deadline, f"only {seen} of {WORKERS} workers have begun"
            seen |= {name for (name,) in connection.execute(_CLAIMING)}


_CLAIMING = """
    SELECT application_name FROM pg_stat_activity
    WHERE application_name LIKE 'bookingdb worker%' AND query LIKE '%claim_notifications%' AND state = 'idle'
"""


def kill_server(server: Server) -> None:
    """End every process of the server at once, as a power cut does."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    processes = [Watched(server.pid), *(Watched(int(pid)) for pid in children)]
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    for process in processes:
        process.wait_until_gone()


def unanswered(outbox: Outbox, deliveries: Deliveries, workers: list["subprocess.Popen[bytes]"]) -> int:
    """Wait until nothing is due any more; return how many are leased to workers that do not know it."""
    while outbox.rows("SELECT FROM notifications WHERE status = 'pending' LIMIT 1"):
        assert deliveries.read(), f"nothing was delivered for {PATIENCE} seconds"
    return outbox.statuses().get("leased", 0)
