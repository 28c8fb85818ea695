"""set_weekly_availability(), add_availability_exception(), remove_availability_exception()."""

import json

import pytest
from gusmester.calls import run

from calendars.practice import UNKNOWN


def rule(weekday=1, start="09:00", end="17:00", **more):
    """A rule as callers write it."""
    return {"weekday": weekday, "start_time": start, "end_time": end} | more


MALFORMED = [
    *[rule(weekday) for weekday in (0, 8, -1, 1.5, "1", "Monday", None, True, [1], {})],
    *[
        rule(start=start)
        for start in ("9:00", "24:00", "17:00", "09:60", "09:00:60", "noon", "", None, 9, " 09:00", "09:00\n")
    ],
    *[rule(end=end) for end in ("24:01", "25:00", "09:00", "08:59", "", None, 17, "24:00:01", "17:00+01")],
    *[
        rule(valid_from=day)
        for day in (
            "",
            "2030-02-30",
            "2030-13-01",
            "2030-1-1",
            "1999-12-31",
            "2100-01-01",
            "30.01.2030",
            2030,
            {},
            "infinity",
        )
    ],
    rule(valid_from="2030-01-02", valid_until="2030-01-01"),
    {},
    {"weekday": 1},
    None,
    7,
    "rule",
    [],
]


@pytest.fixture
def therapist(clinic):
    """Somebody who works every day from nine to twelve."""
    return clinic.practitioner("09:00-12:00")


def rules(clinic, therapist):
    """Return when somebody works."""
    return clinic.rows(
        "SELECT weekday, start_time::text, end_time::text, valid_from::text, valid_until::text FROM availability_rules"
        " WHERE practitioner_id = %s ORDER BY weekday, start_time",
        [therapist],
    )


