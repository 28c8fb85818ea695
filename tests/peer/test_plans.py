"""What a call of the exchange reads stays small however much there is, for connections old and new."""

import json
from uuid import uuid4

import pytest
from gusmester.calls import ask, run
from gusmester.test_plans import Meter

from peer.exchange import in_days

MANY = 100_000
"""Sessions, most of them over; every fiftieth is to come. As many entries, twice, and as many accounts."""

ENOUGH_TO_KEEP_A_PLAN = 7

BUSY = ("00000000-0000-4000-8000-0000000000b1", "00000000-0000-4000-8000-0000000000b2")
"""Two who have treated each other often."""

# No temporary table: making a session's first one throws away the plans that every connection keeps.
FILL = f"""
    INSERT INTO profiles (user_id, full_name)
        SELECT md5('person' || i)::uuid, 'Many' FROM generate_series(1, {MANY}) AS i;
    INSERT INTO practitioners (user_id, accepts_peer_bookings)
        SELECT md5('person' || i)::uuid, false FROM generate_series(1, {MANY}) AS i;
    INSERT INTO credit_rates SELECT md5('person' || i)::uuid, 60, 60 FROM generate_series(1, {MANY}) AS i;
    INSERT INTO availability_rules (practitioner_id, weekday, start_time, end_time)
        SELECT md5('person' || i)::uuid, 1, '09:00', '17:00' FROM generate_series(1, {MANY}) AS i;
    INSERT INTO availability_exceptions (practitioner_id, starts_at, ends_at, kind)
        SELECT md5('person' || i)::uuid, '2026-01-01Z', '2026-01-02Z', 'closed' FROM generate_series(1, {MANY}) AS i;
    INSERT INTO slot_holds (id, practitioner_id, holder_id, starts_at, ends_at, expires_at, status)
        SELECT md5('hold' || i)::uuid, md5('person' || i)::uuid, md5('person' || i + 1)::uuid,
               '2026-01-01Z', '2026-01-02Z', '2026-01-01Z', 'expired'
        FROM generate_series(1, {MANY}) AS i;
    INSERT INTO credits (user_id, balance, total_earned, last_entry)
        SELECT md5('person' || i)::uuid, 60, 120, 3 FROM generate_series(1, {MANY}) AS i;
    INSERT INTO client_sessions (id, client_id, therapist_id, starts_at, ends_at, session_date, start_time, timezone,
            duration_minutes, status, is_peer_booking, credit_cost, paid_at, created_at)
        SELECT md5('session' || i)::uuid,
               CASE WHEN i % 50 = 1 THEN '{BUSY[0]}' ELSE md5('person' || i)::uuid END,
               CASE WHEN i % 50 = 1 THEN '{BUSY[1]}' ELSE md5('person' || i + 1)::uuid END,
               t.at, t.at + interval '1 hour', t.at::date, t.at::time, 'UTC', 60,
               CASE i % 50 WHEN 0 THEN 'scheduled' ELSE 'completed' END, true, 60, t.at, t.at
        FROM generate_series(1, {MANY}) AS i,
             LATERAL (SELECT now() + (i - {MANY} + 5) * interval '2 hours') AS t (at);
    INSERT INTO credit_transactions
            (user_id, entry_number, transaction_type, amount, balance_before, balance_after,
             session_id, transfer_id, created_at)
        SELECT l.user_id, l.number, l.type, l.amount, l.before, l.before + l.amount, s.id, s.id, s.created_at
        FROM client_sessions s,
             LATERAL (VALUES (s.client_id, 2, 'session_payment', -60, 60),
                             (s.therapist_id, 3, 'session_earning', 60, 0))
             AS l (user_id, number, type, amount, before)
        WHERE s.client_id <> ALL ('{{{BUSY[0]},{BUSY[1]}}}');
    INSERT INTO notifications (id, type, user_id, session_id, due_at, status)
        SELECT md5('notification' || i)::uuid, 'booking_reminder_1h', md5('person' || i)::uuid,
               md5('session' || i)::uuid, now(), 'sent'
        FROM generate_series(1, {MANY}) AS i;
    INSERT INTO idempotency_keys (caller, function_name, key, arguments_hash)
        SELECT 'service', f.name, i, ''
        FROM generate_series(1, {MANY // 5}) AS i,
             (VALUES ('create_peer_booking'), ('process_peer_booking_credits'), ('process_peer_booking_refund'),
                     ('cancel_session'), ('reschedule_session')) AS f (name);
    INSERT INTO audit_log (action, entity, entity_id)
        SELECT 'many', 'many', i FROM generate_series(1, {MANY}) AS i"""


@pytest.fixture(autouse=True)
def every_invariant_holds():
    """Not here: rows that were filled in with triggers off need not agree."""


@pytest.fixture(autouse=True)
def busy(exchange):
    """The two who have many sessions, both with credits."""
    for person in BUSY:
        exchange.person(100_000, user_id=person)
        exchange.insert("practitioners", {"user_id": person})
        exchange.works(person, "00:00-24:00")


