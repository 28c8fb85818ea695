"""What a call reads stays small however much there is, for connections old and new."""

from uuid import uuid4

import psycopg
import pytest

from gusmester.calls import ask, run
from gusmester.every_command.commands import COMMANDS

MANY = 20_000
"""Rows of every table, as after some years: 1 000 sessions are to come, the spots of 500 of them are released."""

FEW = 1_500
"""Rows of one table that one call may read: what it is about, or the sessions to come where it lists their spots."""

ENOUGH_TO_KEEP_A_PLAN = 7

QUERIES = [
    "get_employee_points",
    "get_points_history",
    "available_guest_spots",
    "my_gusmester_bookings",
    "my_hosting_sessions",
]

FILL = f"""
    SET session_replication_role = replica;
    CREATE TEMP TABLE many AS
        SELECT i, i % 40 = 0 AS released,
               CASE WHEN i % 40 < 2 THEN 1 ELSE -1 END * (1 + i % 700) * interval '1 day' AS starts_in,
               gen_random_uuid() AS session_id, gen_random_uuid() AS host_id, gen_random_uuid() AS employee_id
        FROM generate_series(1, {MANY}) AS i;
    INSERT INTO employees (id, user_id, name, email, points)
        SELECT host_id, gen_random_uuid(), 'Host', i || '@host.example', 0 FROM many;
    INSERT INTO employees (id, user_id, name, email, points)
        SELECT employee_id, gen_random_uuid(), 'Booker', i || '@booker.example', 300 FROM many;
    INSERT INTO employee_points_history
            (employee_id, entry_number, amount, reason, points_before, points_after, created_at)
        SELECT employee_id, 1, 300, 'Initial points', 0, 300, now() FROM many;
    INSERT INTO sessions (id, name, starts_at, duration_minutes)
        SELECT session_id, 'Many', now() + starts_in, 60 FROM many;
    INSERT INTO session_employees (session_id, employee_id) SELECT session_id, host_id FROM many;
    INSERT INTO guest_spots (id, session_id, host_employee_id, status, ever_booked)
        SELECT gen_random_uuid(), session_id, host_id,
               CASE WHEN released THEN 'released_to_public' ELSE 'booked_by_gusmester' END, NOT released FROM many;
    INSERT INTO gusmester_bookings (id, employee_id, session_id, point_cost)
        SELECT gen_random_uuid(), employee_id, session_id, 150 FROM many WHERE NOT released;
    INSERT INTO idempotency_keys (caller, function_name, key, arguments_hash)
        SELECT 'service', 'book_gusmester_spot', i, '' FROM many;
    INSERT INTO notifications (id, type, user_id, due_at)
        SELECT gen_random_uuid(), 'many', employee_id, now() FROM many;
    INSERT INTO audit_log (action, entity, entity_id) SELECT 'many', 'many', i FROM many;
    RESET session_replication_role"""


class Meter:
    """Measures how many rows of each table the calls on one connection read."""

    def __init__(self, connection):
        self.connection = connection
        self.much = {}
        """What read more than a few rows of a table: the call, the table and the rows."""

    def measure(self, name, call):
        """Call and return what it returns."""
        before = self._rows_read()
        result = call()
        for table, rows in self._rows_read().items():
            if rows - before[table] > FEW:
                self.much[name, table] = rows - before[table]
        return result

    def _rows_read(self):
        self.connection.execute("SELECT pg_stat_force_next_flush()")
        return dict(
            self.connection.execute(
                "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables"
                " WHERE schemaname = current_schema()"
            ).fetchall()
        )


def what_the_service_reads_much_of(club):
    """Call everything once as the service."""
    meter = Meter(club.connection)
    for command in COMMANDS:
        arguments = command.prepare(club).service_arguments | {"p_idempotency_key": str(uuid4())}
        meter.measure(command.name, lambda c=command, a=arguments: run(club.connection, c.name, **a))
    employee = club.employee()
    for query in QUERIES:
        meter.measure(query, lambda q=query: ask(club.connection, q, p_employee_id=employee.id))
    meter.measure("a session written directly", lambda: write_session(club, employee))
    return meter.much


def write_session(club, host):
    """Insert a session and its host as master data is written, move the session, and take the host off."""
    session = club.value(
        "INSERT INTO sessions (name, starts_at, duration_minutes)"
        " VALUES ('Direct', now() + interval '2 days', 60) RETURNING id"
    )
    club.connection.execute(
        "INSERT INTO session_employees (session_id, employee_id) VALUES (%s, %s)", [session, host.id]
    )
    club.move(session, "3 days")
    club.connection.execute("DELETE FROM session_employees WHERE session_id = %s", [session])


def what_an_employee_reads_much_of(club, bobs):
    """Let an employee look around, book and cancel."""
    meter = Meter(bobs.connection)
    session = club.released()
    booking = meter.measure("book_gusmester_spot", lambda: bobs.book(session, p_idempotency_key=session))
    for query in QUERIES:
        meter.measure(query, lambda q=query: ask(bobs.connection, q))
    meter.measure("one's own rows", lambda: bobs.rows("SELECT FROM gusmester_bookings"))
    meter.measure("cancel_gusmester_booking", lambda: bobs.cancel(booking))
    return meter.much


@pytest.fixture
def superuser(superuser_dsn):
    """A superuser, who fills tables fast and keeps their statistics."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        yield connection


class TestANewConnection:
    @pytest.fixture(autouse=True)
    def many_rows(self, superuser, club):
        """The club after some years, its statistics up to date."""
        superuser.execute(FILL)
        superuser.execute("ANALYZE")

    def test_of_the_service_reads_few_rows_of_many(self, club):
        assert what_the_service_reads_much_of(club) == {}

    def test_of_an_employee_reads_few_rows_of_many(self, club, club_as):
        assert what_an_employee_reads_much_of(club, club_as(club.employee())) == {}


class TestAConnectionAsOldAsTheEmptyDatabase:
    """Plans are kept per connection: one made while a table was empty must do when it is full."""

    def test_of_the_service_reads_few_rows_of_many(self, club, superuser):
        superuser.execute("VACUUM")
        for _ in range(ENOUGH_TO_KEEP_A_PLAN):
            what_the_service_reads_much_of(club)
        superuser.execute(FILL)
        assert what_the_service_reads_much_of(club) == {}

    def test_of_an_employee_reads_few_rows_of_many(self, club, club_as, superuser):
        superuser.execute("VACUUM")
        bobs = club_as(club.employee())
        for _ in range(ENOUGH_TO_KEEP_A_PLAN):
            what_an_employee_reads_much_of(club, bobs)
        superuser.execute(FILL)
        assert what_an_employee_reads_much_of(club, bobs) == {}
