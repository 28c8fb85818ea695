"""get_available_slots(): what of a practitioner's time can be booked."""

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from support.refusals import refused

from calendars.practice import UNKNOWN, Practice

MONDAY = date(2035, 1, 1)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

SPRING, AUTUMN = date(2035, 3, 11), date(2035, 11, 4)
"""The Sundays of 2035 on which New York's clocks go forward at 2:00, and back at 2:00."""


def at(time: str, day: date = MONDAY) -> datetime:
    """Return a time of that day, UTC."""
    return datetime.fromisoformat(f"{day} {time}").replace(tzinfo=UTC)


@pytest.fixture
def therapist(practice):
    """Works from nine to five, UTC."""
    return practice.practitioner("09:00-17:00")


class TestSteps:
    def test_are_counted_from_the_start_of_the_search(self, practice, therapist):
        assert practice.times(therapist, at("09:07"), at("11:00"), 45, step=20) == ["09:07", "09:27", "09:47", "10:07"]

    def test_before_work_begins_count_too(self, practice, therapist):
        assert practice.times(therapist, at("08:50"), at("10:30"), 30, step=20) == ["09:10", "09:30", "09:50"]

    def test_are_of_fifteen_minutes_unless_said(self, practice, therapist):
        starts = [slot["start_time"] for slot in practice.slots(therapist, at("09:00"), at("10:30"))]
        assert starts == ["09:00:00", "09:15:00", "09:30:00"]

    def test_keep_their_pace_over_a_change_of_the_clock(self, practice):
        therapist = practice.practitioner("00:00-24:00", timezone="Australia/Lord_Howe")
        start = datetime(2035, 3, 31, 14, tzinfo=UTC)  # 01:00; at 02:00 it is 01:30 once more
        assert practice.times(therapist, start, start + 4 * HOUR, 30, step=45) == [
            "01:00",
            "01:45",
            "02:00",
            "02:45",
            "03:30",
        ]


class TestASlot:
    def test_says_what_a_booking_takes(self, practice):
        therapist = practice.practitioner("09:00-17:00", timezone="America/New_York")
        (slot,) = practice.slots(therapist, at("14:00"), at("15:00"))
        assert slot == {
            "starts_at": "2035-01-01T14:00:00+00:00",
            "ends_at": "2035-01-01T15:00:00+00:00",
            "session_date": "2035-01-01",
            "start_time": "09:00:00",
            "timezone": "America/New_York",
        }
        booked = practice.book(practice.person(1), therapist, slot["session_date"], slot["start_time"])
        assert booked["starts_at"] == slot["starts_at"]

    def test_lies_wholly_within_the_search(self, practice, therapist):
        assert practice.times(therapist, at("10:00"), at("12:00"), 60, step=30) == ["10:00", "10:30", "11:00"]
        assert practice.times(therapist, at("10:00"), at("11:59"), 60, step=30) == ["10:00", "10:30"]
        assert practice.times(therapist, at("10:00"), at("10:59"), 60, step=30) == []

    def test_lies_wholly_within_working_time(self, practice, therapist):
        assert practice.times(therapist, at("08:00"), at("11:00"), 60, step=30) == ["09:00", "09:30", "10:00"]
        assert practice.times(therapist, at("15:00"), at("19:00"), 60, step=30) == ["15:00", "15:30", "16:00"]

    def test_begins_after_now(self, practice):
        therapist = practice.practitioner("00:00-24:00")
        with practice.connection.transaction():
            now = practice.now()
            slots = practice.slots(therapist, now - HOUR, now + HOUR, 30, p_step_minutes=30)
            assert [datetime.fromisoformat(slot["starts_at"]) for slot in slots] == [now + 30 * MINUTE]

    def test_is_listed_at_the_edges_of_notice_and_horizon(self, practice):
        therapist = practice.practitioner("00:00-24:00", min_notice=HOUR, max_ahead=2 * HOUR)
        with practice.connection.transaction():
            now = practice.now()
            slots = practice.slots(therapist, now, now + 4 * HOUR, 15, p_step_minutes=30)
            offered = [datetime.fromisoformat(slot["starts_at"]) - now for slot in slots]
        assert offered == [HOUR, HOUR + 30 * MINUTE, 2 * HOUR]

    def test_begins_to_the_microsecond_as_early_as_notice_allows(self, practice):
        therapist = practice.practitioner("00:00-24:00", min_notice=HOUR)
        with practice.connection.transaction():
            first = practice.now(HOUR)
            for start, offered in (
                (first - timedelta(microseconds=1), 0),
                (first, 1),
                (first + timedelta(microseconds=1), 1),
            ):
                assert len(practice.slots(therapist, start, start + 15 * MINUTE, 15)) == offered


