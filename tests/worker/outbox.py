"""The outbox as the tests fill it and look into it."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg


@dataclass
class Outbox:
    """Notifications on the owner's connection."""

    connection: psycopg.Connection

    def person(self, name: str | None = "Anna", email: str | None = None, timezone: str = "UTC") -> UUID:
        """Make a profile."""
        user_id = uuid4()
        self.connection.execute(
            "INSERT INTO profiles (user_id, full_name, email, timezone) VALUES (%s, %s, %s, %s)",
            [user_id, name, email or f"{user_id.hex[:8]}@home.example", timezone],
        )
        return user_id

    def email_of(self, user_id: UUID) -> str:
        """Return a person's address."""
        return str(self.rows("SELECT email FROM profiles WHERE user_id = %s", user_id)[0][0])

    def queue(self, notification_type: str = "booking_confirmation", **fields: Any) -> UUID:
        """Queue one, as bookings do; without a receiver, for somebody new."""
        if not fields.keys() & {"user_id", "address"}:
            fields["user_id"] = self.person()
        rows = json.dumps([{"type": notification_type, **fields}], default=str)
        known = {found for (found,) in self.rows("SELECT id FROM notifications")}
        self.connection.execute("SELECT _queue_notifications(%s)", [rows])
        ((queued,),) = self.rows("SELECT id FROM notifications WHERE id <> ALL (%s)", list(known))
        return UUID(str(queued))

    def queue_many(self, number: int) -> None:
        """Queue many for one person."""
        self.connection.execute(
            "SELECT _queue_notifications(jsonb_agg(jsonb_build_object('type', 'test', 'user_id', %s::uuid)))"
            " FROM generate_series(1, %s)",
            [self.person(), number],
        )

    def make_due(self) -> None:
        """Have everything tried again now."""
        self.connection.execute("UPDATE notifications SET due_at = now() WHERE status = 'pending'")

    def end_leases(self, worker: str = "%") -> list[UUID]:
        """End the leases of workers whose name is like this, as time would; return what they held."""
        return [
            found
            for (found,) in self.rows(
                "UPDATE notifications SET leased_until = now() WHERE status = 'leased' AND leased_by LIKE %s"
                " RETURNING id",
                worker,
            )
        ]

    def statuses(self) -> dict[str, int]:
        """Return how many there are of each status."""
        return dict(self.rows("SELECT status, count(*) FROM notifications GROUP BY status"))

    def one(self, columns: str) -> tuple[Any, ...]:
        """Return these columns of the only notification."""
        (row,) = self.rows(f"SELECT {columns} FROM notifications")
        return row

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        return self.connection.execute(query, parameters).fetchall()
