"""A small therapists' practice to try things in: people, when they work, their sessions and holds."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any, TypeAlias
from uuid import uuid4

import psycopg
from gusmester.calls import Json, ask, run
from psycopg import sql

UNKNOWN = "00000000-0000-4000-8000-000000000000"
"""An id that nobody has."""

EVERY_DAY = range(1, 8)
"""ISO weekdays."""

Instant: TypeAlias = datetime | str

_numbers = count(1)


class Practice:
    """The practice as one caller sees it: every method acts as whoever ``connection`` is.

    What makes things and what looks at tables is for the owner's connection, a service caller.
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    # People

    def person(self, credits: int = 0, **columns: Any) -> str:
        """Make somebody who has bought this many credits; return their id."""
        row = {"user_id": str(uuid4()), "full_name": f"Person {next(_numbers)}"} | columns
        self.insert("profiles", row)
        if credits:
            arguments = {"p_user_id": row["user_id"], "p_amount": credits, "p_transaction_type": "credit_purchase"}
            run(self.connection, "update_credit_balance", **arguments)
        return row["user_id"]

    def practitioner(self, *hours: str, credits: int = 0, **columns: Any) -> str:
        """Make a practitioner who works these hours every day; return their id.

        Hours are written "09:00-17:00"; without any they do not work at all.
        """
        practitioner = self.person(credits)
        self.insert("practitioners", {"user_id": practitioner} | columns)
        for each in hours:
            self.works(practitioner, each)
        return practitioner

    def change(self, practitioner: str, **columns: Any) -> None:
        """Change columns of a practitioner."""
        self._update("practitioners", columns, "user_id", practitioner)

    # When they work

    def works(
        self,
        practitioner: str,
        hours: str,
        weekdays: Iterable[int] = EVERY_DAY,
        valid_from: date | None = None,
        valid_until: date | None = None,
    ) -> None:
        """Add weekly hours, written "09:00-17:00", in the practitioner's time zone."""
        start, end = hours.split("-")
        for weekday in weekdays:
            self.insert(
                "availability_rules",
                {
                    "practitioner_id": practitioner,
                    "weekday": weekday,
                    "start_time": start,
                    "end_time": end,
                    "valid_from": valid_from,
                    "valid_until": valid_until,
                },
            )

    def closes(self, practitioner: str, starts_at: Instant, ends_at: Instant) -> str:
        """Take time off."""
        return self._exception(practitioner, starts_at, ends_at, "closed")

    def opens(self, practitioner: str, starts_at: Instant, ends_at: Instant) -> str:
        """Work beside the weekly hours."""
        return self._exception(practitioner, starts_at, ends_at, "open")

    def _exception(self, practitioner: str, starts_at: Instant, ends_at: Instant, kind: str) -> str:
        arguments = {"p_starts_at": starts_at, "p_ends_at": ends_at, "p_kind": kind, "p_practitioner_id": practitioner}
        exception: str = run(self.connection, "add_availability_exception", **arguments)["exception_id"]
        return exception

    # What takes their time

    def session(self, client: str, therapist: str, starts_at: Instant, minutes: int = 60, **columns: Any) -> str:
        """Put a session into both calendars, whatever the therapist works and without payment; return its id."""
        row = {
            "id": str(uuid4()),
            "client_id": client,
            "therapist_id": therapist,
            "starts_at": starts_at,
            "duration_minutes": minutes,
        }
        self.insert("client_sessions", row | columns)
        return row["id"]

    def hold(self, practitioner: str, starts_at: Instant, minutes: int = 60, **more: Any) -> Json:
        """Hold a slot; the service says for whom with p_holder_id."""
        arguments = {"p_practitioner_id": practitioner, "p_starts_at": starts_at, "p_duration_minutes": minutes}
        return run(self.connection, "hold_slot", **arguments | more)

    def expire(self, hold: Json) -> None:
        """Let time pass for a hold: it expires now."""
        self._update("slot_holds", {"expires_at": self.now()}, "id", hold["hold_id"])

    def book(
        self, client: str | None, therapist: str, day: date | str, at: time | str, minutes: int = 60, **more: Any
    ) -> Json:
        """Book a therapist for credits, at a local date and time of theirs."""
        arguments = {
            "p_user_id": client,
            "p_therapist_id": therapist,
            "p_session_date": day,
            "p_session_time": at,
            "p_duration_minutes": minutes,
        }
        return run(self.connection, "create_session_with_credit_deduction", **arguments | more)

    # Queries

    def slots(
        self,
        practitioner: str | None,
        start: Instant | None,
        end: Instant | None,
        minutes: int | None = 60,
        **more: Any,
    ) -> list[Json]:
        """Return the rows of get_available_slots()."""
        arguments = {
            "p_practitioner_id": practitioner,
            "p_from": start,
            "p_to": end,
            "p_duration_minutes": minutes,
        }
        return ask(self.connection, "get_available_slots", **arguments | more)

    def times(self, practitioner: str, start: Instant, end: Instant, minutes: int = 60, step: int = 60) -> list[str]:
        """Return at which local times one may book, as "HH:MM"; steps are of an hour."""
        return [slot["start_time"][:5] for slot in self.slots(practitioner, start, end, minutes, p_step_minutes=step)]

    def broken_invariants(self) -> list[Json]:
        """Return what verify_invariants() finds."""
        return ask(self.connection, "verify_invariants")

    # A look at the tables

    def now(self, after: timedelta = timedelta(0)) -> datetime:
        """Return the instant this long after the transaction's now()."""
        now: datetime = self.value("SELECT now()")
        return now + after

    def rows(self, query: Any, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.connection.execute(query, parameters).fetchall()

    def value(self, query: Any, parameters: Any = None) -> Any:
        """Return the first column of a query's one row."""
        (row,) = self.rows(query, parameters)
        return row[0]

    def insert(self, table: str, row: Json) -> None:
        """Insert a row by hand."""
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(map(sql.Placeholder, row)),
        )
        self.connection.execute(statement, row)

    def _update(self, table: str, columns: Json, key: str, value: str) -> None:
        settings = [sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in columns]
        statement = sql.SQL("UPDATE {} SET {} WHERE {} = {}").format(
            sql.Identifier(table), sql.SQL(", ").join(settings), sql.Identifier(key), sql.Placeholder("key")
        )
        self.connection.execute(statement, columns | {"key": value})
