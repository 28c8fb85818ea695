"""Practitioners with free time and credits in plenty: every booking of the benchmark succeeds."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import psycopg

from bench.club import FIRST
from bookingdb.server import Server

PRACTITIONER = "00000000-0000-7000-c000-"
FIRST_DAY = date(2031, 1, 6)
HOURS = 4  # booked a day by one client, in the evening
BUSY_DAY = 20  # sessions a day of a full calendar, before the evening
CREDITS = 1_000_000_000


def practitioner_id(number: int) -> UUID:
    """Return the id of the practitioner with this number."""
    return UUID(f"{PRACTITIONER}{FIRST + number}")


def evening(number: int) -> tuple[date, time]:
    """Return the date and time of an evening hour, counted from the first one."""
    return FIRST_DAY + timedelta(days=number // HOURS), time(18 + number % HOURS)


def month() -> tuple[datetime, datetime]:
    """Return the month whose slots are looked for, which is the one that is full."""
    start = datetime.combine(FIRST_DAY, time(), UTC)
    return start, start + timedelta(days=31)


class Practices:
    """The practitioners of one database, who treat each other in pairs; the last one has a full calendar."""

    def __init__(self, server: Server, dbname: str, practitioners: int, sessions: int) -> None:
        self._conninfo = server.conninfo(dbname, options="-csearch_path=bookingdb,pg_temp")
        self._credits = practitioners * CREDITS
        numbers = {
            "practitioner": PRACTITIONER,
            "first": FIRST,
            "last": practitioners - 1,
            "credits": CREDITS,
            "sessions": sessions,
            "month": month()[0],
            "busy_day": BUSY_DAY,
        }
        with psycopg.connect(self._conninfo) as connection:
            # Without triggers and foreign-key checks; check() judges the result at the end.
            connection.execute("SET session_replication_role = replica")
            for statement in _PRACTICES:
                connection.execute(statement, numbers)
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    def check(self) -> None:
        """Raise an error if credits were made or lost or a rule was broken: then the figures would mean nothing."""
        with psycopg.connect(self._conninfo) as connection:
            ((credits, broken),) = connection.execute(_OUTCOME).fetchall()
        if credits != self._credits or broken:
            raise RuntimeError(f"{credits} of {self._credits} credits are left, {broken} invariants are broken")


_PRACTICES = (
    """
    INSERT INTO profiles (user_id, full_name)
    SELECT (%(practitioner)s::text || %(first)s + n)::uuid, 'Practitioner ' || n FROM generate_series(0, %(last)s) AS n
    """,
    "INSERT INTO practitioners (user_id, timezone) SELECT user_id, 'Europe/Oslo' FROM profiles",
    """
    INSERT INTO availability_rules (practitioner_id, weekday, start_time, end_time)
    SELECT user_id, n, '06:00', '22:00' FROM generate_series(1, 7) AS n, profiles
    """,
    """
    INSERT INTO credits (user_id, balance, total_earned, last_entry)
    SELECT user_id, %(credits)s, %(credits)s, 1 FROM profiles
    """,
    """
    INSERT INTO credit_transactions (
        user_id, entry_number, transaction_type, amount, balance_before, balance_after, created_at)
    SELECT user_id, 1, 'credit_purchase', %(credits)s, 0, %(credits)s, now() FROM profiles
    """,
    # Quarters of an hour with as much between them; their reminders were sent long ago.
    """
    INSERT INTO client_sessions (
        client_id, therapist_id, starts_at, ends_at, session_date, start_time, timezone, duration_minutes, scheduled_at)
    SELECT (%(practitioner)s::text || %(first)s + %(last)s - 1)::uuid,
           (%(practitioner)s::text || %(first)s + %(last)s)::uuid,
           at, at + interval '15 minutes', (at AT TIME ZONE 'Europe/Oslo')::date, (at AT TIME ZONE 'Europe/Oslo')::time,
           'Europe/Oslo', 15, at
      FROM generate_series(0, %(sessions)s - 1) AS n
     CROSS JOIN LATERAL make_interval(
        days => n / %(busy_day)s, hours => 6, mins => 30 * (n %% %(busy_day)s)) AS later
     CROSS JOIN LATERAL (SELECT %(month)s::timestamptz + later) AS s (at)
    """,
)
# What therapy sessions cost went to the house.
_OUTCOME = """
    SELECT (SELECT sum(balance)::bigint FROM credits)
           + (SELECT coalesce(sum(credit_cost), 0) FROM client_sessions WHERE NOT is_peer_booking),
           (SELECT count(*) FROM verify_invariants())
"""
