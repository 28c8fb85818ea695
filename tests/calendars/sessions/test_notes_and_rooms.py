"""update_session_notes() and attach_session_room()."""

import pytest
from gusmester.calls import run
from gusmester.snapshot import nothing_written
from psycopg import errors

from calendars.practice import UNKNOWN

URL = "https://rooms.example/a1b2"


@pytest.fixture
def people(clinic):
    """A client and a therapist."""
    return clinic.client(), clinic.therapist()


@pytest.fixture
def session(clinic, people):
    """A session of theirs."""
    return clinic.booked(*people, p_notes="Knee")


class TestNotes:
    @pytest.mark.parametrize("who", [0, 1])
    def test_are_written_by_either_party(self, clinic, clinic_as, people, session, who):
        assert clinic_as(people[who]).write_notes(session, " Hip \n") == {"success": True, "session_id": session}
        assert clinic.row(session)["notes"] == "Hip"

    def test_are_all_that_is_written(self, clinic, session):
        before = clinic.row(session)
        clinic.write_notes(session, "Hip")
        after = clinic.row(session)
        assert {key for key in before if before[key] != after[key]} == {"notes", "updated_at"}

    @pytest.mark.parametrize("nothing", [None, "", " \n"])
    def test_may_be_taken_away(self, clinic, session, nothing):
        clinic.write_notes(session, nothing)
        assert clinic.row(session)["notes"] is None

    def test_that_say_the_same_change_nothing(self, clinic, session):
        with nothing_written(clinic.connection):
            assert clinic.write_notes(session, "Knee ")["success"] is True

    @pytest.mark.parametrize("status", ["cancelled", "completed", "no_show"])
    def test_are_written_afterwards_too(self, clinic, clinic_as, people, session, status):
        clinic.pass_time(session, "-3 days")
        clinic.set_status(session, status)
        assert clinic_as(people[1]).write_notes(session, "Better")["success"] is True

    def test_are_nobody_elses(self, clinic, clinic_as, session, refuses):
        stranger = clinic_as(clinic.therapist())
        for unknown in (session, UNKNOWN):
            with refuses("not_found", entity="session", id=unknown):
                stranger.write_notes(unknown, "Hip")

    def test_have_10_000_characters(self, clinic, session, refuses):
        with refuses("invalid_input", parameter="p_notes"):
            clinic.write_notes(session, "x" * 10_001)
        assert clinic.write_notes(session, "x" * 10_000)["success"] is True
        with refuses("invalid_input", parameter="p_session_id"):
            clinic.write_notes(None, "Hip")

    def test_are_not_put_on_record_but_their_change_is(self, clinic, session):
        clinic.write_notes(session, "Hip")
        (row,) = clinic.audits("update_session_notes")
        assert "Hip" not in str(row)


class TestARoom:
    def test_is_attached_by_the_service(self, clinic, as_service, session):
        result = run(as_service(), "attach_session_room", p_session_id=session, p_room_url=f" {URL} ")
        assert result == {"success": True, "session_id": session, "room_url": URL}
        assert clinic.row(session)["room_url"] == URL

    def test_may_be_replaced(self, clinic, session):
        clinic.attach_room(session, URL)
        clinic.attach_room(session, "http://localhost:8080/room")
        assert clinic.row(session)["room_url"] == "http://localhost:8080/room"

    def test_that_is_there_already_changes_nothing(self, clinic, session):
        clinic.attach_room(session, URL)
        with nothing_written(clinic.connection):
            assert clinic.attach_room(session, URL)["room_url"] == URL

    @pytest.mark.parametrize(
        "url", [None, "", "rooms.example/a", "ftp://rooms.example", "javascript:alert(1)", "https://", "https:// a"]
    )
    def test_is_a_web_address(self, clinic, session, refuses, url):
        with refuses("invalid_input", parameter="p_room_url"):
            clinic.attach_room(session, url)

    def test_has_an_address_of_10_000_characters(self, clinic, session, refuses):
        with refuses("invalid_input", parameter="p_room_url"):
            clinic.attach_room(session, URL.ljust(10_001, "x"))
        assert clinic.attach_room(session, URL.ljust(10_000, "x"))["success"] is True

    @pytest.mark.parametrize("status", ["cancelled", "completed", "no_show"])
    def test_is_for_sessions_that_stand(self, clinic, session, refuses, status):
        clinic.set_status(session, status)
        with refuses("invalid_state", status=status):
            clinic.attach_room(session, URL)

    def test_is_for_known_sessions(self, clinic, refuses):
        with refuses("not_found", id=UNKNOWN):
            clinic.attach_room(UNKNOWN, URL)
        with refuses("invalid_input", parameter="p_session_id"):
            clinic.attach_room(None, URL)

    def test_is_not_the_parties_to_attach(self, clinic, clinic_as, people, session):
        for person in people:
            with nothing_written(clinic.connection), pytest.raises(errors.InsufficientPrivilege):
                clinic_as(person).attach_room(session, URL)

    def test_is_not_attached_by_a_service_with_a_sub(self, clinic, as_service, people, session, refuses):
        service = as_service()
        service.execute(
            "SELECT set_config('request.jwt.claims', json_build_object('sub', %s::text)::text, false)", [people[1]]
        )
        with refuses("not_allowed"):
            run(service, "attach_session_room", p_session_id=session, p_room_url=URL)
