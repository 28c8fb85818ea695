"""Whichever statement of a command on classes fails leaves nothing of it."""

from itertools import count

import pytest
from gusmester.calls import run
from gusmester.snapshot import snapshot
from peer.test_nothing_half_done import choose, error_of, fail_from_now_on, seen

from classes.studio import new_key


def book(studio):
    """Prepare a booking by a package of somebody who waits for the class."""
    class_id, booking = studio.full()
    client = studio.client()
    studio.joins(class_id, client)
    studio.cancels(booking)
    studio.package(client)
    return lambda caller: caller.books(class_id, client, **new_key())


def cancel(studio):
    """Prepare a cancellation that promotes two, one by a membership and one by a package."""
    class_id = studio.plans(capacity=2)
    bookings = [studio.books(class_id, studio.covered())["booking_id"] for _ in range(2)]
    line = [studio.client(), studio.lead()]
    for each in line:
        studio.joins(class_id, each)
    studio.membership(line[0])
    studio.package(line[1])
    studio.misses(bookings[1])
    return lambda caller: caller.cancels(bookings[0], p_reason="The flu", **new_key())


def call_off(studio):
    """Prepare the cancellation of a class that is booked and waited for."""
    class_id = studio.plans(capacity=2)
    for pays in (studio.package, studio.membership):
        client = studio.client()
        pays(client)
        studio.books(class_id, client)
    studio.joins(class_id, studio.client())
    return lambda caller: caller.calls_off(class_id, **new_key())


def use_the_widget(studio):
    """Prepare a booking of somebody unknown."""
    class_id = studio.plans()
    return lambda caller: caller.widget(class_id, **new_key())


def convert(studio):
    """Prepare a conversion to the client with the same address, who has a place and a package."""
    lead, client = studio.lead(email="ann@studio.example"), studio.client(email="ann@studio.example")
    studio.package(client)
    studio.books(studio.plans(), client)
    return lambda caller: caller.converts(lead.id, **new_key())


def maintain(studio):
    """Prepare unpaid bookings, one of them waited for."""
    for _ in range(2):
        class_id = studio.plans()
        studio.books(class_id, studio.client(), "card")
        studio.joins(class_id, studio.covered())
    studio.connection.execute("UPDATE bookings SET created_at = now() - interval '31 minutes'")
    return lambda caller: run(caller.connection, "run_maintenance", **new_key())


@pytest.mark.parametrize(
    ("prepare", "least"),
    [(book, 12), (cancel, 20), (call_off, 14), (use_the_widget, 8), (convert, 6), (maintain, 20)],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_each_statement_that_fails_takes_all_of_them_along(studio, superuser, prepare, least):
    """But for notifications, which are put on record and fail nothing."""
    command, connection = prepare(studio), studio.connection
    fail_from_now_on(superuser, "raise")
    failed, excused = [], 0
    for number in count(1):
        choose(superuser, number)
        with connection.transaction(force_rollback=True):
            before = snapshot(connection)
            error = error_of(command, studio)
            if error:
                assert error.sqlstate == "XX123"
                assert snapshot(connection) == before
                failed.append(error.diag.message_primary)
            elif seen(superuser) < number:
                break
            else:
                assert studio.value("SELECT count(*) FROM notification_failures") > 0
                excused += 1
    assert {what.split()[1] for what in failed} >= {"audit_log", "idempotency_keys"}
    assert len(failed) >= least
    assert excused % 2 == 0
