"""Who is told, by which name and address: looked up when a notification is sent, not when it was queued."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, sql
from psycopg_pool import AsyncConnectionPool

from bookingdb.functions.notifications import ClaimNotificationsRow
from bookingdb.worker._notification import Notification, Receiver

FOR_BOTH = {"booking_reminder_24h", "booking_reminder_1h"}
"""One row serves the client and the therapist."""

# Of people without a profile, or with one that lacks something, a module may know more. The profile comes first.
_SOURCES = {
    "profiles": "full_name, email, timezone, deleted_at IS NOT NULL",
    "employees": "name, email, NULL, false",
    "clients": "name, email, NULL, false",
}


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a person."""

    name: str | None = None
    address: str | None = None
    timezone: str | None = None
    erased: bool = False

    def or_else(self, other: "Person") -> "Person":
        """Return this person, completed from another row of theirs."""
        if self.erased or other.erased:
            return Person(erased=True)
        return Person(self.name or other.name, self.address or other.address, self.timezone or other.timezone)


async def describe(
    pool: AsyncConnectionPool[Any], schema: str, rows: Sequence[ClaimNotificationsRow]
) -> list[Notification]:
    """Return what was claimed with the people it concerns."""
    ids = {user_id for row in rows for user_id in _concerned(row) if user_id}
    async with pool.connection() as connection:
        people = await _look_up(connection, schema, ids) if ids else {}
    return [_notification(row, people) for row in rows]


def _concerned(row: ClaimNotificationsRow) -> Iterator[UUID | None]:
    yield row.user_id
    yield row.therapist_id
    yield _client_of(row)


def _told(row: ClaimNotificationsRow, name: str) -> Any:
    """Return what the payload tells under that name; one queued by hand may be no object."""
    return row.payload.get(name) if isinstance(row.payload, dict) else None


def _client_of(row: ClaimNotificationsRow) -> UUID | None:
    try:
        return UUID(_told(row, "client_id"))
    except (TypeError, ValueError, AttributeError):
        return None


async def _look_up(connection: AsyncConnection[Any], schema: str, ids: Iterable[UUID]) -> dict[UUID, Person]:
    tables = await connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename = ANY (%s)", [schema, list(_SOURCES)]
    )
    installed = {name for (name,) in await tables.fetchall()}
    selects = [
        sql.SQL("SELECT {}, user_id, {} FROM {} WHERE user_id = ANY (%(ids)s)").format(
            place, sql.SQL(columns), sql.Identifier(schema, table)
        )
        for place, (table, columns) in enumerate(_SOURCES.items())
        if table in installed
    ]
    query = sql.SQL("{} ORDER BY 1").format(sql.SQL(" UNION ALL ").join(selects))
    found = await connection.execute(query, {"ids": list(ids)})
    people: dict[UUID, Person] = {}
    for _, user_id, *known in await found.fetchall():
        people[user_id] = people.get(user_id, Person()).or_else(Person(*known))
    return people


def _notification(row: ClaimNotificationsRow, people: dict[UUID, Person]) -> Notification:
    client, therapist = _client_of(row), row.therapist_id
    return Notification(
        id=row.notification_id,
        type=row.type,
        user_id=row.user_id,
        therapist_id=row.therapist_id,
        session_id=row.session_id,
        address=row.address,
        payload=row.payload,
        due_at=row.due_at,
        attempts=row.attempts,
        receivers=tuple(_receivers(row, people)),
        client_name=people.get(client, Person()).name if client else None,
        therapist_name=people.get(therapist, Person()).name if therapist else None,
    )


def _has_begun(row: ClaimNotificationsRow) -> bool:
    """Tell whether it is too late for a reminder, because no worker ran for a while or it was requeued."""
    try:
        return datetime.fromisoformat(_told(row, "starts_at")) <= datetime.now(UTC)
    except (TypeError, ValueError):
        return False


def _receivers(row: ClaimNotificationsRow, people: dict[UUID, Person]) -> Iterator[Receiver]:
    # Wherever somebody has chosen no time zone, the place it happens at has one.
    fallback = str(_told(row, "timezone") or "UTC")
    if row.type in FOR_BOTH and _has_begun(row):
        return
    if row.user_id is None:
        yield Receiver(None, None, row.address, fallback)
        return
    for user_id in dict.fromkeys([row.user_id, row.therapist_id if row.type in FOR_BOTH else None]):
        person = people.get(user_id, Person()) if user_id else None
        if person and not person.erased:
            yield Receiver(user_id, person.name, person.address, person.timezone or fallback)
