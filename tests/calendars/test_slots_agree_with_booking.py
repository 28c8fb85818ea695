"""get_available_slots() lists a time exactly when it can be held and booked, and when a brute-force reading says so.

Calendars are random, and the same in every run. For others, or more of them:
BOOKINGDB_TEST_SEED=7 BOOKINGDB_TEST_EXAMPLES=1000 pytest tests/calendars/test_slots_agree_with_booking.py
"""

import json
import os
from datetime import date, datetime, time

import pytest
from gusmester.calls import Json
from hypothesis import HealthCheck, Phase, given, note, seed, settings

from calendars import random_calendars as random
from calendars.practice import Practice
from calendars.random_calendars import BOOKER, OTHERS, PRACTITIONER, Laid

SEED = int(os.environ.get("BOOKINGDB_TEST_SEED", "1"))

EXAMPLES = int(os.environ.get("BOOKINGDB_TEST_EXAMPLES", "5"))
"""Calendars of each zone."""

REASONS = {"in_the_past", "outside_availability", "slot_taken", "at another instant"}
"""Why a time is refused."""

# Each attempt is undone: its subtransaction ends in an error in any case.
ATTEMPTS = """
    CREATE FUNCTION pg_temp.attempt(
        p_command text, p_at timestamptz, p_client uuid, p_therapist uuid, p_minutes int, p_timezone text)
    RETURNS text LANGUAGE plpgsql AS $$
    DECLARE
        v_local  timestamp := p_at AT TIME ZONE p_timezone;
        v_booked timestamptz := p_at;
        v_detail text;
    BEGIN
        IF p_command = 'hold' THEN
            PERFORM hold_slot(p_therapist, p_at, p_minutes, p_holder_id => p_client);
        ELSE
            v_booked := create_session_with_credit_deduction(
                p_client, p_therapist, v_local::date, v_local::time, p_minutes) ->> 'starts_at';
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'ZZ000',
            DETAIL = json_build_object('reason', CASE v_booked WHEN p_at THEN 'done' ELSE 'at another instant' END);
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL;
        IF v_detail !~ '"reason"' THEN
            RAISE;
        END IF;
        RETURN v_detail::json ->> 'reason';
    END
    $$"""


