"""A connection opened on the empty, vacuumed install keeps its plans: none reads all that an organization has."""

from collections import Counter
from contextlib import contextmanager

import psycopg
import pytest

MANY = 3000
FEW = 60
PEOPLE = "WITH people AS MATERIALIZED (SELECT md5(n::text)::uuid AS id FROM generate_series(1, %(many)s) AS n)"
TABLES = ["organizations", "leads", "clients", "class_sessions", "memberships", "bookings", "membership_usage"]


class Studio:
    """What clients of a studio do, by one connection."""

    def __init__(self, connection):
        self.connection = connection
        self.organization_id = self.ask(
            "INSERT INTO organizations (name, slug, public_booking) VALUES ('Studio', 'studio', true) RETURNING id"
        )

    def ask(self, query, *values):
        ((found,),) = self.connection.execute(query, values).fetchall()
        return found

    def client(self, name):
        client_id = self.ask(
            "INSERT INTO clients (organization_id, name, email) VALUES (%s, %s, %s) RETURNING id",
            self.organization_id,
            name,
            f"{name}@studio.example",
        )
        self.ask("SELECT create_membership(%s, %s, 'client', 'Any', 1000)", self.organization_id, client_id)
        return client_id

    def new_class(self, capacity=1):
        return self.ask(
            "INSERT INTO class_sessions (organization_id, name, starts_at, duration_minutes, capacity)"
            " VALUES (%s, 'Yoga', now() + interval '3 days', 60, %s) RETURNING id",
            self.organization_id,
            capacity,
        )

    def call(self, function, *values):
        return self.ask(f"SELECT {function}({', '.join(['%s'] * len(values))})", *values)

    def day(self, number):
        """Do everything that is done often; yield before each command."""
        first, second, klass = self.client(f"ida{number}"), self.client(f"jon{number}"), self.new_class()
        yield "create_class_booking"
        booked = self.call("create_class_booking", self.organization_id, klass, first, "client")
        yield "join_class_waitlist"
        self.call("join_class_waitlist", self.organization_id, klass, second, "client")
        yield "cancel_class_booking"
        promoted = self.call("cancel_class_booking", booked["booking_id"])["promoted_booking_id"]
        yield "check_in_booking"
        self.call("check_in_booking", promoted)
        yield "class_roster"
        assert self.ask("SELECT count(*) FROM class_roster(%s)", klass) == 1
        wide = self.new_class(5)
        yield "create_public_booking"
        self.call("create_public_booking", self.organization_id, wide, "Lea", f"lea{number}@studio.example")
        yield "create_public_booking of a client"
        self.call("create_public_booking", self.organization_id, wide, "Ida", f"ida{number}@studio.example")


@pytest.fixture
def empty(superuser_dsn, dsn):
    """Forget that the tables were never looked at."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
        connection.execute("VACUUM")


def fill(superuser_dsn, organization_id):
    """Insert what an organization has after some years, much faster than it came to be."""
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in (
            "INSERT INTO clients (id, organization_id, person_id, name, email)"
            " SELECT id, %(organization)s, id, 'Old', id || '@studio.example' FROM people",
            "INSERT INTO leads (id, organization_id, person_id, name, email)"
            " SELECT id, %(organization)s, id, 'Old', id || '@studio.example' FROM people",
            "INSERT INTO class_sessions (id, organization_id, name, starts_at, duration_minutes, capacity, taken)"
            " SELECT id, %(organization)s, 'Old', now() - interval '1 year', 60, 1, 1 FROM people",
            "INSERT INTO memberships (id, organization_id, client_id, person_id, name)"
            " SELECT id, %(organization)s, id, id, 'Old' FROM people",
            "INSERT INTO bookings (id, organization_id, class_session_id, client_id, person_id, payment_method,"
            " membership_id) SELECT id, %(organization)s, id, id, id, 'membership', id FROM people",
            "INSERT INTO membership_usage (organization_id, membership_id, booking_id, period_start)"
            " SELECT %(organization)s, id, id, now() - interval '1 year' FROM people",
        ):
            people = (
                "WITH people AS MATERIALIZED (SELECT md5(n::text)::uuid AS id FROM generate_series(1, %(many)s) AS n) "
            )
            connection.execute(people + statement, {"organization": organization_id, "many": MANY})


def rows_read(connection):
    """Return how many rows of each table were read; the counts run on from transaction to transaction for a while."""
    return Counter(
        dict(
            connection.execute(
                "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
                " WHERE schemaname = 'bookingdb'"
            ).fetchall()
        )
    )


@contextmanager
def reads_little(connection, command):
    """Assert that what happens within a transaction reads few rows of any table."""
    with connection.transaction():
        before = rows_read(connection)
        yield
        read = rows_read(connection) - before
    assert {table: rows for table, rows in read.items() if rows > FEW} == {}, f"{command} reads too much"


def test_it_stays_fast(empty, connect, superuser_dsn):
    studio = Studio(connect())
    for number in range(8):  # until it plans for any values
        list(studio.day(number))
    fill(superuser_dsn, studio.organization_id)
    commands = studio.day(MANY)
    command = next(commands)
    while command:
        with reads_little(studio.connection, command):
            after = next(commands, None)
        command = after
    assert studio.ask("SELECT count(*) FROM bookings") > MANY
