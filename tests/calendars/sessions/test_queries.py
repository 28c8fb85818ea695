"""check_booking_conflict(), my_sessions() and find_practitioners()."""

import pytest
from gusmester.calls import ask, run
from psycopg import errors
from support.refusals import refused

from calendars.practice import UNKNOWN


class TestABookingConflict:
    @pytest.fixture
    def therapist(self, clinic):
        """A therapist with a session at ten in three days and one from 23:30 in five."""
        therapist = clinic.therapist()
        self.session = clinic.session(clinic.person(), therapist, clinic.at(10))
        clinic.session(clinic.person(), therapist, clinic.at(23.5, days=5))
        return therapist

    @pytest.mark.parametrize(
        ("start", "end", "conflicts"),
        [
            ("10:00", "11:00", True),
            ("10:30", "11:00", True),
            ("09:00", "10:00", False),
            ("11:00", "12:00", False),
            ("09:59", "10:01", True),
            ("09:00", "12:00", True),
            ("11:00", "10:00", False),
            ("10:30", "10:30", True),
            ("23:00", "00:30", False),
            ("00:00", "24:00", True),
        ],
    )
    def test_is_an_overlap_with_a_session(self, clinic, therapist, start, end, conflicts):
        assert clinic.conflict(therapist, clinic.day(), start, end) is conflicts

    @pytest.mark.parametrize(
        ("days", "start", "end", "conflicts"),
        [
            (5, "23:45", "00:15", True),
            (5, "22:30", "23:30", False),
            (5, "22:30", "23:31", True),
            (6, "00:00", "00:15", True),
            (6, "00:30", "01:00", False),
            (4, "23:00", "00:30", False),
            (5, "12:00", "12:00", True),
        ],
    )
    def test_is_found_past_midnight(self, clinic, therapist, days, start, end, conflicts):
        assert clinic.conflict(therapist, clinic.day(days), start, end) is conflicts

    def test_is_none_with_the_session_that_is_excluded(self, clinic, therapist):
        excluded = {"p_exclude_session_id": self.session}
        assert clinic.conflict(therapist, clinic.day(), "10:00", "11:00", **excluded) is False

    @pytest.mark.parametrize("status", ["cancelled", "completed", "no_show"])
    def test_is_none_with_what_is_over(self, clinic, therapist, status):
        clinic.set_status(self.session, status)
        assert clinic.conflict(therapist, clinic.day(), "10:00", "11:00") is False

    def test_is_found_in_every_role(self, clinic, therapist):
        clinic.session(therapist, clinic.therapist(), clinic.at(15))
        assert clinic.conflict(therapist, clinic.day(), "15:30", "15:45") is True

    def test_is_found_with_buffers_and_time_off(self, clinic, therapist):
        clinic.closes(therapist, clinic.at(15), clinic.at(16))
        clinic.change(therapist, buffer_minutes=15)
        for start, end, conflicts in (("11:00", "11:30", True), ("11:15", "11:30", False), ("15:59", "16:30", True)):
            assert clinic.conflict(therapist, clinic.day(), start, end) is conflicts

    def test_is_found_with_holds_of_others(self, clinic, clinic_as, therapist):
        holder = clinic.person()
        hold = clinic.hold(therapist, clinic.at(15), p_holder_id=holder)
        answers = {
            who: caller.conflict(therapist, clinic.day(), "15:00", "16:00")
            for who, caller in {
                "holder": clinic_as(holder),
                "other": clinic_as(clinic.person()),
                "service": clinic,
            }.items()
        }
        assert answers == {"holder": False, "other": True, "service": True}
        clinic.expire(hold)
        assert clinic.conflict(therapist, clinic.day(), "15:00", "16:00") is False

    def test_does_not_ask_when_they_work(self, clinic):
        assert clinic.conflict(clinic.practitioner(), clinic.day(), "10:00", "11:00") is False

    def test_is_read_by_the_therapists_clock(self, clinic):
        therapist = clinic.practitioner(timezone="America/New_York")
        clinic.session(clinic.person(), therapist, "2030-01-15T15:00Z")
        clinic.connection.execute("SET timezone = 'Asia/Tokyo'")
        assert clinic.conflict(therapist, "2030-01-15", "10:00", "11:00") is True
        assert clinic.conflict(therapist, "2030-01-15", "15:00", "16:00") is False

    def test_is_asked_of_times_that_exist(self, clinic):
        therapist = clinic.practitioner(timezone="Europe/Oslo")
        for start, end in (("02:30", "03:30"), ("01:30", "02:30")):
            with refused("nonexistent_local_time", timezone="Europe/Oslo"):
                clinic.conflict(therapist, "2030-03-31", start, end)
        assert clinic.conflict(therapist, "2030-03-31", "01:00", "03:00") is False
        assert clinic.conflict(therapist, "2030-10-27", "02:30", "02:45") is False

    def test_is_asked_of_known_practitioners(self, clinic, therapist):
        right = {
            "p_therapist_id": therapist,
            "p_session_date": clinic.day(),
            "p_start_time": "10:00",
            "p_end_time": "11:00",
        }
        for parameter in right:
            with refused("invalid_input", parameter=parameter):
                run(clinic.connection, "check_booking_conflict", **right | {parameter: None})
        person = clinic.person()
        with refused("not_a_practitioner", user_id=person):
            run(clinic.connection, "check_booking_conflict", **right | {"p_therapist_id": person})
        with refused("not_found", id=UNKNOWN):
            run(clinic.connection, "check_booking_conflict", **right | {"p_therapist_id": UNKNOWN})
        clinic.change(therapist, is_active=False)
        with refused("inactive", user_id=therapist):
            run(clinic.connection, "check_booking_conflict", **right)


