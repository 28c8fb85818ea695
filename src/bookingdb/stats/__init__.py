"""How an installation does: its queue, what was booked, moved and refused, and what is unusual."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

from psycopg import Connection

from bookingdb.client import connect
from bookingdb.functions.credits import CreditPatternsRow

MOST_DAYS = 62
"""Of so many days at most the figures are told day by day."""

Figures = Mapping[tuple[str, str], int]
"""Numbers by module and metric."""

_QUEUE, _REFUSED = "queue.", "failures."
_MOVED = ("credits_", "points_")

_NOW: LiteralString = "SELECT now()"
# By the index that workers take notifications from.
_OLDEST_DUE: LiteralString = """
    SELECT now() - n.due_at FROM notifications n
    WHERE n.is_open AND n.status = 'pending' AND n.due_at <= now()
    ORDER BY n.due_at LIMIT 1
"""


@dataclass(frozen=True)
class Day:
    """A day in UTC, or the part of it that belongs to the period, and its figures."""

    start: datetime
    figures: Figures


@dataclass(frozen=True)
class Statistics:
    """What is known of a period ``[start, end)`` at the moment ``at``."""

    schema: str
    at: datetime
    start: datetime
    end: datetime
    figures: Figures
    oldest_due: timedelta | None
    """For how long the notification has been due that has been so the longest."""
    patterns: list[CreditPatternsRow] | None
    """None where the module credits is not installed."""
    days: list[Day]

    @property
    def queue(self) -> dict[str, int]:
        """How many notifications are in which state now."""
        return {metric.removeprefix(_QUEUE): n for (_, metric), n in self.figures.items() if metric.startswith(_QUEUE)}

    @property
    def refused(self) -> dict[str, int]:
        """How many calls were refused since installation, by reason, most first."""
        reasons = {
            metric.removeprefix(_REFUSED): n
            for (_, metric), n in self.figures.items()
            if metric.startswith(_REFUSED) and n
        }
        return dict(sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0])))

    @property
    def happened(self) -> Figures:
        """What was booked, cancelled and done in the period."""
        apart = (_QUEUE, _REFUSED, *_MOVED)
        return {key: n for key, n in self.figures.items() if not key[1].startswith(apart)}

    @property
    def moved(self) -> Figures:
        """How many credits and points moved in the period."""
        return {key: n for key, n in self.figures.items() if key[1].startswith(_MOVED)}


def moment(conn: Connection[Any]) -> datetime:
    """Return the time of the connection's transaction."""
    now: datetime = conn.execute(_NOW).fetchall()[0][0]
    return now


def collect(conn: Connection[Any], schema: str, start: datetime, end: datetime, *, by_day: bool = False) -> Statistics:
    """Ask for everything there is to know of a period, in the transaction of ``conn``, best a snapshot.

    Raises ``UnknownFunction`` where nothing is installed.
    """
    figures = _figures(conn, schema, start, end)
    modules = {module for module, _ in figures}
    oldest = conn.execute(_OLDEST_DUE).fetchone() if "notifications" in modules else None
    return Statistics(
        schema,
        moment(conn),
        start,
        end,
        figures,
        oldest[0] if oldest else None,
        connect(conn, schema).credit_patterns(start, end) if "credits" in modules else None,
        [Day(a, _figures(conn, schema, a, b)) for a, b in days(start, end)] if by_day else [],
    )


def days(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Split a period, given in UTC, at every midnight."""
    while start < end:
        following = min(end, start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1))
        yield start, following
        start = following


def whole_seconds(age: timedelta) -> timedelta:
    """Return an age as people read it."""
    return timedelta(seconds=int(age.total_seconds()))


def _figures(conn: Connection[Any], schema: str, start: datetime, end: datetime) -> Figures:
    rows = connect(conn, schema).booking_stats(start, end)
    return {(row.module, row.metric): row.value for row in rows}