def commands(exchange, meter):
    """Let the service run every command, for the two who have many sessions."""
    one, other = BUSY
    sessions = []
    for n in range(3):
        arguments = {
            "p_client_id": one,
            "p_practitioner_id": other,
            "p_session_date": in_days(400 + meter.days),
            "p_start_time": f"{8 + 2 * n:02}:00",
            "p_duration_minutes": 60,
            "p_session_type": "video",
            "p_idempotency_key": str(uuid4()),
        }
        booked = meter.measure(
            "create_peer_booking", lambda a=arguments: run(exchange.connection, "create_peer_booking", **a)
        )
        sessions.append(booked["session_id"])
    key = {"p_idempotency_key": str(uuid4())}
    unpaid = exchange.unpaid(one, other, starts_at=f"{in_days(400 + meter.days)} 18:00Z")
    orphan = exchange.unpaid(other, one, starts_at=f"{in_days(400 + meter.days)} 20:00Z")
    exchange.ages(orphan, "1 hour")
    for name, call in {
        "cleanup_orphaned_sessions": exchange.cleans,
        "process_peer_booking_credits": lambda: exchange.pays(unpaid, one, other, **key),
        "process_peer_booking_credits again": lambda: exchange.pays(unpaid, one, other),
        "process_peer_booking_refund": lambda: exchange.refunds(sessions[0], **key),
        "cancel_session": lambda: exchange.cancels(sessions[1], **key),
        "reschedule_session": lambda: exchange.moves(sessions[2], day=in_days(401 + meter.days), **key),
        "get_practitioner_credit_cost": lambda: exchange.value("SELECT get_practitioner_credit_cost(%s, 60)", [one]),
    }.items():
        meter.measure(name, call)
    meter.days += 2


def an_evening_of_a_user(meter, booked):
    """Let a party look at their sessions and cancel one."""
    meter.measure("my_sessions", lambda: ask(meter.connection, "my_sessions"))
    meter.measure("cancel_session", lambda: run(meter.connection, "cancel_session", p_session_id=booked))


class DatedMeter(Meter):
    """A meter that knows which days are still free."""

    days = 0

    def blocks_of(self, table, call):
        """Call and return how many blocks of which indexes of a table that reads."""
        self._rows_read()  # brings the statistics up to date
        before = self._blocks_read()
        call()
        self._rows_read()
        read = self._blocks_read() - before
        return {index: blocks for (of, index), blocks in read.items() if of == table}


class TestANewConnection:
    @pytest.fixture(autouse=True)
    def many_rows(self, superuser, busy):
        """The exchange after some years, its statistics up to date."""
        superuser.execute(FILL)
        superuser.execute("ANALYZE")

    def test_of_the_service_reads_few_rows_of_many(self, exchange):
        meter = DatedMeter(exchange.connection)
        commands(exchange, meter)
        assert meter.much == {}

    def test_of_a_user_reads_few_rows_of_many(self, exchange, as_user):
        booked = exchange.books(*BUSY)["session_id"]
        meter = DatedMeter(as_user(BUSY[0]))
        an_evening_of_a_user(meter, booked)
        assert meter.much == {}

    def test_cleans_by_the_partial_index(self, exchange):
        (plan,) = exchange.rows(
            "EXPLAIN (FORMAT JSON) SELECT * FROM client_sessions s"
            " WHERE s.is_peer_booking AND s.paid_at IS NULL AND s.status IN ('scheduled', 'confirmed', 'in_progress')"
            " AND s.created_at < now() - interval '15 minutes' ORDER BY s.created_at FOR NO KEY UPDATE SKIP LOCKED"
        )[0]
        assert "client_sessions_unpaid_peer" in json.dumps(plan)

    def test_cleans_without_looking_at_sessions_that_are_paid(self, exchange):
        assert exchange.cleans() == []  # a first plan looks at the first page of every index
        read = DatedMeter(exchange.connection).blocks_of("client_sessions", exchange.cleans)
        assert read.keys() <= {"client_sessions_unpaid_peer"}
        assert sum(read.values()) < 10


class TestAConnectionAsOldAsTheEmptyDatabase:
    """Plans are kept per connection: one made while a table was empty must do when it is full."""

    def test_of_the_service_reads_few_rows_of_many(self, exchange, superuser):
        superuser.execute("VACUUM")
        old = DatedMeter(exchange.connection)
        for _ in range(ENOUGH_TO_KEEP_A_PLAN):
            commands(exchange, old)
        superuser.execute(FILL)
        meter = DatedMeter(exchange.connection)
        meter.days = old.days
        commands(exchange, meter)
        assert meter.much == {}

    def test_of_a_user_reads_few_rows_of_many(self, exchange, as_user, superuser):
        superuser.execute("VACUUM")
        connection = as_user(BUSY[0])
        for n in range(ENOUGH_TO_KEEP_A_PLAN):
            an_evening_of_a_user(DatedMeter(connection), exchange.books(*BUSY, day=in_days(300 + n))["session_id"])
        superuser.execute(FILL)
        meter = DatedMeter(connection)
        an_evening_of_a_user(meter, exchange.books(*BUSY, day=in_days(350))["session_id"])
        assert meter.much == {}
