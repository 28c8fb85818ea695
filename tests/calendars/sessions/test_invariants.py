"""I5 and I11, each broken by somebody who gets past every trigger and constraint: verify_invariants() tells."""

import pytest


@pytest.fixture(autouse=True)
def every_invariant_holds():
    """Not here: they are broken on purpose."""


@pytest.fixture
def broken(clinic):
    """What verify_invariants() finds: invariant and entity id."""
    return lambda: [(row["invariant"], row["entity_id"]) for row in clinic.broken_invariants()]


class TestI5:
    @pytest.fixture(autouse=True)
    def no_constraints(self, clinic):
        """The constraints and the trigger are gone."""
        clinic.connection.execute("ALTER TABLE client_sessions DISABLE TRIGGER sessions_nobody_in_two_places")
        for role in ("client", "therapist"):
            clinic.connection.execute(f"ALTER TABLE client_sessions DROP CONSTRAINT sessions_no_overlap_per_{role}")

    @pytest.mark.parametrize("roles", [("client", "client"), ("therapist", "therapist"), ("client", "therapist")])
    def test_tells_of_somebody_in_two_places(self, clinic, broken, roles):
        anna = clinic.practitioner()
        for role, hour in zip(roles, (10, 10.5), strict=True):
            other = clinic.practitioner()
            pair = (anna, other) if role == "client" else (other, anna)
            clinic.session(*pair, clinic.at(hour))
        assert broken() == [("I5", anna)]

    def test_tells_of_both_who_are_twice_together(self, clinic, broken):
        anna, bert = clinic.practitioner(), clinic.practitioner()
        clinic.session(anna, bert, clinic.at(10))
        clinic.session(bert, anna, clinic.at(10))
        assert sorted(broken()) == sorted([("I5", anna), ("I5", bert)])

    def test_sees_a_short_session_within_a_long_one_behind_another(self, clinic, broken):
        bert = clinic.practitioner()
        for hour, minutes in ((10, 180), (10.25, 15), (12, 15)):
            clinic.session(clinic.person(), bert, clinic.at(hour), minutes)
        assert broken() == [("I5", bert), ("I5", bert)]

    def test_looks_at_the_past_too(self, clinic, broken):
        bert = clinic.practitioner()
        for _ in range(2):
            clinic.session(clinic.person(), bert, clinic.at(10, days=-30))
        assert broken() == [("I5", bert)]

    @pytest.mark.parametrize("status", ["cancelled", "completed", "no_show"])
    def test_has_nothing_against_what_is_over(self, clinic, broken, status):
        bert = clinic.practitioner()
        clinic.session(clinic.person(), bert, clinic.at(10))
        clinic.session(clinic.person(), bert, clinic.at(10), status=status)
        assert broken() == []

    def test_has_nothing_against_hours_that_touch(self, clinic, broken):
        bert = clinic.practitioner()
        for hour in (10, 11, 12):
            clinic.session(clinic.person(), bert, clinic.at(hour))
        assert broken() == []


class TestI11:
    @pytest.fixture
    def session(self, clinic):
        """A session with two reminders."""
        session = clinic.booked(after="5 days")
        assert clinic.broken_invariants() == []
        return session

    @pytest.mark.parametrize("kind", ["booking_reminder_24h", "booking_reminder_1h"])
    @pytest.mark.parametrize(
        "damage",
        [
            "DELETE FROM notifications WHERE type = %s",
            "UPDATE notifications SET status = 'withdrawn' WHERE type = %s",
            "UPDATE notifications SET due_at = due_at + interval '1 second' WHERE type = %s",
        ],
    )
    def test_tells_of_a_missing_reminder(self, clinic, broken, session, damage, kind):
        clinic.connection.execute(damage, [kind])
        assert broken() == [("I11", session)]
        assert clinic.broken_invariants()[0]["details"]["missing"] == kind

    def test_tells_of_a_reminder_for_the_old_time(self, clinic, broken, session):
        clinic.connection.execute("ALTER TABLE client_sessions DISABLE TRIGGER sessions_keep_reminders")
        clinic.move_to(session, "6 days")
        assert broken() == [("I11", session)] * 2

    def test_tells_of_an_unsent_reminder_of_a_cancelled_session(self, clinic, broken, session):
        clinic.connection.execute("ALTER TABLE client_sessions DISABLE TRIGGER sessions_keep_reminders")
        clinic.cancel(session)
        assert broken() == [("I11", session)] * 2

    @pytest.mark.parametrize(
        "repair",
        [
            "UPDATE notifications SET status = 'sent'",
            "UPDATE notifications SET due_at = due_at + interval '1 hour', attempts = 1",
            "UPDATE notifications SET status = 'dead', attempts = 10, last_error = '550'",
            "UPDATE client_sessions SET status = 'completed'",
        ],
    )
    def test_has_nothing_against_what_happens(self, clinic, broken, session, repair):
        clinic.connection.execute(repair)
        assert broken() == []

    def test_has_nothing_against_failures_on_record(self, clinic, broken, session):
        clinic.connection.execute("DELETE FROM notifications")
        clinic.connection.execute(
            "INSERT INTO notification_failures (type, session_id, sqlstate, error)"
            " SELECT 'booking_reminder_' || h, %s, 'XX001', '' FROM unnest(ARRAY['24h', '1h']) AS h",
            [session],
        )
        assert broken() == []

    def test_has_nothing_against_a_session_that_was_booked_late(self, clinic, broken):
        clinic.booked(after="30 minutes")
        clinic.booked(after="5 hours")
        assert broken() == []
