"""Scenario 40 in the exchange: the server is killed under load; what it acknowledged is there, nothing is half-done."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path

import psycopg
import pytest
from faults.clients import Diary
from faults.test_kill_under_load import ANSWERS, CLIENTS, KILLS, assert_nothing_is_lost, connect, kill
from peer.exchange import Exchange, in_days
from support.threads import in_thread

from bookingdb.deploy import migrate
from bookingdb.server import Server, launch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the end of a process is waited for with a pidfd")

HOURS_EACH, A_DAY, MINUTES = 24 // CLIENTS, 24 // CLIENTS * 4, 15
"""Each client books a part of the day of their own, a quarter of an hour at a time."""


@contextmanager
def running(data: Path) -> Iterator[tuple[Server, Exchange]]:
    """Run the server on its data, whatever became of it before."""
    with launch(directory=data) as server, connect(server) as connection:
        yield server, Exchange(connection)


def treat_until_the_end(
    connect: Callable[[], psycopg.Connection], diary: Diary, name: str, pair: tuple[str, str], place: int, day: int
) -> None:
    """Book, move, cancel and refund sessions until the server is gone."""
    with suppress(psycopg.OperationalError), connect() as connection:
        for number in count():
            key = f"{name}, round {number}: "
            ask = partial(diary.ask, connection)
            minute = place * HOURS_EACH * 60 + number % A_DAY * MINUTES
            when = {
                "p_session_date": str(in_days(day + 2 * (number // A_DAY))),
                "p_start_time": f"{minute // 60:02}:{minute % 60:02}",
            }
            booked = ask(
                key + "book",
                "create_peer_booking",
                p_client_id=pair[0],
                p_practitioner_id=pair[1],
                p_duration_minutes=MINUTES,
                p_session_type="Massage",
                **when,
            )
            session = {"p_session_id": booked["session_id"]}
            when["p_session_date"] = str(in_days(day + 2 * (number // A_DAY) + 1))
            ask(key + "move", "reschedule_session", **session, **when)
            if number % 3:
                ask(key + "undo", ["process_peer_booking_refund", "cancel_session"][number % 3 - 1], **session)


def treat_and_kill(server: Server, diary: Diary, kills: int, exchange: Exchange) -> None:
    """Let clients treat each other for a while, all of them the same few people, and kill the server."""
    people = [exchange.peer(1_000_000) for _ in range(4)]
    clients = [
        in_thread(
            partial(
                treat_until_the_end,
                partial(connect, server),
                diary,
                f"kill {kills}, client {i}",
                (people[i % 4], people[(i + 1) % 4]),
                place=i,
                day=10 + 1000 * kills,
            )
        )
        for i in range(CLIENTS)
    ]
    diary.wait_for_answers(ANSWERS)
    kill(server)
    for client in clients:
        client.result(timeout=60)


def assert_nothing_is_half_done(exchange: Exchange, diary: Diary) -> None:
    """Each call had all of its effects once: there are as many rows and credits as the calls made."""
    calls = Counter(function for function, _ in diary.asked.values())
    booked, moved = calls["create_peer_booking"], calls["reschedule_session"]
    undone = calls["process_peer_booking_refund"] + calls["cancel_session"]
    assert exchange.broken_invariants() == []
    assert exchange.bank.differences() == []
    audits = exchange.rows("SELECT action, count(*) FROM audit_log WHERE entity = 'session' GROUP BY action")
    assert Counter(dict(audits)) == calls
    assert exchange.value("SELECT count(*) FROM client_sessions") == booked
    assert exchange.value("SELECT count(*) FROM client_sessions WHERE status = 'cancelled'") == undone
    entries = exchange.rows(
        "SELECT transaction_type, count(*) FROM credit_transactions WHERE session_id IS NOT NULL GROUP BY 1"
    )
    assert dict(entries) == {
        "session_payment": booked,
        "session_earning": booked,
        "refund": undone,
        "session_earning_reversal": undone,
    }
    told = dict(exchange.rows("SELECT type, count(*) FROM notifications GROUP BY type"))
    assert told.pop("booking_reminder_24h") == told.pop("booking_reminder_1h") == booked + moved
    assert told == {
        "peer_booking_confirmed_client": booked,
        "peer_booking_confirmed_practitioner": booked,
        "peer_credits_deducted": booked,
        "peer_credits_earned": booked,
        "booking_rescheduled": 2 * moved,
        "peer_booking_cancelled_refunded": 2 * undone,
    }
    people = exchange.value("SELECT count(*) FROM practitioners")
    assert exchange.total() == 1_000_000 * people


def test_every_acknowledged_call_is_there_and_none_is_half_done(data):
    diary = Diary()
    for kills in range(KILLS):
        with running(data) as (server, exchange):
            if kills == 0:
                migrate(server.conninfo())
            else:
                assert_nothing_is_lost(exchange, diary)
                assert_nothing_is_half_done(exchange, diary)
            treat_and_kill(server, diary, kills, exchange)
    with running(data) as (_, exchange):
        assert_nothing_is_lost(exchange, diary)
        assert_nothing_is_half_done(exchange, diary)