class TestBounds:
    @pytest.mark.parametrize(
        ("parameter", "wrong"),
        [
            ("p_practitioner_id", None),
            ("p_from", None),
            ("p_from", "infinity"),
            ("p_from", "-infinity"),
            ("p_from", "1999-12-31 23:59:59+00"),
            ("p_to", None),
            ("p_to", "infinity"),
            ("p_to", "-infinity"),
            ("p_to", "2100-01-01 00:00:00+00"),
            ("p_to", at("09:00")),
            ("p_to", at("08:59")),
            ("p_to", at("09:00") + 62 * DAY + timedelta(microseconds=1)),
            ("p_duration_minutes", None),
            ("p_duration_minutes", -30),
            ("p_duration_minutes", 0),
            ("p_duration_minutes", 14),
            ("p_duration_minutes", 181),
            ("p_step_minutes", None),
            ("p_step_minutes", -5),
            ("p_step_minutes", 0),
            ("p_step_minutes", 4),
            ("p_step_minutes", 241),
        ],
    )
    def test_name_the_parameter_beyond_them(self, practice, therapist, refuses, parameter, wrong):
        search = {
            "p_practitioner_id": therapist,
            "p_from": at("09:00"),
            "p_to": at("17:00"),
            "p_duration_minutes": 60,
            "p_step_minutes": 15,
        }
        arguments = search | {parameter: wrong}
        with refuses("invalid_input", parameter=parameter):
            practice.slots(*(arguments.pop(name) for name in list(search)[:4]), **arguments)

    @pytest.mark.parametrize(("minutes", "step"), [(15, 5), (180, 240)])
    def test_are_within_reach(self, practice, therapist, minutes, step):
        assert practice.slots(therapist, at("00:00"), at("00:00") + 62 * DAY, minutes, p_step_minutes=step)

    def test_on_the_length_of_a_search_are_a_setting(self, practice, therapist):
        practice.connection.execute("UPDATE settings SET slot_search_days = 1")
        assert practice.slots(therapist, at("00:00"), at("00:00") + DAY)
        with refused("invalid_input", parameter="p_to"):
            practice.slots(therapist, at("00:00"), at("00:01") + DAY)

    def test_reach_to_the_ends_of_time(self, practice, therapist):
        assert practice.slots(therapist, "2000-01-01 00:00:00+00", "2000-02-01 00:00:00+00") == []
        assert practice.slots(therapist, "2099-12-30 00:00:00+00", "2099-12-31 23:59:59.999999+00")


class TestWhoseSlots:
    def test_are_asked_for_must_be_known(self, practice, refuses):
        with refuses("not_found", entity="profile", id=UNKNOWN):
            practice.slots(UNKNOWN, at("09:00"), at("17:00"))

    def test_are_asked_for_must_be_a_practitioner(self, practice, refuses):
        person = practice.person()
        with refuses("not_a_practitioner", user_id=person):
            practice.slots(person, at("09:00"), at("17:00"))

    @pytest.mark.parametrize(
        "leave",
        [
            "UPDATE practitioners SET is_active = false WHERE user_id = %s",
            "UPDATE profiles SET is_active = false WHERE user_id = %s",
            "UPDATE profiles SET deleted_at = now() WHERE user_id = %s",
        ],
    )
    def test_are_asked_for_must_be_active(self, practice, therapist, refuses, leave):
        practice.connection.execute(leave, [therapist])
        with refuses("inactive", user_id=therapist):
            practice.slots(therapist, at("09:00"), at("17:00"))

    def test_may_be_asked_for_by_anybody(self, practice, therapist, as_anon, as_service, practice_as):
        expected = practice.slots(therapist, at("09:00"), at("17:00"))
        assert expected
        callers = [Practice(as_anon()), Practice(as_service()), practice_as(practice.person()), practice_as(therapist)]
        for caller in callers:
            assert caller.slots(therapist, at("09:00"), at("17:00")) == expected

    @pytest.mark.parametrize("claims", ["", None, "{}"])
    def test_may_be_asked_for_without_claims(self, practice, therapist, connect, claims):
        anonymous = connect()
        anonymous.execute("SET ROLE anon")
        if claims is not None:
            anonymous.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
        assert Practice(anonymous).times(therapist, at("09:00"), at("10:00")) == ["09:00"]

    def test_are_theirs_alone(self, practice, therapist):
        other = practice.practitioner("09:00-17:00")
        practice.session(practice.person(), other, at("09:00"))
        practice.closes(other, at("10:00"), at("17:00"))
        assert practice.times(therapist, at("09:00"), at("11:00")) == ["09:00", "10:00"]


