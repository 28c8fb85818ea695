"""A clinic to try things in: the practice, with therapists who always work and clients who have credits."""

from datetime import date, datetime, time, timedelta
from typing import Any

from calendars.practice import Practice
from gusmester.calls import Json, ask, run

ALWAYS = "00:00-24:00"


class Clinic(Practice):
    """The clinic as one caller sees it."""

    # People

    def therapist(self, **columns: Any) -> str:
        """Make a therapist who works day and night, in UTC unless said otherwise; return their id."""
        return self.practitioner(ALWAYS, **columns)

    def client(self, credits: int = 10, **columns: Any) -> str:
        """Make a client who has this many credits; return their id."""
        return self.person(credits, **columns)

    def deactivate(self, person: str) -> None:
        """Somebody leaves."""
        self._update("profiles", {"is_active": False}, "user_id", person)

    # Commands

    def book_in(
        self, client: str | None, therapist: str, after: str = "48 hours", minutes: int = 60, **more: Any
    ) -> Json:
        """Book a therapist in UTC this long after the transaction's now()."""
        local = self.instant(after)
        return self.book(client, therapist, local.date(), local.time(), minutes, **more)

    def booked(
        self, client: str | None = None, therapist: str | None = None, after: str = "48 hours", **more: Any
    ) -> str:
        """Book, with people made for it if need be; return the session's id."""
        result = self.book_in(client or self.client(), therapist or self.therapist(), after, **more)
        session: str = result["session_id"]
        return session

    def cancel(self, session: str | None, **more: Any) -> Json:
        """Cancel a session."""
        return run(self.connection, "cancel_session", p_session_id=session, **more)

    def move(self, session: str | None, day: date | str | None, at: time | str | None, **more: Any) -> Json:
        """Reschedule a session to a local date and time."""
        arguments = {"p_session_id": session, "p_session_date": day, "p_start_time": at}
        return run(self.connection, "reschedule_session", **arguments | more)

    def move_to(self, session: str, after: str, **more: Any) -> Json:
        """Reschedule a session of a therapist in UTC to this long after the transaction's now()."""
        local = self.instant(after)
        return self.move(session, local.date(), local.time(), **more)

    def step(self, command: str, session: str | None, **more: Any) -> Json:
        """Confirm, start or complete a session, or mark a no-show."""
        return run(self.connection, command, p_session_id=session, **more)

    def write_notes(self, session: str | None, notes: str | None, **more: Any) -> Json:
        """Write the notes of a session."""
        return run(self.connection, "update_session_notes", p_session_id=session, p_notes=notes, **more)

    def attach_room(self, session: str | None, url: str | None, **more: Any) -> Json:
        """Say where a session takes place."""
        return run(self.connection, "attach_session_room", p_session_id=session, p_room_url=url, **more)

    def release(self, hold: Json, **more: Any) -> Json:
        """Give a hold back."""
        return run(self.connection, "release_slot_hold", p_hold_id=hold["hold_id"], **more)

    def set_weekly(self, rules: Any, **more: Any) -> Json:
        """Say anew when somebody works; ``rules`` is JSON."""
        return run(self.connection, "set_weekly_availability", p_rules=rules, **more)

    def erase(self, person: str) -> Json:
        """Erase somebody."""
        return run(self.connection, "erase_person", p_user_id=person)

    # Queries

    def conflict(self, therapist: str | None, day: date | str, start: str, end: str, **more: Any) -> bool:
        """Ask whether a therapist's time is taken."""
        arguments = {"p_therapist_id": therapist, "p_session_date": day, "p_start_time": start, "p_end_time": end}
        conflict: bool = run(self.connection, "check_booking_conflict", **arguments | more)  # type: ignore[assignment]
        return conflict

    def my_sessions(self, **more: Any) -> list[Json]:
        """Return the rows of my_sessions()."""
        return ask(self.connection, "my_sessions", **more)

    # Time

    def instant(self, after: str) -> datetime:
        """Return the instant this long after the transaction's now(), in UTC."""
        instant: datetime = self.value("SELECT (now() + %s::interval) AT TIME ZONE 'UTC'", [after])
        return instant

    def day(self, days: int = 3) -> date:
        """Return the date so many days from now, in UTC."""
        return self.instant(f"{days} days").date()

    def at(self, hour: float, days: int = 3) -> str:
        """Return an instant so many days from now at an hour of UTC."""
        return f"{datetime.combine(self.day(days), time()) + timedelta(hours=hour)}+00"

    def pass_time(self, session: str, starts_in: str) -> None:
        """Let time pass for a session: it starts this long after the transaction's now(), and was booked long ago."""
        self.connection.execute(
            "UPDATE client_sessions SET starts_at = now() + %s::interval WHERE id = %s", [starts_in, session]
        )

    def set_status(self, session: str, status: str) -> None:
        """Give a session a status by hand."""
        self._update("client_sessions", {"status": status}, "id", session)

    # A look at the tables

    def row(self, session: str) -> Json:
        """Return the row of a session."""
        row: Json = self.value("SELECT to_jsonb(s) FROM client_sessions s WHERE id = %s", [session])
        return row

    def status(self, session: str) -> str:
        """Return the status of a session."""
        status: str = self.row(session)["status"]
        return status

    def starts_at(self, session: str) -> datetime:
        """Return when a session starts."""
        starts_at: datetime = self.value("SELECT starts_at FROM client_sessions WHERE id = %s", [session])
        return starts_at

    def balance(self, person: str) -> int:
        """Return how many credits somebody has."""
        balance: int = self.value("SELECT coalesce(max(balance), 0) FROM credits WHERE user_id = %s", [person])
        return balance

    def entries(self, session: str) -> list[tuple[Any, ...]]:
        """Return whose credits moved for a session: user, type and amount, oldest first."""
        return self.rows(
            "SELECT user_id::text, transaction_type, amount FROM credit_transactions WHERE session_id = %s ORDER BY id",
            [session],
        )

    def told(self, session: str, *types: str) -> list[tuple[Any, ...]]:
        """Return the notifications of a session of these types, or all: type and receiver."""
        return self.rows(
            "SELECT type, user_id::text FROM notifications"
            " WHERE session_id = %s AND (%s = '{}' OR type = ANY (%s)) ORDER BY type, id",
            [session, list(types), list(types)],
        )

    def reminders(self, session: str) -> dict[str, datetime]:
        """Return the unsent reminders of a session: type and when they are due."""
        return dict(
            self.rows(
                "SELECT type, due_at FROM notifications WHERE session_id = %s AND type ~ 'reminder'"
                " AND status IN ('pending', 'leased') ORDER BY type",
                [session],
            )
        )

    def hold_status(self, hold: Json) -> str:
        """Return the status of a hold."""
        status: str = self.value("SELECT status FROM slot_holds WHERE id = %s", [hold["hold_id"]])
        return status

    def audits(self, action: str) -> list[Json]:
        """Return the audit rows of a command, oldest first."""
        return [
            row
            for (row,) in self.rows("SELECT to_json(a) FROM audit_log a WHERE a.action = %s ORDER BY a.id", [action])
        ]

    def differences(self) -> list[Json]:
        """Return what reconcile_credits() finds."""
        return ask(self.connection, "reconcile_credits")
