"""The people of Baker Street and what they do; who they are and what they have is read from the database."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from bookingdb.client import ActingUser, Database
from bookingdb.demo._shared import Done, Refused, Stage, attempt
from bookingdb.functions.calendar import GetAvailableSlotsRow

LONDON = "Europe/London"

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

Hours = Mapping[str, Sequence[str]]
"""Weekdays, from one to the other or just one, -> from when to when: ``{"Mon-Fri": ["09:00-12:30"]}``."""

Deed = tuple[str, str, Done | Refused, int]
"""Who does what, how it went, and the credits they have then."""


class BakerStreet:
    """The people on a stage, with a verb for everything they do."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        ((today,),) = stage.sql("SELECT (now() AT TIME ZONE %s)::date", (LONDON,))
        soon: date = today + timedelta(days=2)
        self.monday = soon + timedelta(days=-soon.weekday() % 7)
        """Of the week that is told of: further away than the notice within which clients cancel."""

    def settle(self, credits: Mapping[str, int]) -> None:
        """Insert profiles, which are master data, and give everybody their credits."""
        for name, amount in credits.items():
            self.stage.sql("INSERT INTO profiles (user_id, full_name) VALUES (%s, %s)", (uuid4(), name))
            if amount:
                self.stage.service.update_credit_balance(self.person(name), amount, "credit_purchase", "Bought")

    def open_practice(self, therapist: str, buffer_minutes: int = 0) -> None:
        """Insert a practitioner, which is master data."""
        self.stage.sql(
            "INSERT INTO practitioners (user_id, buffer_minutes, timezone) VALUES (%s, %s, %s)",
            (self.person(therapist), buffer_minutes, LONDON),
        )

    def person(self, name: str) -> UUID:
        """Return the id of a person."""
        ((user_id,),) = self.stage.sql("SELECT user_id FROM profiles WHERE full_name = %s", (name,))
        return UUID(str(user_id))

    def acting(self, name: str, database: Database | None = None) -> ActingUser:
        """Return the database as this person sees it."""
        return (database or self.stage.service).as_user(self.person(name))

    def has(self, name: str) -> int:
        """Return what a person has."""
        (account,) = self.stage.service.get_credit_balance(self.person(name))
        return account.balance

    def session(self, client: str, therapist: str) -> UUID:
        """Return the id of the session that these two agreed on last."""
        ((session_id,),) = self.stage.sql(
            "SELECT id FROM client_sessions WHERE client_id = %s AND therapist_id = %s"
            " ORDER BY created_at DESC LIMIT 1",
            (self.person(client), self.person(therapist)),
        )
        return UUID(str(session_id))

    def day(self, weekday: str) -> date:
        """Return a day of the week that is told of."""
        return self.monday + timedelta(days=WEEKDAYS.index(weekday))

    def local(self, day: date, at: time) -> datetime:
        """Return the instant of a date and a time in London."""
        instant: datetime
        ((instant,),) = self.stage.sql("SELECT (%s + %s) AT TIME ZONE %s", (day, at, LONDON))
        return instant

    def slots(self, therapist: str, start: datetime, end: datetime) -> list[GetAvailableSlotsRow]:
        """Return the whole hours for which anybody could book a therapist."""
        return self.stage.service.get_available_slots(self.person(therapist), start, end, 60, 60)

    # Who works when

    def work(self, name: str, hours: Hours) -> tuple[str, str, Done | Refused]:
        """Say when one works, week by week."""
        user = self.acting(name)
        went = attempt(lambda: user.call("set_weekly_availability", rules=rules(hours)), "{rules} rules")
        return name, "works " + ", ".join(f"{days} {' '.join(times)}" for days, times in hours.items()), went

    def open_now(self, therapist: str) -> Deed:
        """Work some hours from now on, beside the weekly rules."""
        start = next_hours()[0]
        return self._deed(
            therapist,
            "opens three more hours, soon",
            lambda user: user.call(
                "add_availability_exception", starts_at=start, ends_at=start + timedelta(hours=3), kind="open"
            ),
            "opened",
        )

    def take_off(self, therapist: str, weekday: str) -> Deed:
        """Take a day off."""
        day = self.day(weekday)
        start, end = self.local(day, time()), self.local(day + timedelta(days=1), time())

        def close(user: ActingUser) -> dict[str, Any]:
            within = user.add_availability_exception(start, end, "closed").session_ids
            return {"sessions": len(within)}

        return self._deed(therapist, f"takes {day:%A} off", close, "closed, with {sessions} session in it")

    # Bookings

    def hold(self, client: str, therapist: str, weekday: str, at: time) -> Deed:
        """Have a therapist's hour kept for a while."""
        day = self.day(weekday)
        starts_at = self.local(day, at)
        return self._deed(
            client,
            f"holds {therapist}, {day:%A} {at:%H:%M}",
            lambda user: user.call(
                "hold_slot", practitioner_id=self.person(therapist), starts_at=starts_at, duration_minutes=60
            ),
            "held for ten minutes",
        )

    def book(self, client: str, therapist: str, weekday: str, at: time, key: str | None = None) -> Deed:
        """Book an hour with a therapist in the week that is told of."""
        day = self.day(weekday)
        does = f"books {therapist}, {day:%A} {at:%H:%M}" + (f" (key {key})" if key else "")
        return self._deed(
            client,
            does,
            lambda user: self.booking(user, self.person(therapist), day, at, key),
            "booked, paid {credit_cost}",
        )

    def book_soon(self, client: str, therapist: str) -> Deed:
        """Book the next hour that a therapist has."""
        slot = self.slots(therapist, *next_hours())[0]
        return self._deed(
            client,
            f"books {therapist}, soon",
            lambda user: self.booking(user, self.person(therapist), slot.session_date, slot.start_time),
            "booked, paid {credit_cost}",
        )

    def booking(
        self, user: ActingUser, therapist_id: UUID, day: date, at: time, key: str | None = None
    ) -> dict[str, Any]:
        """Book an hour as a signed-in person."""
        result: dict[str, Any] = user.call(
            "create_session_with_credit_deduction",
            user_id=user.user_id,
            therapist_id=therapist_id,
            session_date=day,
            session_time=at,
            idempotency_key=key,
        )
        return result

    def cancel(self, who: str, client: str, therapist: str) -> Deed:
        """One of the two cancels the session that they agreed on last."""
        session_id = self.session(client, therapist)
        return self._deed(
            who,
            f"cancels {client}'s session" if who == therapist else f"cancels {therapist}",
            lambda user: user.call("cancel_session", session_id=session_id),
            f"cancelled, {client} got back {{refunded_credits}}",
        )

    def move(self, client: str, therapist: str, weekday: str, at: time) -> Deed:
        """A client moves the session that was agreed on last."""
        session_id, day = self.session(client, therapist), self.day(weekday)
        return self._deed(
            client,
            f"moves {therapist} to {day:%A} {at:%H:%M}",
            lambda user: user.call("reschedule_session", session_id=session_id, session_date=day, start_time=at),
            "moved",
        )

    def _deed(self, who: str, does: str, action: Callable[[ActingUser], dict[str, Any]], tell: str) -> Deed:
        user = self.acting(who)
        went = attempt(lambda: action(user), tell)
        return who, does, went, self.has(who)


def rules(hours: Hours) -> list[dict[str, Any]]:
    """Return hours as set_weekly_availability() takes them."""
    found = []
    for days, times in hours.items():
        first, _, last = days.partition("-")
        for weekday in range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1):
            for between in times:
                start, _, end = between.partition("-")
                found.append({"weekday": weekday + 1, "start_time": start, "end_time": end})
    return found


def next_hours() -> tuple[datetime, datetime]:
    """Return three hours that begin with a whole one, more than an hour from now."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    return start, start + timedelta(hours=3)
