"""What a call reads stays small however much there is, for connections old and new."""

from collections import Counter
from uuid import uuid4

import psycopg
import pytest

from gusmester.calls import ask, run
from gusmester.club import Club
from gusmester.every_command.commands import COMMANDS

MANY = 20_000
"""Rows of every table, as after some years: 1 000 sessions are to come, the spots of 500 of them are released."""

FEW = 1_500
"""Rows of one table that one call may read: what it is about, or the sessions to come where it lists their spots."""

FEW_BLOCKS = 50
"""Blocks of one index that one call may read; an index of MANY rows has three times as many."""

BLOCKS_TO_A_ROW = 3
"""Blocks of an index that lead to a row: one call may read so many more for each row it reads."""

ENOUGH_TO_KEEP_A_PLAN = 7

QUERIES = [
    "get_employee_points",
    "get_points_history",
    "available_guest_spots",
    "my_gusmester_bookings",
    "my_hosting_sessions",
]

CHECKED_OUTSIDE_FUNCTIONS = {
    ("create_gus_session", "sessions"),
    ("assign_session_employee", "sessions"),
    ("assign its host", "sessions"),
    ("assign its host", "employees"),
}
"""Foreign keys checked by a direct INSERT or the commit: no function's setting reaches their plans, an ANALYZE does."""

# No temporary table: making a session's first one throws away the plans that every connection keeps.
FILL = f"""
    SET session_replication_role = replica;
    INSERT INTO employees (id, name, email, points)
        SELECT md5('host' || i)::uuid, 'Host', i || '@host.example', 0 FROM generate_series(1, {MANY}) AS i;
    INSERT INTO employees (id, name, email, points)
        SELECT md5('booker' || i)::uuid, 'Booker', i || '@booker.example', 300 FROM generate_series(1, {MANY}) AS i;
    INSERT INTO employee_points_history
            (employee_id, entry_number, amount, reason, points_before, points_after, created_at)
        SELECT md5('booker' || i)::uuid, 1, 300, 'Initial points', 0, 300, now() FROM generate_series(1, {MANY}) AS i;
    INSERT INTO sessions (id, name, starts_at, duration_minutes)
        SELECT md5('session' || i)::uuid, 'Many',
               now() + CASE WHEN i % 40 < 2 THEN 1 ELSE -1 END * (1 + i % 700) * interval '1 day', 60
        FROM generate_series(1, {MANY}) AS i;
    INSERT INTO session_employees (session_id, employee_id)
        SELECT md5('session' || i)::uuid, md5('host' || i)::uuid FROM generate_series(1, {MANY}) AS i;
    INSERT INTO guest_spots (id, session_id, host_employee_id, status, ever_booked)
        SELECT gen_random_uuid(), md5('session' || i)::uuid, md5('host' || i)::uuid,
               CASE i % 40 WHEN 0 THEN 'released_to_public' ELSE 'booked_by_gusmester' END, i % 40 <> 0
        FROM generate_series(1, {MANY}) AS i;
    INSERT INTO gusmester_bookings (id, employee_id, session_id, point_cost)
        SELECT gen_random_uuid(), md5('booker' || i)::uuid, md5('session' || i)::uuid, 150
        FROM generate_series(1, {MANY}) AS i WHERE i % 40 <> 0;
    INSERT INTO idempotency_keys (caller, function_name, key, arguments_hash)
        SELECT 'service', 'book_gusmester_spot', i, '' FROM generate_series(1, {MANY}) AS i;
    INSERT INTO notifications (id, type, user_id, due_at)
        SELECT gen_random_uuid(), 'many', gen_random_uuid(), now() FROM generate_series(1, {MANY});
    INSERT INTO audit_log (action, entity, entity_id)
        SELECT 'many', 'many', i FROM generate_series(1, {MANY}) AS i;
    RESET session_replication_role"""


class Meter:
    """Measures how many rows of each table, and blocks of each index, the calls on one connection read."""

    def __init__(self, connection):
        self.connection = connection
        self.much = {}
        """What read more than a few: the call, the table or index, and the rows or blocks."""

    def measure(self, name, call):
        """Call and return what it returns."""
        rows_before, blocks_before = self._rows_read(), self._blocks_read()
        result = call()
        rows, blocks = self._rows_read() - rows_before, self._blocks_read() - blocks_before
        for table, count in rows.items():
            if count > FEW:
                self.much[name, table] = count
        for (table, index), count in blocks.items():
            if count > FEW_BLOCKS + BLOCKS_TO_A_ROW * rows[table]:
                self.much[name, index] = count
        return result

    def _rows_read(self):
        self.connection.execute("SELECT pg_stat_force_next_flush()")
        return Counter(
            dict(
                self.connection.execute(
                    "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables"
                    " WHERE schemaname = current_schema()"
                ).fetchall()
            )
        )

    def _blocks_read(self):
        return Counter(
            {
                (table, index): blocks
                for table, index, blocks in self.connection.execute(
                    "SELECT relname, indexrelname, idx_blks_hit + idx_blks_read FROM pg_statio_user_indexes"
                    " WHERE schemaname = current_schema()"
                )
            }
        )


