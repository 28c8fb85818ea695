"""Contract section 1: a schema is a tenant; two in one database know nothing of each other."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from gusmester.calls import run
from gusmester.club import Club
from psycopg import sql
from support.refusals import refused

from bookingdb.deploy import migrate
from core.records import refusals, value

OTHER = "tenant_b"
OTHER_PATH = f"-csearch_path={OTHER},pg_temp"


@pytest.fixture
def other(dsn: str, connect: Callable[..., psycopg.Connection]) -> Club:
    """A club in a second schema of the same database."""
    migrate(dsn, schema=OTHER)
    return Club(connect(options=OTHER_PATH))


@pytest.fixture
def owner_of_other(
    other: Club, superuser_dsn: str, connect: Callable[..., psycopg.Connection]
) -> Iterator[psycopg.Connection]:
    """Somebody who owns the second tenant, and may call functions of the first one too."""
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("""
            CREATE ROLE bookingdb_other LOGIN;
            ALTER SCHEMA tenant_b OWNER TO bookingdb_other;
            GRANT USAGE ON SCHEMA bookingdb TO bookingdb_other;
            GRANT EXECUTE ON FUNCTION bookingdb.verify_invariants, tenant_b.verify_invariants TO bookingdb_other;
        """)
        yield connect(user="bookingdb_other")
        superuser.execute("""
            ALTER SCHEMA tenant_b OWNER TO bookingdb_owner;
            DROP OWNED BY bookingdb_other;
            DROP ROLE bookingdb_other;
        """)


def test_what_one_has_the_other_does_not_know(club, other):
    booking = club.booking()
    with refused("not_found", entity="gusmester_booking"):
        other.cancel(booking)
    with refused("not_found", entity="session"):
        other.cancel_session(booking["session_id"])


def test_a_call_is_answered_by_the_schema_it_names_whatever_the_search_path(club, other):
    host = club.employee()
    session_id = club.session(host)
    query = sql.SQL("SELECT bookingdb.release_guest_spot(%s)")
    assert other.value(query, [session_id])["new_points"] == 450
    assert club.points(host) == 450


def test_one_person_may_be_in_both(club, other, as_user, connect):
    anna = club.employee(points=120)
    there = other.employee(points=40, user_id=anna.user_id, email=anna.email)
    assert anna.id != there.id
    connection = as_user(anna.user_id)
    assert connection.execute("SELECT * FROM bookingdb.get_employee_points()").fetchall() == [(120,)]
    assert connection.execute("SELECT * FROM tenant_b.get_employee_points()").fetchall() == [(40,)]
    assert connection.execute("SELECT id::text FROM tenant_b.employees").fetchall() == [(there.id,)]


def test_one_key_is_two_keys(club, other):
    here, there = club.employee(), other.employee()
    club.adjust(here, 10, p_idempotency_key="k")
    other.adjust(there, 20, p_idempotency_key="k")
    assert (club.points(here), other.points(there)) == (310, 320)


def test_both_in_one_transaction(club, other, connect):
    here, there = club.session(club.employee()), other.session(other.employee())
    with connect(autocommit=False) as connection:
        for schema, session_id in (("bookingdb", here), ("tenant_b", there)):
            connection.execute(f"SELECT {schema}.release_guest_spot(%s)", [session_id])
    assert {club.spot(here)["status"], other.spot(there)["status"]} == {"released_to_public"}


def test_settings_and_refusals_are_each_ones_own(club, other):
    other.connection.execute("UPDATE settings SET gus_spot_cost = 20")
    with refused("not_found"):
        other.release("00000000-0000-4000-8000-000000000000")
    assert club.booking()["points_charged"] == 150
    assert other.booking()["points_charged"] == 20
    assert (refusals(club.connection, "not_found"), refusals(other.connection, "not_found")) == (0, 1)


def test_an_erased_person_is_erased_in_one(club, other):
    anna = club.employee(name="Anna", email="anna@home.example")
    there = other.employee(name="Anna", email="anna@home.example", user_id=anna.user_id)
    run(club.connection, "erase_person", p_user_id=anna.user_id)
    assert other.value("SELECT name FROM employees WHERE id = %s", [there.id]) == "Anna"


def test_a_broken_rule_is_reported_by_its_own(club, other):
    other.connection.execute("""
        CREATE FUNCTION _zebra_invariants() RETURNS TABLE (invariant text, entity text, entity_id text, details jsonb)
        LANGUAGE sql STABLE AS $$ SELECT 'I99', 'zebra', '7', '{}'::jsonb $$
    """)
    assert [row["invariant"] for row in other.broken_invariants()] == ["I99"]
    assert club.broken_invariants() == []


def test_the_owner_of_one_is_the_service_of_that_one_alone(owner_of_other):
    with refused("not_authenticated"):
        owner_of_other.execute("SELECT bookingdb.verify_invariants()")
    assert owner_of_other.execute("SELECT tenant_b.verify_invariants()").fetchall() == []


def test_one_goes_and_the_other_stays(club, other, connect):
    session_id = club.released()
    connect().execute("DROP SCHEMA tenant_b CASCADE")
    assert club.book(session_id, club.employee())["success"]
    assert club.broken_invariants() == []
    assert value(club.connection, "SELECT to_regnamespace('tenant_b') IS NULL")