class TestWeeklyRules:
    def test_are_needed(self, practice):
        assert practice.slots(practice.practitioner(), at("00:00"), at("00:00") + 7 * DAY) == []

    def test_hold_on_their_weekday(self, practice):
        therapist = practice.practitioner()
        practice.works(therapist, "09:00-10:00", weekdays=[1])
        practice.works(therapist, "09:00-10:00", weekdays=[7])
        slots = practice.slots(therapist, at("09:00"), at("09:00") + 14 * DAY, p_step_minutes=60)
        assert [slot["session_date"] for slot in slots] == ["2035-01-01", "2035-01-07", "2035-01-08", "2035-01-14"]

    def test_are_of_the_practitioners_week(self, practice):
        """Monday evening in Honolulu is Tuesday in UTC."""
        therapist = practice.practitioner(timezone="Pacific/Honolulu")
        practice.works(therapist, "20:00-21:00", weekdays=[1])
        (slot,) = practice.slots(therapist, at("00:00"), at("00:00") + 7 * DAY, p_step_minutes=60)
        assert (slot["session_date"], slot["starts_at"]) == ("2035-01-01", "2035-01-02T06:00:00+00:00")

    def test_hold_from_their_first_to_their_last_day(self, practice):
        therapist = practice.practitioner()
        practice.works(therapist, "23:00-24:00", valid_from=MONDAY + DAY, valid_until=MONDAY + 2 * DAY)
        slots = practice.slots(therapist, at("00:00"), at("00:00") + 7 * DAY, p_step_minutes=60)
        assert [slot["session_date"] for slot in slots] == ["2035-01-02", "2035-01-03"]

    def test_hold_for_one_day(self, practice):
        therapist = practice.practitioner()
        practice.works(therapist, "00:00-01:00", valid_from=MONDAY, valid_until=MONDAY)
        slots = practice.slots(therapist, at("00:00") - DAY, at("00:00") + 7 * DAY, p_step_minutes=60)
        assert [slot["session_date"] for slot in slots] == ["2035-01-01"]

    def test_of_two_evenings_make_a_night(self, practice):
        therapist = practice.practitioner()
        practice.works(therapist, "22:00-24:00", weekdays=[1])
        practice.works(therapist, "00:00-02:00", weekdays=[2])
        assert practice.times(therapist, at("21:00"), at("21:00") + 12 * HOUR, 90, step=30) == [
            "22:00",
            "22:30",
            "23:00",
            "23:30",
            "00:00",
            "00:30",
        ]

    def test_that_meet_or_overlap_are_one_time(self, practice):
        therapist = practice.practitioner("09:00-10:00", "10:00-11:00", "10:30-12:00")
        assert practice.times(therapist, at("08:00"), at("13:00"), 180, step=15) == ["09:00"]

    def test_that_are_a_minute_apart_are_two(self, practice):
        therapist = practice.practitioner("09:00-10:00", "10:01-11:01")
        assert practice.times(therapist, at("09:00"), at("12:00"), 60, step=30) == ["09:00"]


class TestExceptions:
    def test_open_time_beside_the_rules(self, practice, therapist):
        practice.opens(therapist, at("17:00"), at("18:30"))
        assert practice.times(therapist, at("16:00"), at("20:00"), 60, step=30) == ["16:00", "16:30", "17:00", "17:30"]

    def test_open_time_for_somebody_without_rules(self, practice):
        therapist = practice.practitioner()
        practice.opens(therapist, at("20:00"), at("21:00"))
        assert practice.times(therapist, at("00:00"), at("00:00") + DAY) == ["20:00"]

    def test_close_time(self, practice, therapist):
        practice.closes(therapist, at("11:00"), at("15:30"))
        assert practice.times(therapist, at("09:00"), at("17:00"), 60, step=30) == [
            "09:00",
            "09:30",
            "10:00",
            "15:30",
            "16:00",
        ]

    def test_that_close_beat_those_that_open(self, practice):
        therapist = practice.practitioner()
        practice.closes(therapist, at("10:00"), at("11:00"))
        practice.opens(therapist, at("09:00"), at("12:00"))
        assert practice.times(therapist, at("09:00"), at("12:00")) == ["09:00", "11:00"]

    def test_have_no_buffer(self, practice):
        therapist = practice.practitioner("09:00-17:00", buffer_minutes=30)
        practice.closes(therapist, at("10:00"), at("11:00"))
        assert practice.times(therapist, at("09:00"), at("13:00")) == ["09:00", "11:00", "12:00"]


