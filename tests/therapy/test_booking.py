"""create_session_with_credit_deduction(): what a booking does, and when it may be."""

from datetime import datetime, timedelta

import pytest
from gusmester.calls import run


class TestABooking:
    def test_answers_what_it_did(self, clinic):
        client, therapist, day = clinic.client(10), clinic.therapist(), clinic.day()
        result = clinic.book(client, therapist, day, "10:00")
        assert result == {
            "success": True,
            "session_id": result["session_id"],
            "starts_at": f"{day}T10:00:00+00:00",
            "ends_at": f"{day}T11:00:00+00:00",
            "status": "scheduled",
            "credit_cost": 1,
            "client_balance_after": 9,
        }

    def test_is_kept_with_all_that_was_said(self, clinic):
        client, therapist, day = clinic.client(), clinic.therapist(timezone="America/New_York"), clinic.day()
        more = {"p_session_type": "chat", "p_notes": " First time \n", "p_title": " Sleep "}
        row = clinic.row(clinic.book(client, therapist, day, "10:00", 45, **more)["session_id"])
        assert {
            key: row[key] for key in row.keys() - {"id", "created_at", "updated_at", "scheduled_at", "paid_at"}
        } == {
            "client_id": client,
            "therapist_id": therapist,
            "session_date": str(day),
            "start_time": "10:00:00",
            "duration_minutes": 45,
            "timezone": "America/New_York",
            "starts_at": row["starts_at"],
            "ends_at": row["ends_at"],
            "session_type": "chat",
            "status": "scheduled",
            "is_peer_booking": False,
            "credit_cost": 1,
            "notes": "First time",
            "title": "Sleep",
            "room_url": None,
            "cancelled_at": None,
            "cancelled_by": None,
            "cancellation_reason": None,
        }
        assert row["paid_at"] == row["created_at"] == row["scheduled_at"]

    def test_takes_one_credit_in_one_entry(self, clinic):
        client = clinic.client(10)
        session = clinic.booked(client)
        assert clinic.balance(client) == 9
        assert clinic.entries(session) == [(client, "session_payment", -1)]

    def test_may_spend_the_last_credit(self, clinic):
        client = clinic.client(1)
        assert clinic.book_in(client, clinic.therapist())["client_balance_after"] == 0

    def test_lasts_an_hour_by_video_unless_said_otherwise(self, clinic):
        arguments = {"p_user_id": clinic.client(), "p_therapist_id": clinic.therapist()}
        when = {"p_session_date": clinic.day(), "p_session_time": "10:00"}
        result = run(clinic.connection, "create_session_with_credit_deduction", **arguments, **when)
        row = clinic.row(result["session_id"])
        assert (row["duration_minutes"], row["session_type"]) == (60, "video")

    @pytest.mark.parametrize("minutes", [15, 16, 180])
    def test_lasts_15_to_180_minutes(self, clinic, minutes):
        result = clinic.book_in(clinic.client(), clinic.therapist(), minutes=minutes)
        lasts = datetime.fromisoformat(result["ends_at"]) - datetime.fromisoformat(result["starts_at"])
        assert lasts == timedelta(minutes=minutes)

    @pytest.mark.parametrize("kind", ["video", "audio", "chat", "in_person"])
    def test_is_of_one_of_four_types(self, clinic, kind):
        session = clinic.booked(p_session_type=kind)
        assert clinic.row(session)["session_type"] == kind

    def test_is_the_clients_own_without_saying_so(self, clinic, clinic_as):
        client = clinic.client()
        session = clinic_as(client).book_in(None, clinic.therapist())["session_id"]
        assert clinic.row(session)["client_id"] == client

    def test_may_name_oneself(self, clinic, clinic_as):
        client = clinic.client()
        assert clinic_as(client).book_in(client, clinic.therapist())["success"] is True

    def test_is_for_practitioners_among_themselves_too(self, clinic):
        one, other = clinic.therapist(credits=1), clinic.therapist()
        assert clinic.row(clinic.booked(one, other))["is_peer_booking"] is False

    def test_is_put_on_record(self, clinic, clinic_as):
        client, therapist = clinic.client(), clinic.therapist()
        result = clinic_as(client).book_in(client, therapist)
        (row,) = clinic.audits("create_session_with_credit_deduction")
        assert (row["actor_id"], row["entity"], row["entity_id"]) == (client, "session", result["session_id"])
        assert row["details"]["credits"] == 1

    def test_counts_in_the_statistics(self, clinic):
        clinic.booked()
        counted = dict(
            clinic.rows(
                "SELECT metric, value FROM booking_stats(now() - interval '1 day', now() + interval '1 day')"
                " WHERE module = 'therapy'"
            )
        )
        assert counted == {"sessions_booked": 1, "credits_charged": 1}


