"""Scenario 23: hold_slot() and release_slot_hold()."""

from datetime import datetime, timedelta

import pytest
from gusmester.calls import run, run_for_text

from calendars.practice import UNKNOWN


@pytest.fixture
def holder(clinic):
    """Who holds a slot."""
    return clinic.client()


@pytest.fixture
def therapist(clinic):
    """Whose slot it is."""
    return clinic.therapist()


@pytest.fixture
def hold(clinic, holder, therapist):
    """A hold on ten o'clock in three days."""
    return clinic.hold(therapist, clinic.at(10), p_holder_id=holder)


class TestAHold:
    def test_answers_until_when_it_lasts(self, clinic, holder, therapist):
        with clinic.connection.transaction():
            result = clinic.hold(therapist, clinic.at(10), p_holder_id=holder)
            in_ten_minutes = clinic.now(timedelta(minutes=10))
        assert result.keys() == {"success", "hold_id", "expires_at"}
        assert datetime.fromisoformat(result["expires_at"]) == in_ten_minutes

    def test_is_kept(self, clinic, holder, therapist, hold):
        query = (
            "SELECT practitioner_id::text, holder_id::text, starts_at = %s, ends_at = %s, status FROM slot_holds"
            " WHERE id = %s"
        )
        expected = (therapist, holder, True, True, "live")
        assert clinic.rows(query, [clinic.at(10), clinic.at(11), hold["hold_id"]]) == [expected]

    def test_is_ones_own_without_saying_so(self, clinic, clinic_as, holder, therapist):
        hold = clinic_as(holder).hold(therapist, clinic.at(10))
        assert clinic.value("SELECT holder_id::text FROM slot_holds WHERE id = %s", [hold["hold_id"]]) == holder

    def test_needs_no_credits(self, clinic, therapist):
        assert clinic.hold(therapist, clinic.at(10), p_holder_id=clinic.client(0))["success"] is True

    @pytest.mark.parametrize("hour", [9.5, 10, 10.5])
    def test_keeps_others_from_booking(self, clinic, therapist, hold, refuses, hour):
        other = clinic.client()
        with refuses("slot_taken"):
            clinic.book(other, therapist, clinic.day(), f"{int(hour)}:{'30' if hour % 1 else '00'}")

    @pytest.mark.parametrize("hour", [9.5, 10, 10.5])
    def test_keeps_others_from_holding(self, clinic, therapist, hold, refuses, hour):
        other = clinic.client()
        with refuses("slot_taken"):
            clinic.hold(therapist, clinic.at(hour), p_holder_id=other)

    def test_keeps_its_practitioner_from_being_a_client_then(self, clinic, therapist, hold, refuses):
        another = clinic.therapist()
        with refuses("slot_taken"):
            clinic.book(therapist, another, clinic.day(), "10:00")

    def test_leaves_the_time_around_it(self, clinic, therapist, hold):
        assert clinic.hold(therapist, clinic.at(11), p_holder_id=clinic.client())["success"] is True
        assert clinic.book(clinic.client(), therapist, clinic.day(), "09:00")["success"] is True

    def test_keeps_the_practitioners_buffer(self, clinic, therapist, hold, refuses):
        other = clinic.client()
        clinic.change(therapist, buffer_minutes=15)
        with refuses("slot_taken"):
            clinic.book(other, therapist, clinic.day(), "11:14")
        assert clinic.book(other, therapist, clinic.day(), "11:15")["success"] is True

    @pytest.mark.parametrize("at", ["10:00", "10:30", "09:30"])
    def test_is_converted_by_its_holders_booking(self, clinic, clinic_as, holder, therapist, hold, at):
        clinic_as(holder).book(None, therapist, clinic.day(), at)
        assert clinic.hold_status(hold) == "converted"

    def test_is_converted_by_a_booking_of_the_service_for_its_holder(self, clinic, holder, therapist, hold):
        clinic.book(holder, therapist, clinic.day(), "10:00")
        assert clinic.hold_status(hold) == "converted"

    def test_stays_when_its_holder_books_another_time(self, clinic, holder, therapist, hold):
        clinic.book(holder, therapist, clinic.day(), "12:00")
        assert clinic.hold_status(hold) == "live"

    def test_may_be_had_twice_by_its_holder(self, clinic, holder, therapist, hold):
        again = clinic.hold(therapist, clinic.at(10.5), p_holder_id=holder)
        clinic.book(holder, therapist, clinic.day(), "10:15")
        assert [clinic.hold_status(each) for each in (hold, again)] == ["converted", "converted"]

    def test_that_was_converted_blocks_no_more_once_the_session_is_cancelled(self, clinic, holder, therapist, hold):
        session = clinic.book(holder, therapist, clinic.day(), "10:00")["session_id"]
        clinic.cancel(session)
        assert clinic.book(clinic.client(), therapist, clinic.day(), "10:00")["success"] is True

    def test_is_put_on_record(self, clinic, holder, therapist, hold):
        (row,) = clinic.audits("hold_slot")
        assert (row["entity"], row["entity_id"]) == ("slot_hold", hold["hold_id"])


