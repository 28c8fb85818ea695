"""The people of the exchange and what they do; who they are and what they have is read from the database."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from bookingdb.client import ActingUser, Database
from bookingdb.demo._shared import Done, Refused, Stage, attempt

Deed = tuple[str, str, Done | Refused, int]
"""Who does what, how it went, and the credits they have then."""


class Musketeers:
    """The people on a stage, with a verb for everything they do."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.day = (datetime.now(UTC) + timedelta(days=3)).date()
        """The day that is told of; another one, three days on."""

    def enlist(self, credits: Mapping[str, int]) -> None:
        """Insert people, which are master data, and give them their first credits."""
        for name, amount in credits.items():
            self.stage.sql("INSERT INTO profiles (user_id, full_name) VALUES (%s, %s)", (uuid4(), name))
            if amount:
                self.stage.service.update_credit_balance(self.person(name), amount, "bonus", "Welcome")

    def practise(self, name: str, credits_per_hour: int, quarter: int | None = None) -> None:
        """Insert a practitioner of the whole day, and perhaps what a quarter of an hour costs: master data, too."""
        person = self.person(name)
        self.stage.sql(
            "INSERT INTO practitioners (user_id, credits_per_hour) VALUES (%s, %s)", (person, credits_per_hour)
        )
        week = [{"weekday": day, "start_time": "08:00", "end_time": "20:00"} for day in range(1, 8)]
        self.acting(name).call("set_weekly_availability", rules=week)
        if quarter:
            self.stage.sql("INSERT INTO credit_rates VALUES (%s, 15, %s)", (person, quarter))

    def raise_rate(self, name: str, credits_per_hour: int) -> None:
        """Make an hour dearer from now on."""
        self.stage.sql(
            "UPDATE practitioners SET credits_per_hour = %s WHERE user_id = %s", (credits_per_hour, self.person(name))
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

    def session(self, client: str, practitioner: str) -> UUID:
        """Return the id of the session that these two agreed on last."""
        ((session_id,),) = self.stage.sql(
            "SELECT id FROM client_sessions WHERE client_id = %s AND therapist_id = %s"
            " ORDER BY created_at DESC LIMIT 1",
            (self.person(client), self.person(practitioner)),
        )
        return UUID(str(session_id))

    def book(self, client: str, practitioner: str, at: time, minutes: int = 60, key: str | None = None) -> Deed:
        """One books another."""
        does = f"books {practitioner}, {at:%H:%M}, {minutes} minutes" + (f" (key {key})" if key else "")
        return self._deed(
            client,
            does,
            lambda user: self.booking(user, self.person(practitioner), self.day, at, minutes, key),
            f"paid {{credit_cost}}; {practitioner} {{practitioner_balance_before}} to {{practitioner_balance_after}}",
        )

    def booking(
        self, user: ActingUser, practitioner_id: UUID, day: date, at: time, minutes: int, key: str | None = None
    ) -> dict[str, Any]:
        """Book another as a signed-in person."""
        result: dict[str, Any] = user.call(
            "create_peer_booking",
            client_id=user.user_id,
            practitioner_id=practitioner_id,
            session_date=day,
            start_time=at,
            duration_minutes=minutes,
            session_type="Massage",
            idempotency_key=key,
        )
        return result

    def cancel(self, who: str, client: str, practitioner: str) -> Deed:
        """One of the two cancels the session that they agreed on last."""
        session_id = self.session(client, practitioner)
        return self._deed(
            who,
            f"cancels {practitioner if who == client else client}",
            lambda user: user.call("process_peer_booking_refund", session_id=session_id),
            f"{client} got back {{refunded_credits}}; {practitioner} has {{practitioner_new_balance}}",
        )

    def _deed(self, who: str, does: str, action: Callable[[ActingUser], dict[str, Any]], tell: str) -> Deed:
        user = self.acting(who)
        went = attempt(lambda: action(user), tell)
        return who, does, went, self.has(who)