def commands(club, meter):
    """Let the service run every command."""
    for command in COMMANDS:
        arguments = command.prepare(club).service_arguments | {"p_idempotency_key": str(uuid4())}
        meter.measure(command.name, lambda c=command, a=arguments: run(club.connection, c.name, **a))


def queries(club, meter):
    """Let the service ask every query, about somebody who hosts and books."""
    employee = club.employee()
    club.booking(employee, club.released())
    club.session(employee)
    for query in QUERIES:
        meter.measure(query, lambda q=query: ask(club.connection, q, p_employee_id=employee.id))


def master_data(club, meter):
    """Let the service write sessions and who works at them, without commands."""
    host, session = club.employee(), str(uuid4())
    for name, statement in {
        "insert a session": "INSERT INTO sessions (id, name, starts_at, duration_minutes)"
        " VALUES (%(session)s, 'Direct', now() + interval '2 days', 60)",
        "assign its host": "INSERT INTO session_employees (session_id, employee_id) VALUES (%(session)s, %(host)s)",
        "move it": "UPDATE sessions SET starts_at = starts_at + interval '1 hour' WHERE id = %(session)s",
        "make it private": "UPDATE sessions SET is_private = true WHERE id = %(session)s",
        "make it public": "UPDATE sessions SET is_private = false WHERE id = %(session)s",
        "take its host off": "DELETE FROM session_employees WHERE session_id = %(session)s",
    }.items():
        values = {"session": session, "host": host.id}
        meter.measure(name, lambda st=statement, v=values: club.connection.execute(st, v, prepare=False))


def an_employees_evening(club, meter):
    """Let an employee look around, book and cancel."""
    bobs = Club(meter.connection)
    session = club.released()
    booking = meter.measure("book_gusmester_spot", lambda: bobs.book(session, p_idempotency_key=session))
    for query in QUERIES:
        meter.measure(query, lambda q=query: ask(bobs.connection, q))
    meter.measure("cancel_gusmester_booking", lambda: bobs.cancel(booking))


EVERYTHING = (commands, queries, master_data)


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
        meter = Meter(club.connection)
        for work in EVERYTHING:
            work(club, meter)
        assert meter.much == {}

    def test_of_an_employee_reads_few_rows_of_many(self, club, as_employee):
        meter = Meter(as_employee(club.employee()))
        an_employees_evening(club, meter)
        assert meter.much == {}


class TestAConnectionAsOldAsTheEmptyDatabase:
    """Plans are kept per connection: one made while a table was empty must do when it is full."""

    @pytest.mark.parametrize("work", [commands, queries, master_data])
    def test_of_the_service_reads_few_rows_of_many(self, club, superuser, work):
        superuser.execute("VACUUM")
        for _ in range(ENOUGH_TO_KEEP_A_PLAN):
            work(club, Meter(club.connection))
        superuser.execute(FILL)
        meter = Meter(club.connection)
        work(club, meter)
        assert meter.much.keys() <= CHECKED_OUTSIDE_FUNCTIONS

    def test_that_does_everything_reads_few_rows_of_many(self, club, superuser):
        superuser.execute("VACUUM")
        for _ in range(ENOUGH_TO_KEEP_A_PLAN):
            for work in reversed(EVERYTHING):
                work(club, Meter(club.connection))
        superuser.execute(FILL)
        meter = Meter(club.connection)
        for work in EVERYTHING:
            work(club, meter)
        assert meter.much.keys() <= CHECKED_OUTSIDE_FUNCTIONS

    def test_of_an_employee_reads_few_rows_of_many(self, club, as_employee, superuser):
        superuser.execute("VACUUM")
        connection = as_employee(club.employee())
        for _ in range(ENOUGH_TO_KEEP_A_PLAN):
            an_employees_evening(club, Meter(connection))
        superuser.execute(FILL)
        meter = Meter(connection)
        an_employees_evening(club, meter)
        assert meter.much.keys() <= CHECKED_OUTSIDE_FUNCTIONS