class TestWeeklyHours:
    def test_replace_what_was_said_before(self, clinic, clinic_as, therapist):
        other = clinic.practitioner("10:00-11:00")
        hours = [
            rule(7, "22:00", "24:00"),
            rule(1, "00:00:30", "02:00", valid_from="2030-01-01", valid_until="2030-01-31"),
        ]
        result = clinic_as(therapist).set_weekly(json.dumps(hours))
        assert result == {"success": True, "practitioner_id": therapist, "rules": 2}
        assert rules(clinic, therapist) == [
            (1, "00:00:30", "02:00:00", "2030-01-01", "2030-01-31"),
            (7, "22:00:00", "24:00:00", None, None),
        ]
        assert len(rules(clinic, other)) == 7

    def test_may_be_none(self, clinic, therapist, refuses):
        client = clinic.client()
        assert clinic.set_weekly("[]", p_practitioner_id=therapist)["rules"] == 0
        with refuses("outside_availability"):
            clinic.book(client, therapist, clinic.day(), "10:00")

    def test_decide_the_next_booking(self, clinic, therapist):
        clinic.set_weekly(json.dumps([rule(n, "20:00", "24:00") for n in range(1, 8)]), p_practitioner_id=therapist)
        assert clinic.book(clinic.client(), therapist, clinic.day(), "23:00")["success"] is True

    def test_leave_sessions_as_they_are(self, clinic, therapist):
        session = clinic.booked(therapist=clinic.therapist())
        before = clinic.row(session)
        clinic.set_weekly("[]", p_practitioner_id=before["therapist_id"])
        assert clinic.row(session) == before

    def test_may_be_a_thousand(self, clinic, therapist, refuses):
        many = [rule(1 + n % 7, f"{n % 24:02}:00", f"{n % 24:02}:30") for n in range(1001)]
        assert clinic.set_weekly(json.dumps(many[:1000]), p_practitioner_id=therapist)["rules"] == 1000
        with refuses("invalid_input", parameter="p_rules"):
            clinic.set_weekly(json.dumps(many), p_practitioner_id=therapist)

    @pytest.mark.parametrize("wrong", MALFORMED, ids=str)
    def test_are_refused_when_malformed_by_their_place(self, clinic, therapist, refuses, wrong):
        with refuses("invalid_input", parameter="p_rules", item=2):
            clinic.set_weekly(json.dumps([rule(), wrong]), p_practitioner_id=therapist)

    @pytest.mark.parametrize("text", ['[{"weekday": 1.0, "start_time": "09:00", "end_time": "10:00"}]'])
    def test_have_whole_weekdays(self, clinic, therapist, refuses, text):
        with refuses("invalid_input", parameter="p_rules", item=1):
            clinic.set_weekly(text, p_practitioner_id=therapist)

    @pytest.mark.parametrize(
        "wrong", [None, "null", "{}", "7", '"[]"', "[" + '"' + "x" * 2_000_000 + '"]'], ids=lambda w: str(w)[:9]
    )
    def test_are_an_array(self, clinic, therapist, refuses, wrong):
        with refuses("invalid_input", parameter="p_rules"):
            clinic.set_weekly(wrong, p_practitioner_id=therapist)

    @pytest.mark.parametrize("style", ["German, DMY", "SQL, MDY", "Postgres, YMD"])
    def test_mean_the_same_in_every_session(self, clinic, therapist, style):
        clinic.connection.execute(f"SET datestyle = '{style}'")
        clinic.set_weekly(json.dumps([rule(valid_from="2030-02-01")]), p_practitioner_id=therapist)
        clinic.connection.execute("SET datestyle = 'ISO'")
        assert rules(clinic, therapist)[0][3] == "2030-02-01"

    def test_are_the_practitioners_own(self, clinic, clinic_as, therapist, refuses):
        colleague, client = clinic_as(clinic.therapist()), clinic_as(clinic.client())
        for caller in (colleague, client):
            with refuses("not_allowed"):
                caller.set_weekly("[]", p_practitioner_id=therapist)
        with refuses("not_allowed"):
            client.set_weekly("[]")

    def test_are_somebodys(self, clinic, refuses):
        person = clinic.person()
        with refuses("invalid_input", parameter="p_practitioner_id"):
            clinic.set_weekly("[]")
        with refuses("not_a_practitioner", user_id=person):
            clinic.set_weekly("[]", p_practitioner_id=person)
        with refuses("not_found", id=UNKNOWN):
            clinic.set_weekly("[]", p_practitioner_id=UNKNOWN)

    def test_are_put_on_record_once(self, clinic, clinic_as, therapist):
        clinic_as(therapist).set_weekly(json.dumps([rule(), rule(2)]))
        (row,) = clinic.audits("set_weekly_availability")
        assert (row["actor_id"], row["entity_id"], row["details"]) == (therapist, therapist, {"rules": 2})