class TestMySessions:
    def test_are_ones_own_in_every_role(self, clinic, clinic_as):
        anna, bert = clinic.therapist(), clinic.therapist()
        as_client = clinic.session(anna, bert, clinic.at(10))
        as_therapist = clinic.session(bert, anna, clinic.at(9))
        clinic.session(clinic.person(), bert, clinic.at(12))
        assert [(row["session_id"], row["role"]) for row in clinic_as(anna).my_sessions()] == [
            (as_therapist, "therapist"),
            (as_client, "client"),
        ]

    def test_tell_all_there_is(self, clinic, clinic_as):
        client = clinic.client(5, full_name="Anna")
        therapist = clinic.therapist(timezone="Europe/Oslo")
        session = clinic.book(client, therapist, "2030-01-15", "10:00", p_notes="Knee", p_title="Sleep")["session_id"]
        clinic.attach_room(session, "https://rooms.example/a")
        (row,) = clinic_as(therapist).my_sessions()
        assert row == {
            "session_id": session,
            "role": "therapist",
            "client_id": client,
            "client_name": "Anna",
            "therapist_id": therapist,
            "therapist_name": row["therapist_name"],
            "session_date": "2030-01-15",
            "start_time": "10:00:00",
            "timezone": "Europe/Oslo",
            "starts_at": row["starts_at"],
            "ends_at": row["ends_at"],
            "duration_minutes": 60,
            "session_type": "video",
            "status": "scheduled",
            "is_peer_booking": False,
            "credit_cost": 1,
            "title": "Sleep",
            "notes": "Knee",
            "room_url": "https://rooms.example/a",
        }

    @pytest.mark.parametrize("status", ["cancelled", "completed", "no_show", "confirmed"])
    def test_are_of_every_status(self, clinic, clinic_as, status):
        client = clinic.client()
        clinic.set_status(clinic.booked(client), status)
        assert [row["status"] for row in clinic_as(client).my_sessions()] == [status]

    def test_are_those_to_come_and_under_way_unless_said_otherwise(self, clinic, clinic_as):
        client = clinic.client()
        for after in ("-2 hours", "-30 minutes", "2 days"):
            clinic.session(client, clinic.practitioner(), f"{clinic.instant(after)}+00")
        assert len(clinic_as(client).my_sessions()) == 2
        assert len(clinic_as(client).my_sessions(p_from="2000-01-01Z")) == 3

    def test_overlap_the_half_open_time_that_is_asked_for(self, clinic, clinic_as):
        client = clinic.client()
        clinic.session(client, clinic.practitioner(), clinic.at(10))
        hers = clinic_as(client)
        for start, end, found in ((9, 10, 0), (11, 12, 0), (9, 10.1, 1), (10.9, 12, 1), (10.2, 10.3, 1)):
            assert len(hers.my_sessions(p_from=clinic.at(start), p_to=clinic.at(end))) == found

    def test_are_not_the_services(self, clinic, as_service):
        for connection in (clinic.connection, as_service()):
            with refused("not_allowed"):
                ask(connection, "my_sessions")

    def test_are_asked_for_with_instants_of_this_century(self, clinic, clinic_as):
        hers = clinic_as(clinic.client())
        for arguments in ({"p_from": None}, {"p_from": "infinity"}, {"p_from": "1999-12-31Z"}):
            with refused("invalid_input", parameter="p_from"):
                hers.my_sessions(**arguments)
        for end in ("infinity", "2100-01-01Z"):
            with refused("invalid_input", parameter="p_to"):
                hers.my_sessions(p_to=end)

    def test_are_none_for_who_has_none(self, clinic_as):
        assert clinic_as(UNKNOWN).my_sessions() == []


