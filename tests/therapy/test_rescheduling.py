"""reschedule_session(): a session moves as if it were booked anew, and no credits do."""

import pytest
from calendars.practice import UNKNOWN
from gusmester.snapshot import nothing_written


@pytest.fixture
def people(clinic):
    """A client with ten credits and a therapist."""
    return clinic.client(10), clinic.therapist()


@pytest.fixture
def session(clinic, people):
    """A session of theirs at ten o'clock in three days."""
    return clinic.book(*people, clinic.day(), "10:00", p_notes="Knee", p_title="Sleep")["session_id"]


class TestASession:
    @pytest.mark.parametrize("who", ["client", "therapist", "service"])
    def test_is_moved_by_either_party_and_the_service(self, clinic, clinic_as, people, session, who):
        caller = {"client": lambda: clinic_as(people[0]), "therapist": lambda: clinic_as(people[1])}.get(
            who, lambda: clinic
        )()
        day = clinic.day(4)
        assert caller.move(session, day, "12:30") == {
            "success": True,
            "session_id": session,
            "starts_at": f"{day}T12:30:00+00:00",
            "ends_at": f"{day}T13:30:00+00:00",
        }

    def test_keeps_everything_else(self, clinic, people, session):
        before = clinic.row(session)
        clinic.move(session, clinic.day(4), "12:30")
        after = clinic.row(session)
        changed = {key for key in before if before[key] != after[key]}
        assert changed == {"session_date", "start_time", "starts_at", "ends_at", "updated_at", "scheduled_at"}
        assert clinic.balance(people[0]) == 9
        assert clinic.entries(session) == [(people[0], "session_payment", -1)]

    def test_keeps_its_status(self, clinic, session):
        clinic.step("confirm_session", session)
        clinic.move(session, clinic.day(4), "12:30")
        assert clinic.status(session) == "confirmed"

    def test_may_overlap_its_own_old_time(self, clinic, session):
        assert clinic.move(session, clinic.day(), "10:30")["success"] is True

    def test_may_overlap_its_own_old_time_and_buffer(self, clinic, people, session):
        clinic.change(people[1], buffer_minutes=60)
        assert clinic.move(session, clinic.day(), "11:15")["success"] is True

    def test_that_stays_where_it_is_changes_nothing(self, clinic, session):
        with nothing_written(clinic.connection):
            result = clinic.move(session, clinic.day(), "10:00")
        assert result["starts_at"] == f"{clinic.day()}T10:00:00+00:00"

    def test_leaves_its_old_time_free(self, clinic, people, session):
        clinic.move(session, clinic.day(4), "10:00")
        assert clinic.book(clinic.client(), people[1], clinic.day(), "10:00")["success"] is True

    def test_is_put_on_record_with_both_times(self, clinic, session):
        old = clinic.row(session)["starts_at"]
        clinic.move(session, clinic.day(4), "10:00")
        (row,) = clinic.audits("reschedule_session")
        assert (row["details"]["from"], row["details"]["to"]) == (old, clinic.row(session)["starts_at"])

    def test_converts_the_clients_hold_on_the_new_time(self, clinic, people, session):
        hold = clinic.hold(people[1], clinic.at(10, days=4), p_holder_id=people[0])
        clinic.move(session, clinic.day(4), "10:00")
        assert clinic.hold_status(hold) == "converted"

    def test_follows_its_therapist_to_another_zone(self, clinic, people, session):
        clinic.change(people[1], timezone="Europe/Oslo")
        result = clinic.move(session, "2030-01-15", "10:00")
        assert result["starts_at"] == "2030-01-15T09:00:00+00:00"
        assert clinic.row(session)["timezone"] == "Europe/Oslo"


