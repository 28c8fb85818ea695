"""Contract section 2: who is calling, told from the role and the claims of the request."""

import json
from collections.abc import Callable, Iterator
from typing import TypeAlias

import psycopg
import pytest
from gusmester.calls import ask, run
from gusmester.club import UNKNOWN
from psycopg import sql
from support.refusals import refused

from core.records import value

WITHOUT_SUB = [
    "",
    "{}",
    "null",
    '"sub"',
    f'[{{"sub": "{UNKNOWN}"}}]',
    '{"role": "service_role"}',
    '{"sub": null}',
    f'{{"user_metadata": {{"sub": "{UNKNOWN}"}}}}',
]
"""Claims without a sub."""

MALFORMED_SUB = [
    '{"sub": ""}',
    '{"sub": "anna"}',
    '{"sub": 42}',
    '{"sub": true}',
    f'{{"sub": {{"id": "{UNKNOWN}"}}}}',
    f'{{"sub": ["{UNKNOWN}"]}}',
    f'{{"sub": "{UNKNOWN[:-1]}"}}',
    f'{{"sub": "{UNKNOWN}0"}}',
    f'{{"sub": "{{{UNKNOWN}}}"}}',
    f'{{"sub": "{UNKNOWN}\\n"}}',
    '{"sub": "\'; DROP TABLE employees; --"}',
    json.dumps({"sub": UNKNOWN * 10_000}),
]
"""Claims whose sub is no uuid."""


def take_role(connection: psycopg.Connection, role: str, claims: str | None = None) -> psycopg.Connection:
    """Become ``role`` with these claims, if any, for the session."""
    connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    if claims is not None:
        connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
    return connection


def claims_of(user_id: str) -> str:
    """Return the least claims of an end user."""
    return json.dumps({"sub": user_id})


def assert_is_service(connection: psycopg.Connection) -> None:
    """The service may look at everything and must say for whom it acts."""
    assert ask(connection, "verify_invariants") == []
    with refused("invalid_input", parameter="p_employee_id"):
        ask(connection, "get_employee_points")


def assert_is_user_with(points: int, connection: psycopg.Connection) -> None:
    """An end user sees their own points without saying who they are."""
    assert ask(connection, "get_employee_points") == [{"points": points}]


def assert_is_nobody(connection: psycopg.Connection) -> None:
    """Somebody unknown is told so by queries and commands alike, and sees no rows."""
    with refused("not_authenticated"):
        ask(connection, "get_employee_points")
    with refused("not_authenticated"):
        run(connection, "release_guest_spot", p_session_id=UNKNOWN)


Login: TypeAlias = Callable[..., psycopg.Connection]
NAME = "bookingdb_visitor"
MAY_CALL = f"""
    GRANT USAGE ON SCHEMA bookingdb TO {NAME};
    GRANT EXECUTE ON FUNCTION get_employee_points, release_guest_spot, verify_invariants TO {NAME}
"""


@pytest.fixture
def login(connect: Callable[..., psycopg.Connection], superuser_dsn: str) -> Iterator[Login]:
    """Connect directly as a role made for the test, with these attributes, after these grants."""
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:

        def log_in(*grants: str, attributes: str = "") -> psycopg.Connection:
            for statement in (f"CREATE ROLE {NAME} LOGIN {attributes}", *grants):
                superuser.execute(statement)
            return connect(user=NAME)

        yield log_in
        superuser.execute(f"DROP OWNED BY {NAME}")
        superuser.execute(f"DROP ROLE {NAME}")