class Everybody:
    """The people of every calendar, made once; each calendar is laid out and undone again."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        practice.connection.execute(ATTEMPTS)
        practice.connection.execute("UPDATE settings SET holds_per_person = 1000")
        self.people = [practice.practitioner(credits=1) for _ in (PRACTITIONER, BOOKER, *OTHERS)]
        self.stranger = practice.person(credits=1)

    def lay_out(self, laid: Laid) -> None:
        """Write a calendar's rows."""
        calendar = laid.calendar
        for session in calendar.sessions:
            client, therapist = self.people[session.one], self.people[session.other or 0]
            start = laid.at(session.start)
            self.practice.session(client, therapist, start, session.minutes, status=session.kind)
        for hold in calendar.holds:
            self._hold(laid, hold)
        for each in calendar.exceptions:
            row = {
                "practitioner_id": self.people[each.one],
                "starts_at": laid.at(each.start),
                "ends_at": laid.at(each.end),
                "kind": each.kind,
            }
            self.practice.insert("availability_exceptions", row)
        for rule in calendar.rules:
            row = {
                "practitioner_id": self.people[PRACTITIONER],
                "weekday": rule.weekday,
                "start_time": wall_clock(rule.start),
                "end_time": wall_clock(rule.end),
                "valid_from": laid.day(rule.valid_from),
                "valid_until": laid.day(rule.valid_until),
            }
            self.practice.insert("availability_rules", row)
        self.practice.change(self.people[BOOKER], buffer_minutes=calendar.buffers[BOOKER])
        self.practice.change(
            self.people[PRACTITIONER],
            timezone=calendar.zone,
            buffer_minutes=calendar.buffers[PRACTITIONER],
            min_notice=(laid.not_before or laid.now) - laid.now,
            max_ahead=laid.not_after and laid.not_after - laid.now,
        )

    def _hold(self, laid: Laid, hold: random.Span) -> None:
        row = {
            "id": self.practice.value("SELECT gen_random_uuid()"),
            "practitioner_id": self.people[hold.other or 0],
            "holder_id": self.people[hold.one],
            "starts_at": laid.at(hold.start),
            "ends_at": laid.at(hold.end),
            "expires_at": laid.now + (random.MINUTE if hold.kind == "live" else 0 * random.MINUTE),
        }
        self.practice.insert("slot_holds", row)

    def ask(self, laid: Laid) -> list[Json]:
        """Return what get_available_slots() lists."""
        return self.practice.slots(
            self.people[PRACTITIONER],
            laid.start,
            laid.end,
            laid.calendar.duration,
            p_step_minutes=laid.calendar.step,
        )

    def attempt(self, laid: Laid, command: str) -> dict[datetime, str]:
        """Try to hold or to book each step; return what came of it."""
        client = self.people[BOOKER] if laid.calendar.asked_by_booker else self.stranger
        starts = list(laid.starts())
        outcomes = self.practice.rows(
            "SELECT pg_temp.attempt(%s, s.at, %s::uuid, %s::uuid, %s, %s)"
            " FROM unnest(%s::timestamptz[]) WITH ORDINALITY AS s (at, n) ORDER BY n",
            [command, client, self.people[PRACTITIONER], laid.calendar.duration, laid.calendar.zone, starts],
        )
        return dict(zip(starts, (outcome for (outcome,) in outcomes), strict=True))

    def becomes_the_caller(self, laid: Laid) -> None:
        """Ask and book as the booker; or ask as nobody, and let the service book for a stranger."""
        claims = {"sub": self.people[BOOKER], "role": "authenticated"} if laid.calendar.asked_by_booker else {}
        self.practice.rows("SELECT set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])


def wall_clock(minutes: int) -> str:
    """Return minutes of a day as HH:MM."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def what_a_booking_takes(at: datetime, laid: Laid) -> Json:
    """Return the row of a slot."""
    local = at.astimezone(laid.zone)
    return {
        "starts_at": at,
        "ends_at": at + laid.length,
        "session_date": local.date(),
        "start_time": local.time(),
        "timezone": laid.calendar.zone,
    }


def parsed(slot: Json) -> Json:
    """Return a row with its texts parsed."""
    return slot | {
        "starts_at": datetime.fromisoformat(slot["starts_at"]),
        "ends_at": datetime.fromisoformat(slot["ends_at"]),
        "session_date": date.fromisoformat(slot["session_date"]),
        "start_time": time.fromisoformat(slot["start_time"]),
    }


@pytest.mark.parametrize("zone", random.ZONES)
def test_a_time_is_listed_exactly_when_it_can_be_held_and_booked(practice, zone):
    everybody = Everybody(practice)

    @seed(f"{SEED} {zone}")
    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate, Phase.shrink],
        deadline=None,
        database=None,
        print_blob=True,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(random.calendars(zone))
    def agree(calendar):
        note(f"BOOKINGDB_TEST_SEED={SEED} BOOKINGDB_TEST_EXAMPLES={EXAMPLES}")
        with practice.connection.transaction(force_rollback=True):
            laid = Laid(calendar, practice.now())
            practice.rows("SELECT set_config('timezone', %s, true)", [calendar.session_timezone])
            everybody.lay_out(laid)
            everybody.becomes_the_caller(laid)
            slots = everybody.ask(laid)
            booked, held = everybody.attempt(laid, "book"), everybody.attempt(laid, "hold")
        slots = [parsed(slot) for slot in slots]
        listed = [slot["starts_at"] for slot in slots]
        note(f"from {laid.start} to {laid.end}, now {laid.now}")
        assert listed == laid.offered()
        assert slots == [what_a_booking_takes(at, laid) for at in listed]
        assert listed == [at for at, outcome in booked.items() if outcome == "done"]
        assert listed == [at for at, outcome in held.items() if outcome == "done"]
        assert {*booked.values(), *held.values()} <= REASONS | {"done"}

    agree()