class TestFindingPractitioners:
    @pytest.fixture
    def names(self, clinic):
        """Three practitioners by their ids."""
        found = {}
        for name in ("Bea Lund", "anna Berg", None):
            person = clinic.therapist(timezone="Europe/Oslo")
            clinic.connection.execute("UPDATE profiles SET full_name = %s WHERE user_id = %s", [name, person])
            found[name] = person
        return found

    def find(self, clinic, **more):
        return [row["full_name"] for row in ask(clinic.connection, "find_practitioners", **more)]

    def test_lists_them_by_name(self, clinic, clinic_as, names):
        rows = ask(clinic_as(clinic.person()).connection, "find_practitioners")
        assert {"practitioner_id": names["Bea Lund"], "full_name": "Bea Lund", "timezone": "Europe/Oslo"} in rows
        assert len(rows) == 3

    @pytest.mark.parametrize(
        ("search", "found"),
        [("be", {"Bea Lund", "anna Berg"}), (" LUND ", {"Bea Lund"}), ("%", set()), ("_", set()), ("x", set())],
    )
    def test_searches_names_in_any_case(self, clinic, names, search, found):
        assert set(self.find(clinic, p_search=search)) == found

    @pytest.mark.parametrize("nothing", [None, "", "  "])
    def test_for_nothing_finds_all(self, clinic, names, nothing):
        assert len(self.find(clinic, p_search=nothing)) == 3

    def test_leaves_out_who_is_inactive(self, clinic, names):
        clinic.change(names["Bea Lund"], is_active=False)
        clinic.deactivate(names["anna Berg"])
        clinic.connection.execute("UPDATE profiles SET deleted_at = now() WHERE user_id = %s", [names[None]])
        assert self.find(clinic) == []

    def test_lists_who_takes_no_peer_bookings(self, clinic, names):
        clinic.connection.execute("UPDATE practitioners SET accepts_peer_bookings = false")
        assert len(self.find(clinic)) == 3

    def test_gives_so_many_rows(self, clinic, names):
        assert len(self.find(clinic, p_limit=2)) == 2
        for limit in (None, 0, -1, 1001):
            with refused("invalid_input", parameter="p_limit"):
                self.find(clinic, p_limit=limit)
        with refused("invalid_input", parameter="p_search"):
            self.find(clinic, p_search="x" * 10_001)


class TestQueries:
    CALLS = (
        ("check_booking_conflict", {"p_session_date": "2030-01-15", "p_start_time": "10:00", "p_end_time": "11:00"}),
        ("my_sessions", {}),
        ("find_practitioners", {}),
    )

    @pytest.mark.parametrize(("query", "arguments"), CALLS)
    def test_need_no_more_than_a_read_only_transaction(self, clinic, clinic_as, query, arguments):
        if query == "check_booking_conflict":
            arguments = arguments | {"p_therapist_id": clinic.therapist()}
        connection = clinic_as(clinic.person()).connection
        for mode in ("READ ONLY", "ISOLATION LEVEL REPEATABLE READ READ ONLY"):
            with connection.transaction():
                connection.execute(f"SET TRANSACTION {mode}")
                ask(connection, query, **arguments)

    @pytest.mark.parametrize(("query", "arguments"), CALLS)
    def test_are_for_people_who_are_signed_in(self, clinic, as_anon, connect, query, arguments):
        if query == "check_booking_conflict":
            arguments = arguments | {"p_therapist_id": UNKNOWN}
        with pytest.raises(errors.InsufficientPrivilege):
            ask(as_anon(), query, **arguments)
        connection = connect()
        connection.execute("SET ROLE authenticated")
        for claims in ("", "{}", '{"sub": null}', '{"sub": "me"}', '{"sub": ""}'):
            connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
            with refused("not_authenticated"):
                ask(connection, query, **arguments)
