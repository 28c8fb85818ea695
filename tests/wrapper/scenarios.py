"""Every function of a module in a story; what each call returned is looked at by the test."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, time, timedelta
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
    unusual = await service.credit_patterns(began, to=datetime.now(UTC) + timedelta(minutes=1))
    yield "credit_patterns", unusual
    assert [(row.pattern, row.user_id, row.value) for row in unusual] == [("allocation_without_payment", ada, 10)]
    repaired = await service.repair_credit_account(ada, "Nothing to do")
    yield "repair_credit_account", repaired
    assert not repaired.repaired


async def calendar(service: Any, acting: Acting, enrol: Callable[[str], UUID]) -> AsyncIterator[Returned]:
    """Two practitioners set their hours, are booked for credits, and treat each other."""
    ada, ben = enrol("Ada"), enrol("Ben")
    day = (datetime.now(UTC) + timedelta(days=5)).date()
    from_, to = datetime.combine(day, time(), UTC), datetime.combine(day, time(23), UTC)
    for practitioner in (ada, ben):
        hours = await acting(practitioner).set_weekly_availability(
            [{"weekday": weekday, "start_time": "08:00", "end_time": "20:00"} for weekday in range(1, 8)]
        )
        assert hours.rules == 7
        await service.update_credit_balance(practitioner, 100, "bonus")
    yield "set_weekly_availability", hours
    found = await acting(ada).find_practitioners("ben")
    yield "find_practitioners", found
    assert [(row.practitioner_id, row.full_name) for row in found] == [(ben, "Ben")]
    closed = await acting(ben).add_availability_exception(from_ + timedelta(hours=8), from_ + timedelta(hours=9))
    yield "add_availability_exception", closed
    slots = await acting(ada).get_available_slots(ben, from_, to, 60, 60)
    yield "get_available_slots", slots
    assert [slot.start_time.hour for slot in slots] == list(range(9, 20))
    opened = await acting(ben).remove_availability_exception(closed.exception_id)
    yield "remove_availability_exception", opened

    held = await acting(ada).hold_slot(ben, slots[0].starts_at, 60)
    yield "hold_slot", held
    released = await acting(ada).release_slot_hold(held.hold_id)
    yield "release_slot_hold", released
    booked = await acting(ada).create_session_with_credit_deduction(ada, ben, day, time(10))
    yield "create_session_with_credit_deduction", booked
    assert (booked.starts_at.hour, booked.client_balance_after) == (10, 99)
    taken = await service.check_booking_conflict(ben, day, time(10, 30), time(11))
    yield "check_booking_conflict", taken
    assert taken is True
    moved = await acting(ada).reschedule_session(booked.session_id, day, time(12))
    yield "reschedule_session", moved
    assert moved.starts_at == booked.starts_at + timedelta(hours=2)
    room = await service.attach_session_room(booked.session_id, "https://rooms.example/1")
    yield "attach_session_room", room
    noted = await acting(ben).update_session_notes(booked.session_id, "Bring towels")
    yield "update_session_notes", noted
    confirmed = await acting(ben).confirm_session(booked.session_id)
    yield "confirm_session", confirmed
    sessions = await acting(ada).my_sessions()
    yield "my_sessions", sessions
    assert [(row.role, row.status, row.notes) for row in sessions] == [("client", "confirmed", "Bring towels")]
    started = await acting(ben).start_session(booked.session_id)
    yield "start_session", started
    cancelled = await acting(ben).cancel_session(booked.session_id, "Ill")
    yield "cancel_session", cancelled
    assert cancelled.refunded_credits == 1

    cost = await acting(ada).get_practitioner_credit_cost(ben, 60)
    yield "get_practitioner_credit_cost", cost
    peers = await acting(ada).peer_practitioners()
    yield "peer_practitioners", peers
    assert [(row.full_name, row.credit_cost) for row in peers] == [("Ben", cost)] == [("Ben", 60)]
    treated = await acting(ada).create_peer_booking(ada, ben, day, time(14), 60, "Massage")
    yield "create_peer_booking", treated
    assert (treated.client_balance_after, treated.practitioner_balance_after) == (40, 160)
    refunded = await acting(ben).process_peer_booking_refund(treated.session_id, "Ill")
    yield "process_peer_booking_refund", refunded
    assert (refunded.client_new_balance, refunded.practitioner_new_balance) == (100, 100)
    yield "cleanup_orphaned_sessions", await service.cleanup_orphaned_sessions()


async def past_sessions(service: Any, meet: Callable[..., tuple[UUID, UUID, UUID]]) -> AsyncIterator[Returned]:
    """Sessions that took place, did not, and were made without payment."""
    completed = await service.complete_session(meet()[0])
    yield "complete_session", completed
    absent = await service.mark_session_no_show(meet()[0])
    yield "mark_session_no_show", absent
    session, client, practitioner = meet(is_peer_booking=True)
    await service.update_credit_balance(client, 60, "bonus")
    paid = await service.process_peer_booking_credits(client, practitioner, session, 60)
    yield "process_peer_booking_credits", paid
    assert (paid.credit_cost, paid.client_balance_after) == (60, 0)


async def classes(
    service: Any, acting: Acting, enrol: Callable[[str], UUID], found: Callable[[UUID], tuple[UUID, UUID]]
) -> AsyncIterator[Returned]:
    """A studio is set up, booked by members, by the widget and from the waitlist, and changes its mind."""
    ada, ben, cleo = enrol("Ada"), enrol("Ben"), enrol("Cleo")
    studio, ada_as_client = found(ada)
    role = await service.set_organization_role(studio, ben, "owner")
    yield "set_organization_role", role
    assert (role.user_id, role.role) == (ben, "owner")
    owner, client = acting(ben), acting(ada)
    await owner.set_organization_role(studio, cleo, "staff")
    removed = await owner.remove_organization_member(studio, cleo)
    yield "remove_organization_member", removed

    starts_at = datetime.now(UTC) + timedelta(days=3)
    steam = await owner.create_class_session(studio, "Hot yoga", starts_at, 60, 2, instructor_name="Inga")
    yield "create_class_session", steam
    assert steam.starts_at == starts_at
    weekly = await owner.create_class_series(
        studio, "Yin", starts_at.date(), time(18, 30), 3, 60, 1, is_free=True, booking_cutoff=timedelta(hours=1)
    )
    yield "create_class_series", weekly
    first, second, third = weekly.class_session_ids
    upcoming = await service.upcoming_classes(studio, datetime.now(UTC), starts_at + timedelta(days=30))
    yield "upcoming_classes", upcoming
    assert {row.class_session_id for row in upcoming} == {steam.class_session_id, first, second, third}

    membership = await owner.create_membership(studio, ada_as_client, "client", "Four", class_limit=4)
    yield "create_membership", membership
    lead = await owner.save_lead(studio, "Leo", "leo@x.example", "5550199")
    yield "save_lead", lead
    package = await owner.create_package(studio, lead.lead_id, "lead", "Ten", 10)
    yield "create_package", package
    more = await owner.update_package(package.package_id, 12)
    yield "update_package", more
    assert (more.classes_total, more.classes_used, more.expires_at) == (12, 0, None)
    ways = await client.get_customer_payment_methods(ada_as_client, studio)
    yield "get_customer_payment_methods", ways
    assert [(way.id, way.type, way.remaining, way.is_available) for way in ways] == [
        (membership.membership_id, "membership", 4, True)
    ]

    booked = await client.create_class_booking(studio, steam.class_session_id, ada_as_client, "client")
    yield "create_class_booking", booked
    assert (booked.payment_method, booked.payment_status, booked.spots_left) == ("membership", "paid", 1)
    public = await service.create_public_booking(studio, steam.class_session_id, "Walter", "walter@x.example")
    yield "create_public_booking", public
    assert public.payment_status == "pending"
    line = await owner.join_class_waitlist(studio, steam.class_session_id, lead.lead_id, "lead")
    yield "join_class_waitlist", line
    assert line.position == 1
    left = await owner.leave_class_waitlist(line.waitlist_id)
    yield "leave_class_waitlist", left
    await owner.join_class_waitlist(studio, steam.class_session_id, lead.lead_id, "lead")
    cancelled = await client.cancel_class_booking(booked.booking_id, "Bad knee")
    yield "cancel_class_booking", cancelled
    assert cancelled.usage_returned
    assert cancelled.promoted_booking_id is not None
    roster = await owner.class_roster(steam.class_session_id)
    yield "class_roster", roster
    assert [(row.name, row.payment_method, row.source) for row in roster] == [
        ("Leo", "package", "waitlist"),
        ("Walter", None, "widget"),
    ]

    client_of_lead = await owner.convert_lead_to_client(lead.lead_id)
    yield "convert_lead_to_client", client_of_lead
    saved = await owner.save_client(studio, "Leonard", "leo@x.example")
    yield "save_client", saved
    assert saved.client_id == client_of_lead.client_id
    paid = await owner.set_booking_payment_status(roster[1].booking_id, "paid")
    yield "set_booking_payment_status", paid
    assert paid.payment_status == "paid"
    present = await owner.check_in_booking(roster[0].booking_id)
    yield "check_in_booking", present
    absent = await owner.mark_booking_no_show(roster[1].booking_id)
    yield "mark_booking_no_show", absent
    assert (present.booking_status, absent.booking_status) == ("attended", "no_show")
    ended = await owner.end_membership(membership.membership_id)
    yield "end_membership", ended
    assert (ended.status, ended.ends_on) == ("cancelled", None)

    free = await client.create_class_booking(studio, first, ada_as_client, "client")
    kept = await client.cancel_class_booking(free.booking_id)
    assert (free.payment_method, kept.promoted_booking_id) == ("free", None)
    await client.create_class_booking(studio, second, ada_as_client, "client")
    off = await owner.cancel_class_session(second, "Ill")
    yield "cancel_class_session", off
    assert (off.bookings_cancelled, off.uses_returned) == (1, 0)


async def notifications(
    service: Any, enrol: Callable[[str], UUID], bury: Callable[[UUID], None]
) -> AsyncIterator[Returned]:
    """What is queued, sent, failed and tried again."""
    queued = await service.enqueue_notification("hello", enrol("Ada"), payload={"from": "Ben"})
    yield "enqueue_notification", queued
    claimed = await service.claim_notifications("worker", 1000)
    yield "claim_notifications", claimed
    row = next(row for row in claimed if row.notification_id == queued.notification_id)
    assert (row.type, row.payload, row.attempts) == ("hello", {"from": "Ben"}, 1)
    sent = await service.complete_notification(queued.notification_id, "worker")
    yield "complete_notification", sent
    another = await service.enqueue_notification("hello", row.user_id)
    await service.claim_notifications("worker", 1)
    failed = await service.fail_notification(another.notification_id, "worker", "No such mailbox")
    yield "fail_notification", failed
    assert failed.status == "pending"
    bury(another.notification_id)
    again = await service.requeue_notification(another.notification_id)
    yield "requeue_notification", again
    kept = await service.run_maintenance()
    yield "run_maintenance", kept
    assert set(kept.done) >= {"notifications_forgotten", "notifications_archived", "idempotency_keys_forgotten"}