class TestSessions:
    @pytest.mark.parametrize("status", ["scheduled", "confirmed", "in_progress"])
    def test_that_stand_take_time(self, practice, therapist, status):
        practice.session(practice.person(), therapist, at("10:00"), status=status)
        assert practice.times(therapist, at("09:00"), at("13:00"), 60, step=30) == ["09:00", "11:00", "11:30", "12:00"]

    @pytest.mark.parametrize("status", ["completed", "cancelled", "no_show"])
    def test_that_are_over_take_none(self, practice, therapist, status):
        practice.session(practice.person(), therapist, at("10:00"), status=status)
        assert practice.times(therapist, at("09:00"), at("12:00")) == ["09:00", "10:00", "11:00"]

    def test_of_a_practitioner_as_client_take_time(self, practice, therapist):
        practice.session(therapist, practice.practitioner(), at("10:00"))
        assert practice.times(therapist, at("09:00"), at("12:00")) == ["09:00", "11:00"]

    def test_keep_the_buffer_on_either_side(self, practice):
        therapist = practice.practitioner("09:00-17:00", buffer_minutes=15)
        practice.session(practice.person(), therapist, at("11:00"))
        assert practice.times(therapist, at("09:30"), at("13:30"), 60, step=15) == ["09:30", "09:45", "12:15", "12:30"]

    def test_beyond_the_edge_of_a_search_keep_their_buffer(self, practice):
        therapist = practice.practitioner("00:00-24:00", buffer_minutes=60)
        practice.session(practice.person(), therapist, at("08:00"))
        practice.session(practice.person(), therapist, at("13:00"))
        assert practice.times(therapist, at("09:00"), at("13:00"), 60, step=60) == ["10:00", "11:00"]

    def test_of_the_caller_elsewhere_take_time_for_them_alone(self, practice, therapist, practice_as):
        client, stranger = practice.person(), practice.person()
        practice.session(client, practice.practitioner(), at("10:00"))
        assert practice_as(client).times(therapist, at("09:00"), at("12:00")) == ["09:00", "11:00"]
        assert practice_as(stranger).times(therapist, at("09:00"), at("12:00")) == ["09:00", "10:00", "11:00"]
        assert practice.times(therapist, at("09:00"), at("12:00")) == ["09:00", "10:00", "11:00"]

    def test_of_a_caller_who_practises_keep_their_buffer_and_their_time_off(self, practice, therapist, practice_as):
        colleague = practice.practitioner(buffer_minutes=15)
        practice.session(practice.person(), colleague, at("10:00"))
        practice.closes(colleague, at("13:00"), at("14:00"))
        assert practice_as(colleague).times(therapist, at("09:00"), at("15:00")) == ["12:00", "14:00"]


class TestHolds:
    @pytest.fixture
    def holder(self, practice, therapist):
        """Holds ten o'clock."""
        holder = practice.person()
        practice.hold(therapist, at("10:00"), p_holder_id=holder)
        return holder

    def test_do_not_block_their_holder(self, therapist, holder, practice_as):
        assert practice_as(holder).times(therapist, at("09:00"), at("12:00")) == ["09:00", "10:00", "11:00"]

    @pytest.mark.usefixtures("holder")
    def test_block_everybody_else(self, practice, therapist, as_anon, practice_as):
        for caller in practice, Practice(as_anon()), practice_as(practice.person()), practice_as(therapist):
            assert caller.times(therapist, at("09:00"), at("12:00")) == ["09:00", "11:00"]

    @pytest.mark.usefixtures("holder")
    def test_keep_the_buffer(self, practice, therapist):
        practice.change(therapist, buffer_minutes=15)
        assert practice.times(therapist, at("09:00"), at("12:15"), 60, step=15) == ["11:15"]

    def test_block_nobody_once_expired(self, practice, therapist):
        practice.expire(practice.hold(therapist, at("10:00"), p_holder_id=practice.person()))
        assert practice.times(therapist, at("09:00"), at("12:00")) == ["09:00", "10:00", "11:00"]

    def test_block_nobody_once_released(self, practice, therapist):
        hold = practice.hold(therapist, at("10:00"), p_holder_id=practice.person())
        practice.rows("SELECT release_slot_hold(%s)", [hold["hold_id"]])
        assert practice.times(therapist, at("09:00"), at("12:00")) == ["09:00", "10:00", "11:00"]

    def test_of_others_block_nobody_who_holds_at_another_time(self, practice, therapist, holder, practice_as):
        practice.hold(therapist, at("09:00"), p_holder_id=practice.person())
        assert practice_as(holder).times(therapist, at("09:00"), at("12:00")) == ["10:00", "11:00"]

    def test_are_refused_on_what_the_holder_could_not_book(self, practice, therapist, refuses):
        """Whoever is elsewhere then cannot keep others from it."""
        holder = practice.person()
        practice.session(holder, practice.practitioner(), at("10:00"))
        with refuses("slot_taken"):
            practice.hold(therapist, at("10:30"), p_holder_id=holder)

    def test_are_refused_in_a_repeated_hour(self, practice, refuses):
        """No date and time can mean it: nobody could book what is held."""
        therapist = practice.practitioner("00:00-24:00", timezone="America/New_York")
        holder = practice.person()
        with refuses("outside_availability"):
            practice.hold(therapist, at("06:30", AUTUMN), p_holder_id=holder)
        practice.hold(therapist, at("05:30", AUTUMN), p_holder_id=holder)


