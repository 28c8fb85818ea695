"""Every function of a module in a story; what each call returned is looked at by the test."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from wrapper.conformity import Returned

Acting = Callable[[UUID], Any]


async def core(service: Any, acting: Acting) -> AsyncIterator[Returned]:
    """Somebody signs up and leaves."""
    user = uuid4()
    began = datetime.now(UTC)
    profile = await acting(user).ensure_profile("Ada", timezone="Europe/Oslo", idempotency_key="once")
    yield "ensure_profile", profile
    assert (profile.user_id, profile.created) == (user, True)
    assert await acting(user).ensure_profile("Ada", "Europe/Oslo", "once") == profile

    statistics = await service.booking_stats(began, to=datetime.now(UTC) + timedelta(minutes=1))
    yield "booking_stats", statistics
    assert {"failures.not_found"} <= {row.metric for row in statistics}

    erased = await service.erase_person(user)
    yield "erase_person", erased
    assert erased.erased
    yield "verify_invariants", await service.verify_invariants()


async def gusmester(service: Any, acting: Acting, hire: Callable[..., tuple[UUID, UUID]]) -> AsyncIterator[Returned]:
    """A week in a club."""
    host_login, host = hire("Host")
    guest_login, guest = hire("Gusmester")
    admin_login, _ = hire("Admin", is_admin=True)
    admin, hosting, booking = acting(admin_login), acting(host_login), acting(guest_login)
    starts_at = datetime(2090, 6, 1, 18, 30, tzinfo=UTC)

    session = await admin.create_gus_session("Steam", starts_at, 60, [host], location="Barrel")
    yield "create_gus_session", session
    bare = await admin.create_gus_session(name="Later", starts_at=starts_at, duration_minutes=60)
    assert bare.guest_spot_id is None
    assigned = await admin.assign_session_employee(bare.session_id, host)
    yield "assign_session_employee", assigned
    assert assigned.host_employee_id == host
    unassigned = await admin.unassign_session_employee(bare.session_id, host)
    yield "unassign_session_employee", unassigned
    assert unassigned.host_employee_id is None

    invited = await hosting.book_guest_for_session(session.session_id, "Kim", "kim@example.org")
    yield "book_guest_for_session", invited
    assert invited.status == "booked_by_host"
    yield "my_hosting_sessions", await hosting.my_hosting_sessions()
    uninvited = await hosting.cancel_guest_booking(session.session_id)
    yield "cancel_guest_booking", uninvited
    assert uninvited.guest_spot_id == session.guest_spot_id

    released = await hosting.release_guest_spot(session.session_id)
    yield "release_guest_spot", released
    assert (released.points_earned, released.points_awarded, released.new_points) == (True, 150, 450)
    spots = await booking.available_guest_spots()
    yield "available_guest_spots", spots
    assert [(spot.session_id, spot.starts_at, spot.location) for spot in spots] == [
        (session.session_id, starts_at, "Barrel")
    ]

    booked = await booking.book_gusmester_spot(session.session_id, idempotency_key="tap")
    yield "book_gusmester_spot", booked
    assert await booking.book_gusmester_spot(session.session_id, idempotency_key="tap") == booked
    assert (booked.employee_id, booked.new_points) == (guest, 150)
    bookings = await booking.my_gusmester_bookings()
    yield "my_gusmester_bookings", bookings
    assert [(row.status, row.host_name, row.cancel_deadline) for row in bookings] == [
        ("active", "Host", starts_at - timedelta(hours=24))
    ]
    cancelled = await booking.cancel_gusmester_booking(booked.booking_id)
    yield "cancel_gusmester_booking", cancelled
    assert cancelled.points_refunded == 150

    adjusted = await service.adjust_employee_points(guest, -50, "Broke a bucket")
    yield "adjust_employee_points", adjusted
    points = await service.get_employee_points(guest)
    yield "get_employee_points", points
    assert [row.points for row in points] == [adjusted.new_points] == [250]
    history = await service.get_points_history(guest, limit=2)
    yield "get_points_history", history
    assert [(entry.amount, entry.related_booking_id) for entry in history] == [(-50, None), (150, booked.booking_id)]

    off = await admin.cancel_gus_session(session.session_id, "No wood")
    yield "cancel_gus_session", off
    assert (off.bookings_refunded, off.points_refunded) == (0, 0)


async def credits(service: Any, acting: Acting, enrol: Callable[[str], UUID]) -> AsyncIterator[Returned]:
    """Somebody buys credits, is given some, and sends some on."""
    ada, ben = enrol("Ada"), enrol("Ben")
    began = datetime.now(UTC)

    bought = await service.update_credit_balance(ada, 20, "credit_purchase", "Twenty", idempotency_key="paid")
    yield "update_credit_balance", bought
    assert await service.update_credit_balance(ada, 20, "credit_purchase", "Twenty", idempotency_key="paid") == bought
    month = await service.allocate_monthly_credits(ada, None, 10)
    yield "allocate_monthly_credits", month
    assert (month.allocated, month.balance_after) == (True, 30)
    event = {"id": "evt_1", "type": "invoice.created", "data": {"object": {}}}
    kept = await service.process_stripe_event(event)
    yield "process_stripe_event", kept
    assert (kept.outcome, kept.allocation_id) == ("ignored", None)
    sent = await service.credits_transfer(ada, ben, 5)
    yield "credits_transfer", sent
    assert (sent.from_balance_after, sent.to_balance_after) == (25, 5)

    balances = await acting(ada).get_credit_balance()
    yield "get_credit_balance", balances
    assert [(row.balance, row.total_earned, row.total_spent) for row in balances] == [(25, 30, 5)]
    entries = await acting(ben).get_credit_transactions()
    yield "get_credit_transactions", entries
    assert [(entry.entry_number, entry.amount, entry.transfer_id) for entry in entries] == [(1, 5, sent.transfer_id)]
    before = await acting(ada).balance_at(ada, began - timedelta(days=1))
    yield "balance_at", before
    assert before == 0
    yield "reconcile_credits", await service.reconcile_credits()
    repaired = await service.repair_credit_account(ada, "Nothing to do")
    yield "repair_credit_account", repaired
    assert not repaired.repaired