class TestTimeOff:
    def add(self, clinic, start, end, **more):
        return run(clinic.connection, "add_availability_exception", p_starts_at=start, p_ends_at=end, **more)

    def test_tells_which_sessions_stand_in_it(self, clinic, clinic_as):
        therapist = clinic.therapist()
        sessions = [clinic.session(clinic.person(), therapist, clinic.at(hour)) for hour in (9, 10, 12)]
        as_client = clinic.session(therapist, clinic.practitioner(), clinic.at(11))
        clinic.set_status(clinic.session(clinic.person(), therapist, clinic.at(13)), "cancelled")
        result = self.add(clinic_as(therapist), clinic.at(9.5), clinic.at(12))
        assert result == {
            "success": True,
            "exception_id": result["exception_id"],
            "session_ids": [sessions[0], sessions[1], as_client],
        }
        assert {clinic.status(session) for session in sessions} == {"scheduled"}

    def test_tells_of_none_where_there_are_none_and_of_none_when_time_is_opened(self, clinic, therapist):
        clinic.session(clinic.person(), therapist, clinic.at(10))
        for more in ({"p_kind": "open"}, {"p_kind": "closed", "p_starts_at": clinic.at(11)}):
            arguments = {"p_starts_at": clinic.at(10), "p_ends_at": clinic.at(12), "p_practitioner_id": therapist}
            assert run(clinic.connection, "add_availability_exception", **arguments | more)["session_ids"] == []

    def test_is_what_an_exception_is_unless_said_otherwise(self, clinic, therapist):
        made = self.add(clinic, clinic.at(10), clinic.at(11), p_practitioner_id=therapist)["exception_id"]
        query = "SELECT practitioner_id::text, kind FROM availability_exceptions WHERE id = %s"
        assert clinic.rows(query, [made]) == [(therapist, "closed")]

    def test_lets_the_sessions_in_it_go_on(self, clinic, clinic_as):
        therapist, client = clinic.therapist(), clinic.client()
        session = clinic.book(client, therapist, clinic.day(), "10:00")["session_id"]
        clinic.closes(therapist, clinic.at(0), clinic.at(24))
        clinic.step("confirm_session", session)
        assert clinic_as(client).cancel(session)["refunded_credits"] == 1

    def test_may_be_taken_back(self, clinic, clinic_as, therapist):
        closed = clinic.closes(therapist, clinic.at(9), clinic.at(12))
        result = run(clinic_as(therapist).connection, "remove_availability_exception", p_exception_id=closed)
        assert result == {"success": True, "exception_id": closed}
        assert clinic.book(clinic.client(), therapist, clinic.day(), "10:00")["success"] is True

    def test_is_taken_back_once_and_by_nobody_else(self, clinic, clinic_as, therapist, refuses):
        closed, colleague = clinic.closes(therapist, clinic.at(9), clinic.at(12)), clinic_as(clinic.therapist())
        with refuses("not_found", entity="availability_exception", id=closed):
            run(colleague.connection, "remove_availability_exception", p_exception_id=closed)
        run(clinic.connection, "remove_availability_exception", p_exception_id=closed)
        for unknown in (closed, UNKNOWN):
            with refuses("not_found", id=unknown):
                run(clinic.connection, "remove_availability_exception", p_exception_id=unknown)
        with refuses("invalid_input", parameter="p_exception_id"):
            run(clinic.connection, "remove_availability_exception", p_exception_id=None)

    @pytest.mark.parametrize(
        ("wrong", "parameter"),
        [
            ({"p_starts_at": None}, "p_starts_at"),
            ({"p_ends_at": None}, "p_ends_at"),
            ({"p_starts_at": "-infinity"}, "p_starts_at"),
            ({"p_ends_at": "infinity"}, "p_ends_at"),
            ({"p_ends_at": "2030-01-01T10:00Z"}, "p_ends_at"),
            ({"p_ends_at": "2030-01-01T09:00Z"}, "p_ends_at"),
            ({"p_kind": None}, "p_kind"),
            ({"p_kind": "OPEN"}, "p_kind"),
            ({"p_kind": "x" * 10_001}, "p_kind"),
            ({"p_practitioner_id": None}, "p_practitioner_id"),
        ],
    )
    def test_is_refused_out_of_bounds(self, clinic, therapist, refuses, wrong, parameter):
        right = {"p_starts_at": "2030-01-01T10:00Z", "p_ends_at": "2030-01-01T11:00Z", "p_practitioner_id": therapist}
        with refuses("invalid_input", parameter=parameter):
            run(clinic.connection, "add_availability_exception", **right | wrong)

    def test_is_the_practitioners_own(self, clinic, clinic_as, therapist, refuses):
        client = clinic_as(clinic.client())
        for more in ({}, {"p_practitioner_id": therapist}):
            with refuses("not_allowed"):
                self.add(client, clinic.at(10), clinic.at(11), **more)

    def test_is_of_known_practitioners(self, clinic, refuses):
        person = clinic.person()
        with refuses("not_a_practitioner", user_id=person):
            self.add(clinic, clinic.at(10), clinic.at(11), p_practitioner_id=person)
        with refuses("not_found", id=UNKNOWN):
            self.add(clinic, clinic.at(10), clinic.at(11), p_practitioner_id=UNKNOWN)