class TestAnEndUser:
    def test_is_the_sub_of_the_claims(self, club, as_user):
        anna = club.employee(points=120)
        assert_is_user_with(120, as_user(anna.user_id))

    def test_is_the_same_in_upper_case(self, club, as_user):
        anna = club.employee(points=120)
        assert_is_user_with(120, as_user(anna.user_id.upper()))

    def test_is_set_for_a_transaction_as_postgrest_does(self, club, connect):
        anna = club.employee(points=120)
        connection = connect()
        with connection.transaction():
            settings = "SELECT set_config('role', 'authenticated', true), set_config('request.jwt.claims', %s, true)"
            connection.execute(settings, [claims_of(anna.user_id)])
            assert_is_user_with(120, connection)

    def test_is_forgotten_with_the_transaction(self, club, connect):
        anna = club.employee(points=120)
        connection = connect()
        with connection.transaction():
            connection.execute("SET LOCAL ROLE authenticated")
            connection.execute("SELECT set_config('request.jwt.claims', %s, true)", [claims_of(anna.user_id)])
            assert_is_user_with(120, connection)
        assert value(connection, "SELECT current_setting('request.jwt.claims')") == ""
        assert_is_service(connection)

    def test_is_nobody_else_by_metadata_or_a_claimed_role(self, club, connect):
        anna, boss = club.employee(points=120), club.admin()
        metadata = {"sub": boss.user_id, "is_admin": True, "role": "service_role"}
        claims = {"sub": anna.user_id, "role": "service_role", "user_metadata": metadata, "app_metadata": metadata}
        connection = take_role(connect(), "authenticated", json.dumps(claims))
        assert_is_user_with(120, connection)
        with refused("not_allowed"):
            ask(connection, "get_employee_points", p_employee_id=boss.id)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(connection, "verify_invariants")

    def test_without_claims_is_nobody(self, connect):
        assert_is_nobody(take_role(connect(), "authenticated"))

    def test_without_a_sub_is_nobody(self, connect):
        connection = connect()
        for claims in WITHOUT_SUB:
            assert_is_nobody(take_role(connection, "authenticated", claims))

    def test_whose_sub_is_no_uuid_is_nobody(self, connect):
        connection = connect()
        for claims in MALFORMED_SUB:
            assert_is_nobody(take_role(connection, "authenticated", claims))

    def test_who_is_nobody_sees_no_rows(self, club, connect):
        club.employee()
        connection = connect()
        for claims in (*WITHOUT_SUB, *MALFORMED_SUB):
            take_role(connection, "authenticated", claims)
            assert connection.execute("SELECT FROM employees").fetchall() == []


class TestTheService:
    def test_is_the_service_role_without_claims(self, connect):
        assert_is_service(take_role(connect(), "service_role"))

    def test_is_the_service_role_without_a_sub(self, connect):
        connection = connect()
        for claims in WITHOUT_SUB:
            assert_is_service(take_role(connection, "service_role", claims))

    def test_is_the_service_role_set_for_a_transaction(self, connect):
        connection = connect()
        with connection.transaction():
            connection.execute("SELECT set_config('role', 'service_role', true)")
            assert_is_service(connection)

    def test_is_the_owner_connected_directly(self, db):
        assert_is_service(db)

    def test_is_the_owner_without_a_sub(self, db):
        for claims in WITHOUT_SUB:
            db.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
            assert_is_service(db)

    @pytest.mark.parametrize("role", ["service_role", "bookingdb_owner"])
    def test_is_an_end_user_with_a_sub(self, role, club, connect):
        anna = club.employee(points=120)
        connection = take_role(connect(), role, claims_of(anna.user_id))
        assert_is_user_with(120, connection)
        with refused("not_allowed"):
            ask(connection, "verify_invariants")
        with refused("not_allowed"):
            run(connection, "erase_person", p_user_id=anna.user_id)

    @pytest.mark.parametrize("role", ["service_role", "bookingdb_owner"])
    def test_is_nobody_with_a_sub_that_is_no_uuid(self, role, connect):
        connection = connect()
        for claims in MALFORMED_SUB:
            assert_is_nobody(take_role(connection, role, claims))
            with refused("not_authenticated"):
                run(connection, "erase_person", p_user_id=UNKNOWN)

    def test_is_nobody_to_its_own_queries_with_such_a_sub(self, connect):
        connection = connect()
        for claims in MALFORMED_SUB:
            with refused("not_authenticated"):
                ask(take_role(connection, "service_role", claims), "verify_invariants")


