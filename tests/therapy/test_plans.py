"""What a call reads stays small however many sessions there are, for connections old and new."""

import json
from uuid import uuid4

import pytest
from gusmester.calls import ask, run
from gusmester.test_plans import ENOUGH_TO_KEEP_A_PLAN, Meter

from therapy.clinic import ALWAYS

MANY = 100_000
"""Sessions, of a busy therapist and of many others; each has its two reminders."""

BUSY = "00000000-0000-4000-8000-0000000000b2"
"""A therapist with a hundredth of them."""

FREE_DAYS = 20_000
"""From so many days on nothing was filled in; tests book there."""

# No temporary table: making a session's first one throws away the plans that every connection keeps.
FILL = f"""
    INSERT INTO profiles (user_id) SELECT md5('person' || i)::uuid FROM generate_series(1, {MANY}) AS i;
    INSERT INTO practitioners (user_id) SELECT md5('person' || i)::uuid FROM generate_series(1, {MANY // 10}) AS i;
    INSERT INTO availability_rules (practitioner_id, weekday, start_time, end_time)
        SELECT md5('person' || i)::uuid, 1 + i % 7, '09:00', '17:00' FROM generate_series(1, {MANY // 10}) AS i;
    INSERT INTO availability_exceptions (practitioner_id, starts_at, ends_at, kind)
        SELECT CASE i % 10 WHEN 0 THEN '{BUSY}' ELSE md5('person' || i)::uuid END,
               now() - i * interval '2 hours', now() - (i * 2 - 1) * interval '1 hour', 'closed'
        FROM generate_series(1, {MANY // 10}) AS i;
    INSERT INTO credits (user_id, balance, total_earned, last_entry)
        SELECT md5('person' || i)::uuid, 10, 10, 1 FROM generate_series(1, {MANY}) AS i;
    INSERT INTO credit_transactions
            (user_id, entry_number, transaction_type, amount, balance_before, balance_after, created_at)
        SELECT md5('person' || i)::uuid, 1, 'bonus', 10, 0, 10, now() FROM generate_series(1, {MANY}) AS i;
    INSERT INTO client_sessions (id, client_id, therapist_id, session_date, start_time, duration_minutes, timezone,
                                 starts_at, ends_at, status, credit_cost, paid_at)
        SELECT md5('session' || i)::uuid, md5('person' || i)::uuid,
               CASE i % 100 WHEN 0 THEN '{BUSY}' ELSE md5('person' || (1 + i % {MANY // 10}))::uuid END,
               t.starts_at::date, t.starts_at::time, 60, 'UTC', t.starts_at, t.starts_at + interval '1 hour',
               CASE WHEN t.starts_at < now() THEN 'completed' ELSE 'scheduled' END, 1, now()
        FROM generate_series(1, {MANY}) AS i
        CROSS JOIN LATERAL (SELECT date_trunc('hour', now()) + (i - {MANY} / 2) * interval '2 hours') AS t (starts_at);
    INSERT INTO slot_holds (id, practitioner_id, holder_id, starts_at, ends_at, expires_at, status)
        SELECT gen_random_uuid(), CASE i % 10 WHEN 0 THEN '{BUSY}' ELSE md5('person' || i)::uuid END,
               md5('person' || (i + 1))::uuid,
               now() + i * interval '2 hours', now() + i * interval '2 hours 30 minutes',
               now() - interval '1 day', 'expired'
        FROM generate_series(1, {MANY // 10}) AS i;
    INSERT INTO notifications (id, type, user_id, session_id, due_at)
        SELECT gen_random_uuid(), r.type, md5('person' || i)::uuid, md5('session' || i)::uuid, now() + interval '1 day'
        FROM generate_series(1, {MANY}) AS i, (VALUES ('booking_reminder_24h'), ('booking_reminder_1h')) AS r (type);
    INSERT INTO idempotency_keys (caller, function_name, key, arguments_hash)
        SELECT 'service', f.name, i, ''
        FROM generate_series(1, {MANY // 5}) AS i,
             (VALUES ('create_session_with_credit_deduction'), ('cancel_session'), ('reschedule_session'),
                     ('hold_slot')) AS f (name);
    INSERT INTO audit_log (action, entity, entity_id) SELECT 'many', 'many', i FROM generate_series(1, {MANY}) AS i"""


def commands(clinic, meter):
    """Let the service run every command, on the time of the busy therapist."""
    client, key = clinic.client(10), {"p_idempotency_key": str(uuid4())}
    connection = clinic.connection

    def measure(function, **arguments):
        return meter.measure(function, lambda: run(connection, function, **arguments))

    day = clinic.day(FREE_DAYS + next(days))
    about = {"p_user_id": client, "p_therapist_id": BUSY, "p_session_date": day, "p_session_time": "10:00"}
    session = measure("create_session_with_credit_deduction", **about, **key)["session_id"]
    measure("reschedule_session", p_session_id=session, p_session_date=day, p_start_time="12:00", **key)
    measure("update_session_notes", p_session_id=session, p_notes="Knee")
    measure("attach_session_room", p_session_id=session, p_room_url="https://rooms.example/a")
    measure("confirm_session", p_session_id=session)
    measure("start_session", p_session_id=session)
    measure("enqueue_notification", p_type="booking_reminder_1h", p_user_id=client, p_session_id=session)
    measure("cancel_session", p_session_id=session, **key)
    for close in ("complete_session", "mark_session_no_show"):
        past = clinic.session(client, clinic.practitioner(), f"{clinic.instant('-5 hours')}+00")
        measure(close, p_session_id=past)
    at = f"{day} 15:00Z"
    slot = {"p_practitioner_id": BUSY, "p_starts_at": at, "p_duration_minutes": 60, "p_holder_id": client}
    measure("release_slot_hold", p_hold_id=measure("hold_slot", **slot, **key)["hold_id"])
    off = {"p_starts_at": at, "p_ends_at": f"{day} 18:00Z", "p_practitioner_id": BUSY}
    measure(
        "remove_availability_exception", p_exception_id=measure("add_availability_exception", **off)["exception_id"]
    )
    rules = [{"weekday": n, "start_time": "00:00", "end_time": "24:00"} for n in range(1, 8)]
    measure("set_weekly_availability", p_rules=json.dumps(rules), p_practitioner_id=BUSY)