class TestWhatItCosts:
    def test_is_the_settings(self, clinic):
        clinic.connection.execute("UPDATE settings SET therapy_session_cost = 7")
        client = clinic.client(10)
        result = clinic.book_in(client, clinic.therapist())
        assert (result["credit_cost"], result["client_balance_after"]) == (7, 3)

    def test_may_be_nothing_and_then_moves_nothing(self, clinic):
        clinic.connection.execute("UPDATE settings SET therapy_session_cost = 0")
        client = clinic.client(0)
        result = clinic.book_in(client, clinic.therapist())
        assert (result["credit_cost"], result["client_balance_after"]) == (0, 0)
        assert clinic.entries(result["session_id"]) == []
        assert clinic.cancel(result["session_id"])["refunded_credits"] == 0

    def test_does_not_change_afterwards(self, clinic):
        client = clinic.client(10)
        session = clinic.booked(client)
        clinic.connection.execute("UPDATE settings SET therapy_session_cost = 5")
        assert clinic.cancel(session)["refunded_credits"] == 1
        assert clinic.balance(client) == 10


class TestTheTherapistsClock:
    @pytest.mark.parametrize("session_zone", ["UTC", "Asia/Tokyo", "Pacific/Kiritimati", "America/St_Johns"])
    def test_counts_whatever_the_callers_is(self, clinic, session_zone):
        clinic.connection.execute(f"SET timezone = '{session_zone}'")
        therapist = clinic.therapist(timezone="America/New_York")
        result = clinic.book(clinic.client(), therapist, "2030-01-15", "10:00")
        assert result["starts_at"] == "2030-01-15T15:00:00+00:00"
        row = clinic.row(result["session_id"])
        assert (row["session_date"], row["start_time"], row["timezone"]) == (
            "2030-01-15",
            "10:00:00",
            "America/New_York",
        )

    def test_shows_the_date_there(self, clinic):
        therapist = clinic.therapist(timezone="Pacific/Auckland")
        result = clinic.book(clinic.client(), therapist, "2030-01-15", "00:15")
        assert result["starts_at"] == "2030-01-14T11:15:00+00:00"

    def test_skips_an_hour_in_spring(self, clinic, refuses):
        client, therapist = clinic.client(), clinic.therapist(timezone="Europe/Oslo")
        with refuses("nonexistent_local_time", timezone="Europe/Oslo"):
            clinic.book(client, therapist, "2030-03-31", "02:30")

    def test_is_right_around_the_skipped_hour(self, clinic):
        client, therapist = clinic.client(), clinic.therapist(timezone="Europe/Oslo")
        before = clinic.book(client, therapist, "2030-03-31", "01:00")
        after = clinic.book(client, therapist, "2030-03-31", "03:00")
        assert (before["starts_at"], before["ends_at"]) == ("2030-03-31T00:00:00+00:00", "2030-03-31T01:00:00+00:00")
        assert after["starts_at"] == before["ends_at"]

    def test_shows_an_hour_twice_in_autumn_and_means_the_first(self, clinic):
        therapist = clinic.therapist(timezone="Europe/Oslo")
        result = clinic.book(clinic.client(), therapist, "2030-10-27", "02:30")
        assert result["starts_at"] == "2030-10-27T00:30:00+00:00"
        assert clinic.row(result["session_id"])["start_time"] == "02:30:00"

    def test_may_move_by_half_an_hour(self, clinic, refuses):
        client, therapist = clinic.client(), clinic.therapist(timezone="Australia/Lord_Howe")
        with refuses("nonexistent_local_time"):
            clinic.book(client, therapist, "2030-10-06", "02:15")
        assert clinic.book(client, therapist, "2030-10-06", "02:30")["success"] is True

    def test_that_was_changed_leaves_what_is_booked(self, clinic):
        therapist = clinic.therapist()
        session = clinic.book(clinic.client(), therapist, "2030-01-15", "10:00")["session_id"]
        before = clinic.row(session)
        clinic.change(therapist, timezone="Asia/Tokyo")
        assert clinic.row(session) == before