class TestADirectConnection:
    def test_of_a_role_that_has_the_service_role_is_the_service(self, login):
        assert_is_service(login(f"GRANT service_role TO {NAME}"))

    def test_of_a_role_that_has_the_owners_is_the_service(self, login):
        assert_is_service(login(f"GRANT bookingdb_owner TO {NAME}"))

    def test_of_a_role_that_may_only_become_the_service_may_call_nothing(self, login):
        authenticator = login(f"GRANT service_role, authenticated, anon TO {NAME}", attributes="NOINHERIT")
        assert value(authenticator, "SELECT pg_has_role('service_role', 'MEMBER')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            authenticator.execute("SELECT bookingdb.verify_invariants()")

    def test_of_such_a_role_is_nobody_even_where_it_may_call(self, login):
        authenticator = login(f"GRANT service_role TO {NAME}", MAY_CALL, attributes="NOINHERIT")
        assert_is_nobody(authenticator)
        with refused("not_authenticated"):
            ask(authenticator, "verify_invariants")

    def test_of_such_a_role_is_whom_it_becomes(self, login, club):
        anna = club.employee(points=120)
        authenticator = login(f"GRANT service_role, authenticated TO {NAME}", attributes="NOINHERIT")
        assert_is_service(take_role(authenticator, "service_role"))
        assert_is_user_with(120, take_role(authenticator, "authenticated", claims_of(anna.user_id)))

    def test_of_a_stranger_who_may_call_is_nobody(self, login):
        stranger = login(MAY_CALL)
        assert_is_nobody(stranger)
        with refused("not_authenticated"):
            ask(stranger, "verify_invariants")

    def test_of_a_stranger_is_an_end_user_by_the_claims(self, login, club):
        anna = club.employee(points=120)
        stranger = login(MAY_CALL)
        stranger.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims_of(anna.user_id)])
        assert_is_user_with(120, stranger)
        with refused("not_allowed"):
            ask(stranger, "verify_invariants")

    def test_counts_as_its_session_user(self, login, superuser_dsn):
        login(MAY_CALL)
        with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
            superuser.execute(f"SET SESSION AUTHORIZATION {NAME}")
            assert_is_nobody(superuser)

    @pytest.mark.parametrize("role", ["anon", "authenticated"])
    def test_of_the_owner_may_only_do_what_the_role_it_takes_may(self, role, connect):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            take_role(connect(), role).execute("SELECT bookingdb.verify_invariants()")


class TestForWhom:
    @pytest.mark.parametrize(
        "query",
        [
            "available_guest_spots",
            "get_employee_points",
            "get_points_history",
            "my_gusmester_bookings",
            "my_hosting_sessions",
        ],
    )
    def test_the_service_asks_it_must_say(self, query, as_service):
        with refused("invalid_input", parameter="p_employee_id"):
            ask(as_service(), query)

    def test_the_service_books_it_must_say(self, club, as_service):
        session_id = club.released()
        with refused("invalid_input", parameter="p_employee_id"):
            run(as_service(), "book_gusmester_spot", p_session_id=session_id)

    def test_the_service_may_act_for_anybody(self, club, as_service):
        session_id, anna = club.released(), club.employee()
        booked = run(as_service(), "book_gusmester_spot", p_session_id=session_id, p_employee_id=anna.id)
        assert booked["employee_id"] == anna.id

    def test_an_end_user_acts_they_may_say_themself(self, club, as_employee):
        anna = club.employee(points=120)
        assert ask(as_employee(anna), "get_employee_points", p_employee_id=anna.id) == [{"points": 120}]

    def test_an_end_user_acts_they_may_name_nobody_else_known_or_not(self, club, as_employee):
        session_id, anna, other = club.released(), club.employee(), club.employee()
        for somebody in (other.id, UNKNOWN):
            with refused("not_allowed"):
                run(as_employee(anna), "book_gusmester_spot", p_session_id=session_id, p_employee_id=somebody)
        assert club.bookings(session_id) == []

    def test_an_end_user_without_an_employee_row_acts_for_nobody(self, as_user):
        with refused("not_allowed"):
            ask(as_user(UNKNOWN), "get_employee_points")