def queries(clinic, meter):
    """Ask every query about the busy therapist."""
    day = clinic.day(3)
    about = {"p_therapist_id": BUSY, "p_session_date": day, "p_start_time": "10:00", "p_end_time": "11:00"}
    meter.measure("check_booking_conflict", lambda: ask(clinic.connection, "check_booking_conflict", **about))
    month = {"p_from": clinic.at(0), "p_to": clinic.at(0, days=33), "p_duration_minutes": 60}
    meter.measure("get_available_slots", lambda: clinic.slots(BUSY, *month.values()))


def direct_sql(clinic, meter):
    """Write sessions by hand, as their owner."""
    client, other = clinic.client(), clinic.practitioner()
    start = f"{clinic.day(FREE_DAYS + next(days))} 10:00Z"
    session = meter.measure("insert", lambda: clinic.session(client, other, start))
    for name, change in {
        "move": "starts_at = starts_at + interval '2 hours'",
        "cancel": "status = 'cancelled'",
        "take up again": "status = 'scheduled'",
    }.items():
        statement = f"UPDATE client_sessions SET {change} WHERE id = %s"
        meter.measure(name, lambda st=statement: clinic.connection.execute(st, [session], prepare=False))


def a_users_evening(clinic, meter):
    """Let the busy therapist look at their week and book somebody."""
    therapist = clinic.therapist()
    day = clinic.day(FREE_DAYS + next(days))
    month = {"p_from": f"{day} 00:00Z", "p_to": f"{day} 23:00Z"}
    meter.measure("my_sessions", lambda: ask(meter.connection, "my_sessions", **month))
    about = {"p_user_id": BUSY, "p_therapist_id": therapist, "p_session_date": day, "p_session_time": "10:00"}
    booked = meter.measure("book", lambda: run(meter.connection, "create_session_with_credit_deduction", **about))
    meter.measure("cancel", lambda: run(meter.connection, "cancel_session", p_session_id=booked["session_id"]))
    for table in ("practitioners", "availability_rules"):
        meter.measure(table, lambda t=table: meter.connection.execute(f"SELECT * FROM {t}", prepare=False))


EVERYTHING = (commands, queries, direct_sql)

BLOCKS_OF_AN_OVERLAP = 200
"""Blocks of an exclusion constraint's index that one call may read: several branches of it lead to one therapist."""

CHECKED_OUTSIDE_FUNCTIONS = {("insert", "profiles"), ("insert", "practitioners")}
"""Foreign keys checked by a direct INSERT: no function's setting reaches their plans, an ANALYZE does."""

days = iter(range(1000))


def too_much(meter, ignored=frozenset()):
    """Return what was read beyond measure."""
    return {
        read: much
        for read, much in meter.much.items()
        if read not in ignored and not (read[1].startswith("sessions_no_overlap") and much <= BLOCKS_OF_AN_OVERLAP)
    }


@pytest.fixture(autouse=True)
def every_invariant_holds():
    """Not here: rows that were filled in with triggers off need not agree."""


@pytest.fixture(autouse=True)
def busy(clinic):
    """A therapist who will have many sessions."""
    clinic.person(1000, user_id=BUSY)
    clinic.insert("practitioners", {"user_id": BUSY})
    clinic.works(BUSY, ALWAYS)


class TestANewConnection:
    @pytest.fixture(autouse=True)
    def many_rows(self, superuser, busy):
        """The clinic after some years, its statistics up to date."""
        superuser.execute(FILL)
        superuser.execute("ANALYZE")

    def test_of_the_service_reads_few_rows_of_many(self, clinic):
        meter = Meter(clinic.connection)
        for work in EVERYTHING:
            work(clinic, meter)
        assert too_much(meter) == {}

    def test_of_a_user_reads_few_rows_of_many(self, clinic, as_user):
        meter = Meter(as_user(BUSY))
        a_users_evening(clinic, meter)
        assert too_much(meter) == {}


class TestAConnectionAsOldAsTheEmptyDatabase:
    """Plans are kept per connection: one made while a table was empty must do when it is full."""

    def test_of_the_service_reads_few_rows_of_many(self, clinic, superuser):
        superuser.execute("VACUUM")
        for _ in range(ENOUGH_TO_KEEP_A_PLAN):
            for work in reversed(EVERYTHING):
                work(clinic, Meter(clinic.connection))
        superuser.execute(FILL)
        meter = Meter(clinic.connection)
        for work in EVERYTHING:
            work(clinic, meter)
        assert too_much(meter, CHECKED_OUTSIDE_FUNCTIONS) == {}

    def test_of_a_user_reads_few_rows_of_many(self, clinic, as_user, superuser):
        superuser.execute("VACUUM")
        connection = as_user(BUSY)
        for _ in range(ENOUGH_TO_KEEP_A_PLAN):
            a_users_evening(clinic, Meter(connection))
        superuser.execute(FILL)
        meter = Meter(connection)
        a_users_evening(clinic, meter)
        assert too_much(meter) == {}