class TestAnExpiredHold:
    @pytest.fixture(autouse=True)
    def expired(self, clinic, hold):
        """Nobody has marked it."""
        clinic.expire(hold)
        assert clinic.hold_status(hold) == "live"

    def test_keeps_nobody_from_booking(self, clinic, therapist):
        assert clinic.book(clinic.client(), therapist, clinic.day(), "10:30")["success"] is True

    def test_keeps_nobody_from_holding(self, clinic, therapist, hold):
        assert clinic.hold(therapist, clinic.at(10.5), p_holder_id=clinic.client())["success"] is True
        assert clinic.hold_status(hold) == "expired"

    def test_is_not_converted(self, clinic, holder, therapist, hold):
        clinic.book(holder, therapist, clinic.day(), "10:00")
        assert clinic.hold_status(hold) == "live"

    def test_keeps_its_holder_from_nothing(self, clinic, holder, therapist):
        for hour in (12, 13, 14):
            clinic.hold(therapist, clinic.at(hour), p_holder_id=holder)

    def test_may_be_given_back(self, clinic, hold):
        assert clinic.release(hold)["success"] is True


class TestIsRefused:
    def test_over_a_session(self, clinic, therapist, refuses):
        other = clinic.client()
        clinic.book(clinic.client(), therapist, clinic.day(), "10:00")
        with refuses("slot_taken"):
            clinic.hold(therapist, clinic.at(10.5), p_holder_id=other)

    def test_over_time_off(self, clinic, holder, therapist, refuses):
        clinic.closes(therapist, clinic.at(10), clinic.at(11))
        with refuses("slot_taken"):
            clinic.hold(therapist, clinic.at(10.5), p_holder_id=holder)

    def test_where_a_booking_would_be(self, clinic, holder, refuses):
        therapist = clinic.practitioner("09:00-12:00", min_notice="1 day", max_ahead="5 days")
        for hour, days in ((12, 3), (8.5, 3), (10, 7), (10, 0)):
            reason = "in_the_past" if days == 0 and clinic.value("SELECT now() > %s", [clinic.at(hour, 0)]) else None
            with refuses(reason or "outside_availability"):
                clinic.hold(therapist, clinic.at(hour, days), p_holder_id=holder)

    def test_for_now_and_the_past(self, clinic, holder, therapist, refuses):
        with clinic.connection.transaction():
            for after in ("0", "-1 hour"):
                with refuses("in_the_past"):
                    clinic.hold(therapist, f"{clinic.instant(after)}+00", p_holder_id=holder)

    def test_for_people_who_are_not_what_they_must_be(self, clinic, holder, therapist, refuses):
        at = clinic.at(10)
        with refuses("not_a_practitioner", user_id=holder):
            clinic.hold(holder, at, p_holder_id=therapist)
        with refuses("self_booking"):
            clinic.hold(therapist, at, p_holder_id=therapist)
        for pair in ((UNKNOWN, holder), (therapist, UNKNOWN)):
            with refuses("not_found", id=UNKNOWN):
                clinic.hold(pair[0], at, p_holder_id=pair[1])
        clinic.deactivate(holder)
        with refuses("inactive", user_id=holder):
            clinic.hold(therapist, at, p_holder_id=holder)

    def test_for_somebody_else(self, clinic, clinic_as, holder, therapist, refuses):
        other = clinic_as(clinic.client())
        with refuses("not_allowed"):
            other.hold(therapist, clinic.at(10), p_holder_id=holder)

    def test_for_nobody(self, clinic, therapist, refuses):
        with refuses("invalid_input", parameter="p_holder_id"):
            clinic.hold(therapist, clinic.at(10))

    @pytest.mark.parametrize(
        ("parameter", "wrong"),
        [
            ("p_practitioner_id", [None]),
            ("p_starts_at", [None, "infinity", "-infinity", "1999-12-31Z", "2100-01-01Z"]),
            ("p_duration_minutes", [None, 0, -30, 14, 181]),
            ("p_ttl", ["0", "-1 minute", "30 minutes 1 microsecond", "178000000 years", "1 month -30 days -1 second"]),
        ],
    )
    def test_out_of_bounds(self, clinic, holder, therapist, refuses, parameter, wrong):
        right = {"p_practitioner_id": therapist, "p_starts_at": clinic.at(10), "p_duration_minutes": 60}
        for value in wrong:
            with refuses("invalid_input", parameter=parameter):
                run(clinic.connection, "hold_slot", **right | {"p_holder_id": holder, parameter: value})

    def test_to_who_has_three(self, clinic, holder, therapist, refuses):
        for hour in (9, 10, 11):
            clinic.hold(therapist, clinic.at(hour), p_holder_id=holder)
        with refuses("limit_reached", limit=3):
            clinic.hold(therapist, clinic.at(12), p_holder_id=holder)
        clinic.book(holder, therapist, clinic.day(), "09:00")
        assert clinic.hold(therapist, clinic.at(12), p_holder_id=holder)["success"] is True


