"""Scenario 40: the server is killed under load; what it has acknowledged is there, and nothing is half-done."""

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest
from faults.clients import Diary, book_until_the_end
from gusmester.club import Club
from gusmester.snapshot import nothing_written
from support.processes import Watched
from support.threads import in_thread

from bookingdb.deploy import migrate
from bookingdb.server import Server, launch

KILLS = int(os.environ.get("BOOKINGDB_KILLS", "3"))
"""How often the server is killed; BOOKINGDB_KILLS says another number."""
CLIENTS = 8
ANSWERS = 150
"""How many calls are answered before each kill."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the end of a process is waited for with a pidfd")


def connect(server: Server) -> psycopg.Connection:
    """Connect as the owner."""
    return psycopg.connect(server.conninfo(options="-csearch_path=bookingdb,pg_temp"), autocommit=True)


@contextmanager
def running(data: Path) -> Iterator[tuple[Server, Club]]:
    """Run the server on its data, whatever became of it before."""
    with launch(directory=data) as server, connect(server) as connection:
        yield server, Club(connection)


def kill(server: Server) -> None:
    """End every process of the server at once, as a power cut does."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    processes = [Watched(server.pid), *(Watched(int(pid)) for pid in children)]
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    for process in processes:
        process.wait_until_gone()


def book_and_kill(server: Server, diary: Diary, name: str, club: Club) -> None:
    """Let clients book for a while, all of them with the same few people, and kill the server."""
    club.connection.execute("UPDATE settings SET gus_initial_points = 1000000")  # nobody runs out of them
    people = [club.employee() for _ in range(4)]
    pairs = [(people[i % 4], people[(i + 1) % 4]) for i in range(CLIENTS)]
    clients = [
        in_thread(partial(book_until_the_end, partial(connect, server), diary, f"{name}, client {i}", host, booker))
        for i, (host, booker) in enumerate(pairs)
    ]
    diary.wait_for_answers(ANSWERS)
    kill(server)
    for client in clients:
        client.result(timeout=60)


def assert_nothing_is_lost(club: Club, diary: Diary) -> None:
    """Every answer is repeated word for word and was true; what nobody knows of can be asked for again."""
    with nothing_written(club.connection):
        for key, answer in diary.answered.items():
            assert diary.ask_again(club.connection, key) == answer
    for key in diary.asked.keys() - diary.answered.keys():
        diary.answered[key] = diary.ask_again(club.connection, key)


def assert_nothing_is_half_done(club: Club, diary: Diary) -> None:
    """Each call had all of its effects once: every table has as many rows as there were calls."""
    calls = Counter(function for function, _ in diary.asked.values())
    booked, cancelled = calls["book_gusmester_spot"], calls["cancel_gusmester_booking"]
    assert club.broken_invariants() == []
    assert Counter(dict(club.rows("SELECT action, count(*) FROM audit_log GROUP BY action"))) == calls
    assert club.value("SELECT count(*) FROM sessions") == calls["create_gus_session"]
    assert club.value("SELECT count(*) FROM gusmester_bookings") == booked
    assert club.value("SELECT count(*) FROM notifications") == 2 * booked
    moved = dict(club.rows("SELECT amount, count(*) FROM employee_points_history WHERE entry_number > 1 GROUP BY 1"))
    assert moved == {150: calls["release_guest_spot"] + cancelled, -150: booked}


def test_every_acknowledged_call_is_there_and_none_is_half_done(data):
    diary = Diary()
    for kills in range(KILLS):
        with running(data) as (server, club):
            if kills == 0:
                migrate(server.conninfo())
            else:
                assert_nothing_is_lost(club, diary)
                assert_nothing_is_half_done(club, diary)
            book_and_kill(server, diary, f"kill {kills}", club)
    with running(data) as (_, club):
        assert_nothing_is_lost(club, diary)
        assert_nothing_is_half_done(club, diary)
