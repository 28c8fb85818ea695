"""run_maintenance(): housekeeping that nobody waits for, by as many callers as there are."""

import pytest
from gusmester.calls import run
from gusmester.snapshot import nothing_written
from psycopg import errors
from support.race import race
from support.refusals import refused


def maintain(clinic, **more):
    """Run it and return what was done."""
    return run(clinic.connection, "run_maintenance", **more)["done"]


class TestHolds:
    def test_that_have_expired_are_marked(self, clinic):
        therapist = clinic.therapist()
        holds = [clinic.hold(therapist, clinic.at(hour), p_holder_id=clinic.person()) for hour in (9, 10, 11)]
        for hold in holds[:2]:
            clinic.expire(hold)
        assert maintain(clinic)["holds_expired"] == 2
        assert [clinic.hold_status(hold) for hold in holds] == ["expired", "expired", "live"]
        assert maintain(clinic)["holds_expired"] == 0

    def test_are_marked_so_many_at_a_time(self, clinic):
        for _ in range(3):
            clinic.expire(clinic.hold(clinic.therapist(), clinic.at(10), p_holder_id=clinic.person()))
        assert [maintain(clinic, p_limit=2)["holds_expired"] for _ in range(3)] == [2, 1, 0]


class TestSessions:
    @pytest.fixture
    def over(self, clinic):
        """Three sessions that ended an hour ago, and one that goes on."""
        sessions = [clinic.booked() for _ in range(4)]
        for session in sessions[:3]:
            clinic.pass_time(session, "-2 hours")
        clinic.pass_time(sessions[3], "-59 minutes")
        return sessions

    def test_are_left_alone_unless_it_is_said_when(self, clinic, over):
        assert maintain(clinic)["sessions_completed"] == 0

    def test_are_completed_so_long_after_their_end(self, clinic, over):
        clinic.connection.execute("UPDATE settings SET complete_sessions_after = '30 minutes'")
        assert maintain(clinic)["sessions_completed"] == 3
        assert [clinic.status(session) for session in over] == ["completed"] * 3 + ["scheduled"]
        assert {row["entity_id"] for row in clinic.audits("complete_session")} == set(over[:3])

    def test_are_completed_at_exactly_that_moment(self, clinic):
        clinic.connection.execute("UPDATE settings SET complete_sessions_after = '0'")
        session = clinic.booked()
        with clinic.connection.transaction():
            clinic.pass_time(session, "-59 minutes -59.999999 seconds")
            assert maintain(clinic)["sessions_completed"] == 0
            clinic.pass_time(session, "-1 hour")
            assert maintain(clinic)["sessions_completed"] == 1

    @pytest.mark.parametrize("status", ["completed", "cancelled", "no_show"])
    def test_that_are_closed_stay_as_they_are(self, clinic, over, status):
        clinic.connection.execute("UPDATE settings SET complete_sessions_after = '0'")
        for session in over:
            clinic.set_status(session, status)
        assert maintain(clinic)["sessions_completed"] == 0

    def test_that_somebody_is_cancelling_are_left_to_them(self, clinic, connect, over):
        clinic.connection.execute("UPDATE settings SET complete_sessions_after = '0'")
        busy = connect()
        busy.execute("BEGIN")
        run(busy, "cancel_session", p_session_id=over[0])
        clinic.connection.execute("SET lock_timeout = '50ms'")
        assert maintain(clinic)["sessions_completed"] == 2
        busy.execute("COMMIT")
        assert clinic.status(over[0]) == "cancelled"


def test_keys_are_forgotten_after_thirty_days(clinic):
    clinic.booked(p_idempotency_key="old")
    clinic.connection.execute("UPDATE idempotency_keys SET created_at = now() - interval '30 days 1 second'")
    clinic.booked(p_idempotency_key="new")
    assert maintain(clinic)["idempotency_keys_forgotten"] == 1
    assert clinic.rows("SELECT key FROM idempotency_keys") == [("new",)]


def test_old_notifications_are_forgotten_and_waiting_ones_are_not(clinic):
    session = clinic.booked()
    clinic.connection.execute("UPDATE notifications SET due_at = now() - interval '91 days' WHERE type !~ 'reminder'")
    clinic.connection.execute("UPDATE notifications SET status = 'sent' WHERE type = 'booking_confirmation'")
    assert maintain(clinic)["notifications_forgotten"] == 2
    assert {kind for kind, _ in clinic.told(session)} == {
        "booking_reminder_1h",
        "booking_reminder_24h",
        "create_video_room",
    }


def test_several_callers_share_the_work(clinic, connect):
    clinic.connection.execute("UPDATE settings SET complete_sessions_after = '0'")
    for _ in range(20):
        clinic.expire(clinic.hold(clinic.therapist(), clinic.at(10), p_holder_id=clinic.person()))
        clinic.session(clinic.person(), clinic.practitioner(), f"{clinic.instant('-3 hours')}+00")
    clinic.connection.execute(
        "INSERT INTO idempotency_keys (caller, function_name, key, arguments_hash, created_at)"
        " SELECT 'service', 'book', i::text, '', '2020-01-01Z' FROM generate_series(1, 20) AS i"
    )
    outcomes = race(8, lambda _: connect(), lambda c, _: run(c, "run_maintenance", p_limit=5)["done"])
    rest = maintain(clinic)
    for task in ("holds_expired", "sessions_completed", "idempotency_keys_forgotten"):
        assert sum(done[task] for done in [*outcomes, rest]) == 20
    assert len(clinic.audits("complete_session")) == 20


def test_it_is_the_services(clinic, as_service, clinic_as):
    assert run(as_service(), "run_maintenance")["success"] is True
    user = clinic_as(clinic.person())
    with nothing_written(clinic.connection), pytest.raises(errors.InsufficientPrivilege):
        run(user.connection, "run_maintenance")


@pytest.mark.parametrize("limit", [None, 0, -1, 1001])
def test_its_limit_is_1_to_1000(clinic, limit):
    with nothing_written(clinic.connection), refused("invalid_input", parameter="p_limit"):
        maintain(clinic, p_limit=limit)
