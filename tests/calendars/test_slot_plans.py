"""What a search for slots reads stays small however many sessions others have, for connections old and new."""

import psycopg
import pytest
from gusmester.test_plans import ENOUGH_TO_KEEP_A_PLAN, Meter

from calendars.practice import Practice

SEARCH = ("2035-03-01 00:00:00+00", "2035-04-01 00:00:00+00")

OWN = 500
"""Sessions in the month that is searched."""

# 1 000 practitioners with 100 sessions each in the same month, and rules, time off and holds. Scheduled as they begin:
# nobody is owed a reminder.
OTHERS = """
    INSERT INTO profiles (user_id, full_name)
        SELECT md5(role || i)::uuid, role
        FROM generate_series(1, 1000) AS i, unnest('{client,therapist}'::text[]) AS role;
    INSERT INTO practitioners (user_id) SELECT md5('therapist' || i)::uuid FROM generate_series(1, 1000) AS i;
    INSERT INTO client_sessions (
            client_id, therapist_id, session_date, start_time, duration_minutes, timezone,
            starts_at, ends_at, scheduled_at)
        SELECT md5('client' || i)::uuid, md5('therapist' || i)::uuid, '2035-03-01', '00:00', 60, 'UTC',
               s.at, s.at + interval '1 hour', s.at
        FROM generate_series(1, 1000) AS i,
             generate_series(timestamptz '2035-03-01 00:00Z', '2035-03-31 00:00Z', interval '435 minutes') AS s (at);
    INSERT INTO availability_rules (practitioner_id, weekday, start_time, end_time)
        SELECT md5('therapist' || i)::uuid, weekday, '09:00', '17:00'
        FROM generate_series(1, 1000) AS i, generate_series(1, 7) AS weekday;
    INSERT INTO availability_exceptions (practitioner_id, starts_at, ends_at, kind)
        SELECT md5('therapist' || i)::uuid, d.day, d.day + interval '1 day', kind
        FROM generate_series(1, 1000) AS i, unnest('{open,closed}'::text[]) AS kind,
             generate_series(timestamptz '2035-03-01 00:00Z', '2035-03-10 00:00Z', interval '1 day') AS d (day);
    INSERT INTO slot_holds (id, practitioner_id, holder_id, starts_at, ends_at, expires_at)
        SELECT gen_random_uuid(), md5('therapist' || i)::uuid, md5('client' || i)::uuid,
               h.at, h.at + interval '1 hour', now() + interval '10 minutes'
        FROM generate_series(1, 1000) AS i,
             generate_series(timestamptz '2035-03-01 00:00Z', '2035-03-01 10:00Z', interval '1 hour') AS h (at);
"""

OWN_SESSIONS = f"""
    INSERT INTO client_sessions (
            client_id, therapist_id, session_date, start_time, duration_minutes, timezone,
            starts_at, ends_at, scheduled_at)
        SELECT %(client)s, %(therapist)s, '2035-03-01', '00:00', 30, 'UTC', s.at, s.at + interval '30 minutes', s.at
        FROM generate_series(0, {OWN - 1}) AS i,
             LATERAL (SELECT timestamptz '2035-03-01 00:00Z' + i * interval '85 minutes') AS s (at)
"""


@pytest.fixture
def superuser(superuser_dsn):
    """A superuser, who fills tables fast and keeps their statistics."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


@pytest.fixture
def searchers(practice, practice_as):
    """A therapist, and those who look for their slots: the service, and a client."""
    therapist, client = practice.practitioner("00:00-24:00", buffer_minutes=5), practice.person()
    return therapist, client, [practice, practice_as(client)]


def fill(superuser: psycopg.Connection, therapist: str, client: str) -> None:
    """Give this therapist and everybody else their sessions."""
    superuser.execute(OTHERS)
    superuser.execute(OWN_SESSIONS, {"therapist": therapist, "client": client})


def reads_much(searcher: Practice, therapist: str) -> dict:
    """Search a month in steps of 15 minutes and return what that read more than a few of."""
    meter = Meter(searcher.connection)
    slots = meter.measure("get_available_slots", lambda: searcher.slots(therapist, *SEARCH, 15))
    assert len(slots) > OWN
    return meter.much


def test_a_search_reads_few_rows_of_many(searchers, superuser, connect):
    therapist, client, old_connections = searchers
    superuser.execute("VACUUM")
    for _ in range(ENOUGH_TO_KEEP_A_PLAN):  # one that was made while the tables were empty
        for caller in old_connections:
            caller.slots(therapist, *SEARCH, 15)
    fill(superuser, therapist, client)
    for caller in old_connections:
        assert reads_much(caller, therapist) == {}
    superuser.execute("ANALYZE")
    for caller in [*old_connections, Practice(connect())]:
        assert reads_much(caller, therapist) == {}