class TestAChangeOfTheClock:
    @pytest.fixture
    def new_yorker(self, practice):
        """Works from midnight to four in New York."""
        return practice.practitioner("00:00-04:00", timezone="America/New_York")

    def test_skips_an_hour(self, practice, new_yorker):
        start = at("05:00", SPRING)
        assert practice.times(new_yorker, start, start + 6 * HOUR) == ["00:00", "01:00", "03:00"]

    def test_repeats_an_hour_that_is_offered_once(self, practice, new_yorker):
        slots = practice.slots(new_yorker, at("04:00", AUTUMN), at("10:00", AUTUMN), p_step_minutes=30)
        assert [(slot["starts_at"][11:16], slot["start_time"][:5]) for slot in slots] == [
            ("04:00", "00:00"),
            ("04:30", "00:30"),
            ("05:00", "01:00"),
            ("05:30", "01:30"),
            # 06:00 and 06:30 are 01:00 and 01:30 once more.
            ("07:00", "02:00"),
            ("07:30", "02:30"),
            ("08:00", "03:00"),
        ]

    def test_repeats_an_hour_that_is_worked_twice(self, practice):
        therapist = practice.practitioner("01:00-02:00", timezone="America/New_York")
        assert practice.times(therapist, at("04:00", AUTUMN), at("10:00", AUTUMN), 120, step=15) == ["01:00"]

    def test_moves_what_begins_or_ends_in_a_skipped_hour_to_its_end(self, practice):
        therapist = practice.practitioner("00:30-02:15", "02:45-04:00", timezone="America/New_York")
        start = at("05:00", SPRING)
        assert practice.times(therapist, start, start + 5 * HOUR, 60, step=30) == ["00:30", "01:00", "01:30", "03:00"]

    def test_leaves_nothing_of_what_lies_in_a_skipped_hour(self, practice):
        therapist = practice.practitioner("02:15-02:45", timezone="America/New_York")
        assert practice.slots(therapist, at("00:00", SPRING), at("00:00", SPRING) + DAY, 15, p_step_minutes=5) == []

    def test_at_midnight_skips_the_first_hour_of_the_day(self, practice):
        therapist = practice.practitioner("00:00-02:00", "23:00-24:00", timezone="Asia/Beirut")
        start = at("21:00", date(2035, 3, 24))  # 23:00; midnight is one o'clock
        assert practice.times(therapist, start, start + 4 * HOUR) == ["23:00", "01:00"]


class TestATransaction:
    def test_that_reads_only_may_ask(self, practice, therapist, connect):
        reader = Practice(connect(options="-cdefault_transaction_read_only=on -csearch_path=bookingdb,pg_temp"))
        assert reader.times(therapist, at("09:00"), at("10:00")) == ["09:00"]
        with refused("invalid_input", parameter="p_from"):
            reader.slots(therapist, None, at("10:00"))
        with refused("not_found"):
            reader.slots(UNKNOWN, at("09:00"), at("10:00"))

    @pytest.mark.parametrize("level", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE])
    def test_of_another_isolation_may_ask(self, practice, therapist, level):
        practice.connection.isolation_level = level
        with practice.connection.transaction():
            assert practice.times(therapist, at("09:00"), at("10:00")) == ["09:00"]

    @pytest.mark.parametrize("timezone", ["Asia/Tokyo", "America/New_York"])
    def test_in_another_time_zone_gets_the_same_slots(self, practice, timezone):
        therapist = practice.practitioner("09:00-11:00", timezone="Europe/Oslo")
        search = therapist, at("00:00", SPRING), at("00:00", SPRING) + 28 * DAY
        expected = [(slot["session_date"], slot["start_time"]) for slot in practice.slots(*search)]
        practice.rows("SELECT set_config('timezone', %s, false)", [timezone])
        assert [(slot["session_date"], slot["start_time"]) for slot in practice.slots(*search)] == expected
