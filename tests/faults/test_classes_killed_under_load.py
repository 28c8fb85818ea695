"""Scenario 40 in the studio: the server is killed under load; what was acknowledged is there, nothing is half-done."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path

import psycopg
import pytest
from classes.studio import Customer, Studio
from faults.clients import Diary
from faults.test_kill_under_load import ANSWERS, CLIENTS, KILLS, assert_nothing_is_lost, connect, kill
from support.threads import in_thread

from bookingdb.deploy import migrate
from bookingdb.server import Server, launch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the end of a process is waited for with a pidfd")


@contextmanager
def running(data: Path) -> Iterator[tuple[Server, Callable[[], psycopg.Connection]]]:
    """Run the server on its data, whatever became of it before; connect when asked for."""
    with launch(directory=data) as server:
        yield server, partial(connect, server)


def book_until_the_end(
    connect: Callable[[], psycopg.Connection], diary: Diary, name: str, organization: str, pair: list[Customer]
) -> None:
    """Fill classes of one place, wait for it and give it up, until the server is gone."""
    with suppress(psycopg.OperationalError), connect() as connection:
        for number in count():
            key = f"{name}, class {number}: "
            ask = partial(diary.ask, connection)
            made = ask(
                key + "plan",
                "create_class_session",
                p_organization_id=organization,
                p_name="Yoga",
                p_starts_at="2090-03-10 12:00Z",
                p_duration_minutes=60,
                p_capacity=1,
            )
            about = {"p_class_session_id": made["class_session_id"]}
            booked = ask(key + "book", "create_class_booking", **pair[0].whom, **about)
            ask(key + "wait", "join_class_waitlist", **pair[1].whom, **about)
            if number % 3:
                ask(key + "cancel", "cancel_class_booking", p_booking_id=booked["booking_id"])
            if number % 3 == 2:
                ask(key + "call off", "cancel_class_session", **about)


def book_and_kill(server: Server, diary: Diary, name: str, studio: Studio) -> None:
    """Let clients book for a while, all of them for the same few people, and kill the server."""
    people = [studio.covered(1_000_000) for _ in range(4)]
    clients = [
        in_thread(
            partial(
                book_until_the_end,
                partial(connect, server),
                diary,
                f"{name}, client {i}",
                studio.organization,
                [people[i % 4], people[(i + 1) % 4]],
            )
        )
        for i in range(CLIENTS)
    ]
    diary.wait_for_answers(ANSWERS)
    kill(server)
    for client in clients:
        client.result(timeout=60)


def assert_nothing_is_half_done(studio: Studio, diary: Diary) -> None:
    """Each call had all of its effects once: every table has as many rows as there were calls."""
    calls = Counter(function for function, _ in diary.asked.values())
    booked, waited = calls["create_class_booking"], calls["join_class_waitlist"]
    cancelled, called_off = calls["cancel_class_booking"], calls["cancel_class_session"]
    assert studio.broken_invariants() == []
    actions = Counter(dict(studio.rows("SELECT action, count(*) FROM audit_log GROUP BY action")))
    del actions["create_package"]  # what people began with
    assert actions == calls
    assert studio.value("SELECT count(*) FROM class_sessions") == calls["create_class_session"]
    assert dict(studio.rows("SELECT source, count(*) FROM bookings GROUP BY source")) == {
        "service": booked,
        "waitlist": cancelled,
    }
    assert Counter(dict(studio.rows("SELECT status, count(*) FROM class_waitlist GROUP BY status"))) == Counter(
        promoted=cancelled, waiting=waited - cancelled
    )
    assert studio.value("SELECT count(*) FROM package_usage") == booked + cancelled
    # Whoever was promoted has the place that was given up, until the class is called off.
    assert studio.value("SELECT sum(classes_used) FROM packages") == booked - called_off
    assert Counter(dict(studio.rows("SELECT type, count(*) FROM notifications GROUP BY type"))) == Counter(
        class_booking_confirmation=booked, class_waitlist_promoted=cancelled, class_cancelled=called_off
    )


def test_every_acknowledged_call_is_there_and_none_is_half_done(data):
    diary = Diary()
    for kills in range(KILLS):
        with running(data) as (server, connect):
            if kills == 0:
                migrate(server.conninfo())
            with connect() as connection:
                studio = Studio(connection)
                if kills:
                    assert_nothing_is_lost(studio, diary)
                    assert_nothing_is_half_done(studio, diary)
                book_and_kill(server, diary, f"kill {kills}", studio)
    with running(data) as (_, connect), connect() as connection:
        studio = Studio(connection)
        assert_nothing_is_lost(studio, diary)
        assert_nothing_is_half_done(studio, diary)
