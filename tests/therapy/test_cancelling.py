"""cancel_session(): who cancels what until when, and what comes back."""

import pytest
from calendars.practice import UNKNOWN


@pytest.fixture
def people(clinic):
    """A client with ten credits and a therapist."""
    return clinic.client(10), clinic.therapist()


class TestTheClient:
    def test_in_time_gets_the_credit_back(self, clinic, clinic_as, people):
        client, therapist = people
        session = clinic.booked(client, therapist, "25 hours")
        assert clinic_as(client).cancel(session) == {"success": True, "session_id": session, "refunded_credits": 1}
        assert clinic.balance(client) == 10
        assert clinic.entries(session) == [(client, "session_payment", -1), (client, "refund", 1)]

    def test_leaves_a_cancelled_session(self, clinic, clinic_as, people):
        client, therapist = people
        session = clinic.booked(client, therapist)
        clinic_as(client).cancel(session, p_reason=" Ill ")
        row = clinic.row(session)
        assert (row["status"], row["cancelled_by"], row["cancellation_reason"]) == ("cancelled", client, "Ill")
        assert row["cancelled_at"] == row["updated_at"]

    def test_frees_the_time_of_both(self, clinic, clinic_as, people):
        client, therapist = people
        day = clinic.day()
        session = clinic.book(client, therapist, day, "10:00")["session_id"]
        clinic_as(client).cancel(session)
        assert clinic.book(client, therapist, day, "10:00")["success"] is True

    @pytest.mark.parametrize(
        ("starts_in", "refunded"),
        [("24 hours 1 microsecond", 1), ("24 hours 1 second", 1), ("24 hours", 0), ("1 hour", 0), ("1 microsecond", 0)],
    )
    def test_gets_it_back_more_than_24_hours_before(self, clinic, clinic_as, people, starts_in, refunded):
        client, therapist = people
        session = clinic.booked(client, therapist)
        hers = clinic_as(client)
        hers.connection.execute("RESET ROLE")
        with hers.connection.transaction():
            hers.pass_time(session, starts_in)
            assert hers.cancel(session)["refunded_credits"] == refunded
        assert clinic.status(session) == "cancelled"
        assert clinic.balance(client) == 9 + refunded

    def test_follows_the_notice_of_the_settings(self, clinic, clinic_as, people):
        clinic.connection.execute("UPDATE settings SET session_cancel_notice = '72 hours'")
        assert clinic_as(people[0]).cancel(clinic.booked(*people))["refunded_credits"] == 0

    @pytest.mark.parametrize("starts_in", ["0", "-1 second", "-1 day"])
    def test_is_too_late_once_it_has_started(self, clinic, clinic_as, people, refuses, starts_in):
        session = clinic.booked(*people)
        hers = clinic_as(people[0])
        hers.connection.execute("RESET ROLE")
        clinic.pass_time(session, starts_in)
        with refuses("too_late", deadline=clinic.row(session)["starts_at"]):
            hers.cancel(session)


class TestTheTherapist:
    @pytest.mark.parametrize("starts_in", ["48 hours", "24 hours", "1 second"])
    def test_always_gives_it_back_before_the_start(self, clinic, clinic_as, people, starts_in):
        client, therapist = people
        session = clinic.booked(client, therapist)
        theirs = clinic_as(therapist)
        theirs.connection.execute("RESET ROLE")
        with theirs.connection.transaction():
            theirs.pass_time(session, starts_in)
            assert theirs.cancel(session)["refunded_credits"] == 1
        assert clinic.row(session)["cancelled_by"] == therapist

    def test_is_too_late_once_it_has_started(self, clinic, clinic_as, people, refuses):
        session = clinic.booked(*people)
        clinic.pass_time(session, "-1 second")
        theirs = clinic_as(people[1])
        with refuses("too_late"):
            theirs.cancel(session)


class TestTheService:
    @pytest.mark.parametrize("starts_in", ["48 hours", "1 second", "-1 second", "-30 days"])
    def test_always_gives_it_back_whenever(self, clinic, people, starts_in):
        session = clinic.booked(*people)
        clinic.pass_time(session, starts_in)
        assert clinic.cancel(session)["refunded_credits"] == 1
        assert clinic.row(session)["cancelled_by"] is None

    def test_needs_no_active_people(self, clinic, people):
        session = clinic.booked(*people)
        for person in people:
            clinic.deactivate(person)
        clinic.change(people[1], is_active=False)
        assert clinic.cancel(session)["refunded_credits"] == 1


class TestWhatCanBeCancelled:
    @pytest.mark.parametrize("status", ["scheduled", "confirmed", "in_progress"])
    def test_is_what_stands(self, clinic, status):
        session = clinic.booked()
        clinic.set_status(session, status)
        assert clinic.cancel(session)["refunded_credits"] == 1

    @pytest.mark.parametrize("status", ["cancelled", "completed", "no_show"])
    def test_is_not_what_is_over(self, clinic, clinic_as, people, refuses, status):
        session = clinic.booked(*people)
        clinic.set_status(session, status)
        clinic.pass_time(session, "-1 hour")
        for caller in (clinic, clinic_as(people[0]), clinic_as(people[1])):
            with refuses("invalid_state", status=status):
                caller.cancel(session)

    def test_is_cancelled_once(self, clinic, clinic_as, people, refuses):
        session = clinic.booked(*people)
        clinic_as(people[0]).cancel(session)
        with refuses("invalid_state", status="cancelled"):
            clinic.cancel(session)
        assert clinic.balance(people[0]) == 10

    def test_gives_nothing_back_where_nothing_was_paid(self, clinic, people):
        session = clinic.session(*people, clinic.at(10))
        assert clinic.cancel(session)["refunded_credits"] == 0
        assert clinic.balance(people[0]) == 10

    def test_is_not_what_strangers_have(self, clinic, clinic_as, refuses):
        session, stranger = clinic.booked(), clinic_as(clinic.client())
        with refuses("not_found", entity="session", id=session):
            stranger.cancel(session)
        with refuses("not_found", entity="session", id=UNKNOWN):
            stranger.cancel(UNKNOWN)

    def test_is_known_and_named(self, clinic, refuses):
        with refuses("not_found", entity="session", id=UNKNOWN):
            clinic.cancel(UNKNOWN)
        with refuses("invalid_input", parameter="p_session_id"):
            clinic.cancel(None)
        session = clinic.booked()
        with refuses("invalid_input", parameter="p_reason"):
            clinic.cancel(session, p_reason="x" * 10_001)
