"""A small peer exchange to try things in: practitioners who work round the clock and treat each other."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
from calendars.practice import UNKNOWN, Practice
from credits.bank import Bank
from gusmester.calls import Json, ask, run

__all__ = ["UNKNOWN", "Exchange", "in_days", "new_key"]


def in_days(days: int) -> date:
    """Return the date this many days from now in UTC."""
    return (datetime.now(UTC) + timedelta(days=days)).date()


class Exchange(Practice):
    """The exchange as one caller sees it: every method acts as whoever ``connection`` is."""

    def __init__(self, connection: psycopg.Connection) -> None:
        super().__init__(connection)
        self.bank = Bank(connection)

    # People

    def peer(self, credits: int = 0, **columns: Any) -> str:
        """Make a practitioner of the exchange, whose hour costs 60, with this many credits; return their id."""
        return self.practitioner("00:00-24:00", credits=credits, **columns)

    def pair(self, credits: int = 60) -> tuple[str, str]:
        """Make two: one who can pay for an hour, and one who has nothing."""
        return self.peer(credits), self.peer()

    def rate(self, practitioner: str, minutes: int, credits: int) -> None:
        """Say what this practitioner's sessions of a length cost from now on."""
        self.connection.execute(
            "INSERT INTO credit_rates (practitioner_id, duration_minutes, credit_cost) VALUES (%s, %s, %s)"
            " ON CONFLICT (practitioner_id, duration_minutes) DO UPDATE SET credit_cost = excluded.credit_cost",
            [practitioner, minutes, credits],
        )

    def spends(self, person: str, credits: int) -> None:
        """Take credits from somebody who has them."""
        self.bank.change(person, -credits)

    def debtor(self) -> str:
        """Make a practitioner who has spent the 60 they earned by a session that was cancelled then."""
        client, debtor = self.pair()
        session = self.books(client, debtor, day=in_days(300))
        self.spends(debtor, 60)
        self.refunds(session["session_id"])
        return debtor

    # Commands

    def books(
        self,
        client: str | None,
        practitioner: str | None,
        day: date | None = None,
        at: str = "10:00",
        minutes: int | None = 60,
        kind: str | None = "Massage",
        **more: Any,
    ) -> Json:
        """Book a practitioner, in three days unless said otherwise."""
        arguments = {
            "p_client_id": client,
            "p_practitioner_id": practitioner,
            "p_session_date": day or in_days(3),
            "p_start_time": at,
            "p_duration_minutes": minutes,
            "p_session_type": kind,
        }
        return run(self.connection, "create_peer_booking", **arguments | more)

    def booked(self, credits: int = 60, **more: Any) -> tuple[str, str, str]:
        """Make two and let one book the other for all they have; return session, client and practitioner."""
        client, practitioner = self.pair(credits)
        session: str = self.books(client, practitioner, **more)["session_id"]
        return session, client, practitioner

    def unpaid(self, client: str, practitioner: str, minutes: int = 60, **columns: Any) -> str:
        """Put a peer session into both calendars without payment, as the service may; return its id."""
        starts_at = datetime.combine(in_days(3), datetime.min.time(), UTC) + timedelta(hours=10)
        row = {"starts_at": starts_at, "session_type": "Massage", "is_peer_booking": True} | columns
        return self.session(client, practitioner, row.pop("starts_at"), minutes, **row)

    def pays(self, session: str | None, client: str | None, practitioner: str | None, **more: Any) -> Json:
        """Pay for a session of an hour that was made without payment."""
        arguments = {
            "p_client_id": client,
            "p_practitioner_id": practitioner,
            "p_session_id": session,
            "p_duration_minutes": 60,
        }
        return run(self.connection, "process_peer_booking_credits", **arguments | more)

    def refunds(self, session: str | None, **more: Any) -> Json:
        """Cancel a session and give back what it cost."""
        return run(self.connection, "process_peer_booking_refund", p_session_id=session, **more)

    def cancels(self, session: str | None, **more: Any) -> Json:
        """Cancel a session as any other."""
        return run(self.connection, "cancel_session", p_session_id=session, **more)

    def moves(self, session: str | None, day: date | None = None, at: str = "15:00", **more: Any) -> Json:
        """Move a session, to a day later at 15:00 unless said otherwise."""
        arguments = {"p_session_id": session, "p_session_date": day or in_days(4), "p_start_time": at}
        return run(self.connection, "reschedule_session", **arguments | more)

    def cleans(self, **more: Any) -> list[str]:
        """Cancel the sessions nobody has paid for; return their ids."""
        return [row["session_id"] for row in ask(self.connection, "cleanup_orphaned_sessions", **more)]

    def steps(self, session: str, command: str) -> Json:
        """Confirm, start or complete a session, or say that the client did not come."""
        return run(self.connection, command, p_session_id=session)

    # What time does

    def starts(self, session: str) -> None:
        """Let the time of a session come: it started a moment ago."""
        self.connection.execute("UPDATE client_sessions SET starts_at = now() WHERE id = %s", [session])

    def ages(self, session: str, age: str) -> None:
        """Let a session have been made so long ago."""
        self.connection.execute(
            "UPDATE client_sessions SET created_at = now() - %s::interval WHERE id = %s", [age, session]
        )

    def becomes(self, session: str, status: str) -> None:
        """Bring a session into a status by the steps that lead there."""
        if status == "cancelled":
            self.cancels(session)
        elif status != "scheduled":
            for command in {
                "confirmed": ["confirm_session"],
                "in_progress": ["confirm_session", "start_session"],
                "completed": ["confirm_session", "complete_session"],
                "no_show": ["confirm_session", "mark_session_no_show"],
            }[status]:
                if command in ("complete_session", "mark_session_no_show"):
                    self.starts(session)
                self.steps(session, command)

    # A look at the tables

    def balance(self, person: str) -> int:
        """Return how many credits somebody has."""
        return self.bank.balance(person)

    def total(self) -> int:
        """Return how many credits all people have together."""
        total: int = self.value("SELECT coalesce(sum(balance), 0) FROM credits")
        return total

    def entries(self, person: str) -> list[tuple[Any, ...]]:
        """Return type, amount and the balance after each of somebody's entries, first to last."""
        return self.bank.entries(person)

    def about(self, session: str, *columns: str) -> Any:
        """Return columns of a session: the one, or a tuple."""
        ((row,),) = self.rows("SELECT to_jsonb(s) FROM client_sessions s WHERE id = %s", [session])
        return row[columns[0]] if len(columns) == 1 else tuple(row[column] for column in columns)

    def told(self, session: str, person: str | None = None) -> list[str]:
        """Return what was queued about a session, to one person or to all, without what was withdrawn."""
        return [
            kind
            for (kind,) in self.rows(
                "SELECT type FROM notifications WHERE session_id = %(session)s AND status <> 'withdrawn'"
                " AND (%(person)s::uuid IS NULL OR user_id = %(person)s) ORDER BY type",
                {"session": session, "person": person},
            )
        ]

    def audits(self, action: str) -> list[Json]:
        """Return the audit rows of a command, oldest first."""
        return self.bank.audits(action)


def new_key() -> Json:
    """Return the argument that gives a call a new idempotency key."""
    return {"p_idempotency_key": str(uuid4())}