class TestHowLong:
    @pytest.mark.parametrize(
        ("ttl", "settings", "lasts"),
        [
            (None, "", "10 minutes"),
            ("1 microsecond", "", "1 microsecond"),
            ("30 minutes", "", "30 minutes"),
            (None, "hold_ttl = '2 minutes'", "2 minutes"),
            (None, "hold_ttl_max = '5 minutes'", "5 minutes"),
            ("2 hours", "hold_ttl_max = '3 hours'", "2 hours"),
        ],
    )
    def test_is_what_was_asked_for_within_the_settings(self, clinic, holder, therapist, ttl, settings, lasts):
        if settings:
            clinic.connection.execute(f"UPDATE settings SET {settings}")
        with clinic.connection.transaction():
            hold = clinic.hold(therapist, clinic.at(10), p_holder_id=holder, p_ttl=ttl)
            query = "SELECT expires_at - now() = %s::interval FROM slot_holds WHERE id = %s"
            assert clinic.value(query, [lasts, hold["hold_id"]])

    def test_is_one_argument_in_every_session(self, clinic, holder, therapist):
        """However the session writes intervals."""
        arguments = {
            "p_practitioner_id": therapist,
            "p_starts_at": clinic.at(10),
            "p_duration_minutes": 60,
            "p_ttl": "5 minutes",
            "p_holder_id": holder,
            "p_idempotency_key": "k",
        }
        first = run_for_text(clinic.connection, "hold_slot", **arguments)
        clinic.connection.execute(
            "SET intervalstyle = 'iso_8601'; SET timezone = 'Asia/Tokyo'; SET datestyle = 'German'"
        )
        assert run_for_text(clinic.connection, "hold_slot", **arguments) == first


class TestReleasing:
    def test_frees_the_time_at_once(self, clinic, clinic_as, holder, therapist, hold):
        assert clinic_as(holder).release(hold) == {"success": True, "hold_id": hold["hold_id"]}
        assert clinic.hold_status(hold) == "released"
        assert clinic.book(clinic.client(), therapist, clinic.day(), "10:00")["success"] is True

    def test_is_done_by_the_service_too(self, clinic, hold):
        assert clinic.release(hold)["success"] is True

    def test_is_not_the_practitioners_nor_a_strangers(self, clinic, clinic_as, therapist, hold, refuses):
        for caller in (clinic_as(therapist), clinic_as(clinic.client())):
            with refuses("not_found", entity="slot_hold", id=hold["hold_id"]):
                caller.release(hold)

    @pytest.mark.parametrize("status", ["converted", "released", "expired"])
    def test_is_of_live_ones_only(self, clinic, hold, refuses, status):
        clinic.connection.execute("UPDATE slot_holds SET status = %s", [status])
        with refuses("invalid_state", status=status):
            clinic.release(hold)

    def test_is_of_known_ones_only(self, clinic, refuses):
        with refuses("not_found", id=UNKNOWN):
            clinic.release({"hold_id": UNKNOWN})
        with refuses("invalid_input", parameter="p_hold_id"):
            clinic.release({"hold_id": None})