class TestTheClientsNotice:
    def test_is_not_evaded_by_moving_and_then_cancelling(self, clinic, clinic_as, people, refuses):
        """Scenario 24."""
        session = clinic.booked(*people, "1 hour")
        hers = clinic_as(people[0])
        with refuses("too_late"):
            hers.move(session, clinic.day(10), "10:00")

    @pytest.mark.parametrize(("starts_in", "is_late"), [("24 hours 1 microsecond", False), ("24 hours", True)])
    def test_is_more_than_24_hours(self, clinic, clinic_as, people, session, refuses, starts_in, is_late):
        hers = clinic_as(people[0])
        hers.connection.execute("RESET ROLE")
        with hers.connection.transaction():
            hers.pass_time(session, starts_in)
            if is_late:
                deadline = hers.value("SELECT to_json(now())")
                with pytest.raises(Exception, match="too late") as caught:
                    hers.move(session, clinic.day(10), "10:00")
                assert deadline in caught.value.diag.message_detail
            else:
                assert hers.move(session, clinic.day(10), "10:00")["success"] is True

    @pytest.mark.parametrize("starts_in", ["24 hours", "1 second"])
    def test_is_not_the_therapists(self, clinic, clinic_as, people, session, starts_in):
        theirs = clinic_as(people[1])
        theirs.connection.execute("RESET ROLE")
        with theirs.connection.transaction():
            theirs.pass_time(session, starts_in)
            assert theirs.move(session, clinic.day(10), "10:00")["success"] is True

    def test_ends_for_both_with_the_start(self, clinic, clinic_as, people, session, refuses):
        clinic.pass_time(session, "-1 second")
        for person in people:
            caller = clinic_as(person)
            with refuses("too_late", deadline=clinic.row(session)["starts_at"]):
                caller.move(session, clinic.day(10), "10:00")

    def test_is_not_the_services(self, clinic, session):
        clinic.pass_time(session, "-1 day")
        assert clinic.move(session, clinic.day(10), "10:00")["success"] is True


class TestIsRefused:
    def test_onto_time_that_is_taken(self, clinic, people, session, refuses):
        clinic.book(clinic.client(), people[1], clinic.day(4), "10:00")
        with refuses("slot_taken"):
            clinic.move(session, clinic.day(4), "10:30")

    def test_onto_time_that_the_client_has_elsewhere(self, clinic, people, session, refuses):
        clinic.book(people[0], clinic.therapist(), clinic.day(4), "10:00")
        with refuses("slot_taken"):
            clinic.move(session, clinic.day(4), "10:30")

    def test_onto_time_that_another_holds(self, clinic, people, session, refuses):
        clinic.hold(people[1], clinic.at(10, days=4), p_holder_id=clinic.client())
        with refuses("slot_taken"):
            clinic.move(session, clinic.day(4), "10:30")

    def test_onto_time_off(self, clinic, people, session, refuses):
        clinic.closes(people[1], clinic.at(10, days=4), clinic.at(11, days=4))
        with refuses("slot_taken"):
            clinic.move(session, clinic.day(4), "10:30")

    def test_beyond_working_time_notice_and_horizon(self, clinic, people, session, refuses):
        clinic.change(people[1], min_notice="2 hours", max_ahead="30 days")
        for after in ("1 hour", "31 days"):
            with refuses("outside_availability"):
                clinic.move_to(session, after)
        clinic.connection.execute("DELETE FROM availability_rules")
        with refuses("outside_availability"):
            clinic.move_to(session, "5 days")

    def test_into_the_past_and_into_a_skipped_hour(self, clinic, people, session, refuses):
        with refuses("in_the_past"):
            clinic.move_to(session, "0")
        clinic.change(people[1], timezone="Europe/Oslo")
        with refuses("nonexistent_local_time", timezone="Europe/Oslo"):
            clinic.move(session, "2030-03-31", "02:30")

    @pytest.mark.parametrize("which", [0, 1])
    def test_for_people_who_have_left(self, clinic, people, session, refuses, which):
        clinic.deactivate(people[which])
        with refuses("inactive", user_id=people[which]):
            clinic.move(session, clinic.day(4), "10:00")

    def test_for_a_therapist_who_practises_no_more(self, clinic, people, session, refuses):
        clinic.change(people[1], is_active=False)
        with refuses("inactive", user_id=people[1]):
            clinic.move(session, clinic.day(4), "10:00")

    @pytest.mark.parametrize("status", ["cancelled", "completed", "no_show"])
    def test_of_what_is_over_whatever_the_time(self, clinic, clinic_as, people, session, refuses, status):
        clinic.set_status(session, status)
        clinic.pass_time(session, "-1 hour")
        for caller in (clinic, clinic_as(people[0])):
            with refuses("invalid_state", status=status):
                caller.move(session, clinic.day(4), "10:00")

    def test_to_strangers(self, clinic, clinic_as, session, refuses):
        stranger = clinic_as(clinic.client())
        for unknown in (session, UNKNOWN):
            with refuses("not_found", entity="session", id=unknown):
                stranger.move(unknown, clinic.day(4), "10:00")

    def test_without_its_arguments(self, clinic, session, refuses):
        right = {"p_session_id": session, "p_session_date": clinic.day(4), "p_start_time": "10:00"}
        for parameter in right:
            with refuses("invalid_input", parameter=parameter):
                clinic.move(None, None, None, **right | {parameter: None})
        for day in ("infinity", "1999-12-31", "2100-01-01"):
            with refuses("invalid_input", parameter="p_session_date"):
                clinic.move(session, day, "10:00")
