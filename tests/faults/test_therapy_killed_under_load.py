"""Scenario 40 in the clinic: the server is killed under load; what was acknowledged is there, nothing is half-done."""

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
from support.threads import in_thread
from therapy.clinic import Clinic

from bookingdb.deploy import migrate
from bookingdb.server import Server, launch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the end of a process is waited for with a pidfd")


@contextmanager
def running(data: Path) -> Iterator[tuple[Server, Clinic]]:
    """Run the server on its data, whatever became of it before."""
    with launch(directory=data) as server, connect(server) as connection:
        yield server, Clinic(connection)


def book_until_the_end(
    connect: Callable[[], psycopg.Connection], diary: Diary, name: str, client: str, therapist: str
) -> None:
    """Hold, book and move sessions and cancel every other one until the server is gone; the hours are this client's."""
    with suppress(psycopg.OperationalError), connect() as connection:
        for number in count():
            key = f"{name}, session {number}: "
            day = Clinic(connection).day(100 + number)
            hold = {"p_practitioner_id": therapist, "p_starts_at": f"{day} {name[-1]}:00Z", "p_duration_minutes": 30}
            diary.ask(connection, key + "hold", "hold_slot", **hold, p_holder_id=client)
            booked = diary.ask(
                connection,
                key + "book",
                "create_session_with_credit_deduction",
                p_user_id=client,
                p_therapist_id=therapist,
                p_session_date=day,
                p_session_time=f"{name[-1]}:00",
                p_duration_minutes=30,
            )
            about = {"p_session_id": booked["session_id"]}
            moved = {"p_session_date": day, "p_start_time": f"1{name[-1]}:00"}
            diary.ask(connection, key + "move", "reschedule_session", **about, **moved)
            if number % 2:
                diary.ask(connection, key + "cancel", "cancel_session", **about)


def book_and_kill(server: Server, diary: Diary, name: str, clinic: Clinic) -> None:
    """Let clients book for a while, all of them with the same few therapists, and kill the server."""
    therapists = [clinic.therapist() for _ in range(2)]
    clients = [
        in_thread(
            partial(
                book_until_the_end,
                partial(connect, server),
                diary,
                f"{name}, client {i}",
                clinic.client(1_000_000),
                therapists[i % 2],
            )
        )
        for i in range(CLIENTS)
    ]
    diary.wait_for_answers(ANSWERS)
    kill(server)
    for client in clients:
        client.result(timeout=60)


def assert_nothing_is_half_done(clinic: Clinic, diary: Diary) -> None:
    """Each call had all of its effects once: every table has as many rows as there were calls."""
    calls = Counter(function for function, _ in diary.asked.values())
    booked, cancelled = calls["create_session_with_credit_deduction"], calls["cancel_session"]
    moved = calls["reschedule_session"]
    assert clinic.broken_invariants() == []
    assert clinic.differences() == []
    actions = Counter(dict(clinic.rows("SELECT action, count(*) FROM audit_log GROUP BY action")))
    del actions["update_credit_balance"]  # what the clients began with
    assert actions == calls
    assert Counter(dict(clinic.rows("SELECT status, count(*) FROM client_sessions GROUP BY status"))) == Counter(
        scheduled=booked - cancelled, cancelled=cancelled
    )
    assert Counter(
        dict(clinic.rows("SELECT amount, count(*) FROM credit_transactions WHERE abs(amount) = 1 GROUP BY 1"))
    ) == (Counter({-1: booked, 1: cancelled}))
    assert clinic.value("SELECT count(*) FROM slot_holds") == calls["hold_slot"]
    queued = Counter(dict(clinic.rows("SELECT type, count(*) FROM notifications GROUP BY type")))
    assert queued == Counter(
        booking_confirmation=2 * booked,
        booking_rescheduled=2 * moved,
        booking_cancelled=2 * cancelled,
        booking_reminder_24h=booked + moved,
        booking_reminder_1h=booked + moved,
        create_video_room=booked + moved,
    )


def test_every_acknowledged_call_is_there_and_none_is_half_done(data):
    diary = Diary()
    for kills in range(KILLS):
        with running(data) as (server, clinic):
            if kills == 0:
                migrate(server.conninfo())
            else:
                assert_nothing_is_lost(clinic, diary)
                assert_nothing_is_half_done(clinic, diary)
            book_and_kill(server, diary, f"kill {kills}", clinic)
    with running(data) as (_, clinic):
        assert_nothing_is_lost(clinic, diary)
        assert_nothing_is_half_done(clinic, diary)