class TestWhenTheyWork:
    def test_is_what_the_weekly_rules_say(self, clinic, refuses):
        client, therapist, day = clinic.client(), clinic.practitioner("09:00-12:00"), clinic.day()
        for at in ("08:59", "11:01", "12:00", "13:00"):
            with refuses("outside_availability"):
                clinic.book(client, therapist, day, at)
        for at in ("09:00", "11:00"):
            assert clinic.book(client, therapist, day, at)["success"] is True

    def test_is_never_without_a_rule(self, clinic, refuses):
        client, therapist = clinic.client(), clinic.practitioner()
        with refuses("outside_availability"):
            clinic.book_in(client, therapist)

    def test_is_all_rules_together(self, clinic):
        therapist, day = clinic.practitioner("09:00-12:00", "12:00-13:00"), clinic.day()
        assert clinic.book(clinic.client(), therapist, day, "11:30")["success"] is True

    def test_goes_on_past_midnight(self, clinic):
        therapist, day = clinic.practitioner("22:00-24:00", "00:00-02:00"), clinic.day()
        assert clinic.book(clinic.client(), therapist, day, "23:30")["success"] is True

    def test_is_as_long_as_a_rule_is_valid(self, clinic, refuses):
        client, therapist = clinic.client(), clinic.practitioner()
        days = [clinic.day(3 + n) for n in range(4)]
        clinic.works(therapist, "09:00-17:00", valid_from=days[1], valid_until=days[2])
        for day in (days[0], days[3]):
            with refuses("outside_availability"):
                clinic.book(client, therapist, day, "10:00")
        for day in days[1:3]:
            assert clinic.book(client, therapist, day, "10:00")["success"] is True

    def test_is_what_they_opened_beside(self, clinic, refuses):
        client, therapist = clinic.client(), clinic.practitioner("09:00-12:00")
        clinic.opens(therapist, clinic.at(12), clinic.at(14))
        assert clinic.book(client, therapist, clinic.day(), "11:30", 120)["success"] is True
        with refuses("outside_availability"):
            clinic.book(client, therapist, clinic.day(), "13:30")

    def test_ends_where_they_are_off(self, clinic, refuses):
        client, therapist = clinic.client(), clinic.therapist()
        clinic.opens(therapist, clinic.at(9), clinic.at(17))
        clinic.closes(therapist, clinic.at(10), clinic.at(12))
        for at in ("09:01", "10:30", "11:59"):
            with refuses("slot_taken"):
                clinic.book(client, therapist, clinic.day(), at)
        for at in ("09:00", "12:00"):
            assert clinic.book(client, therapist, clinic.day(), at)["success"] is True

    def test_is_no_matter_of_the_clients_rules_but_of_their_time_off(self, clinic, refuses):
        client, therapist = clinic.practitioner(credits=5), clinic.therapist()
        clinic.closes(client, clinic.at(10), clinic.at(11))
        with refuses("slot_taken"):
            clinic.book(client, therapist, clinic.day(), "10:30")
        assert clinic.book(client, therapist, clinic.day(), "11:00")["success"] is True


class TestNoticeAndHorizon:
    """Within one transaction, in which now() stands still."""

    @pytest.fixture(autouse=True)
    def a_moment(self, clinic):
        """Everything of a test happens at one moment."""
        with clinic.connection.transaction():
            yield

    def test_now_is_past(self, clinic, refuses):
        client, therapist = clinic.client(), clinic.therapist()
        for after in ("0", "-1 microsecond", "-1 day"):
            with refuses("in_the_past"):
                clinic.book_in(client, therapist, after)

    def test_a_moment_later_is_not(self, clinic):
        assert clinic.book_in(clinic.client(), clinic.therapist(), "1 microsecond")["success"] is True

    def test_exactly_the_notice_is_enough(self, clinic, refuses):
        client, therapist = clinic.client(), clinic.therapist(min_notice="3 hours")
        with refuses("outside_availability"):
            clinic.book_in(client, therapist, "2 hours 59 minutes 59.999999 seconds")
        assert clinic.book_in(client, therapist, "3 hours")["success"] is True

    def test_exactly_the_horizon_is_near_enough(self, clinic, refuses):
        client, therapist = clinic.client(), clinic.therapist(max_ahead="30 days")
        with refuses("outside_availability"):
            clinic.book_in(client, therapist, "30 days 0.000001 seconds")
        assert clinic.book_in(client, therapist, "30 days")["success"] is True

    def test_the_past_is_told_before_the_notice(self, clinic, refuses):
        client, therapist = clinic.client(), clinic.therapist(min_notice="3 hours")
        with refuses("in_the_past"):
            clinic.book_in(client, therapist, "-1 hour")


class TestBuffers:
    @pytest.mark.parametrize(("at", "is_free"), [("08:45", True), ("08:46", False), ("11:14", False), ("11:15", True)])
    def test_of_the_therapist_keep_a_gap_on_either_side(self, clinic, refuses, at, is_free):
        therapist, day, client = clinic.therapist(buffer_minutes=15), clinic.day(), clinic.client()
        clinic.book(clinic.client(), therapist, day, "10:00")
        if is_free:
            assert clinic.book(client, therapist, day, at)["success"] is True
        else:
            with refuses("slot_taken"):
                clinic.book(client, therapist, day, at)

    def test_of_a_client_who_is_a_practitioner_count_too(self, clinic, refuses):
        client, therapist, day = clinic.practitioner(credits=5, buffer_minutes=15), clinic.therapist(), clinic.day()
        clinic.session(clinic.client(), client, clinic.at(10))
        with refuses("slot_taken"):
            clinic.book(client, therapist, day, "11:14")
        assert clinic.book(client, therapist, day, "11:15")["success"] is True

    def test_may_lie_outside_of_working_time(self, clinic):
        therapist = clinic.practitioner("10:00-11:00", buffer_minutes=60)
        assert clinic.book(clinic.client(), therapist, clinic.day(), "10:00")["success"] is True

    def test_may_reach_into_time_off(self, clinic):
        therapist = clinic.therapist(buffer_minutes=60)
        clinic.closes(therapist, clinic.at(11), clinic.at(12))
        assert clinic.book(clinic.client(), therapist, clinic.day(), "10:00")["success"] is True
