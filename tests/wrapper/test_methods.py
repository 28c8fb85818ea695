"""Every generated method, synchronous and asynchronous, called against the database it was generated from."""

import dataclasses
import inspect
import re
from datetime import timedelta
from itertools import count
from typing import Any, get_type_hints
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from wrapper import scenarios
from wrapper.conformity import Returned, conforms
from wrapper.flavours import Flavour

import bookingdb
from bookingdb import functions
from bookingdb._function import DEFAULT
from bookingdb.functions import AsyncFunctions, Functions

METHODS = {name for name, member in inspect.getmembers(Functions, inspect.isfunction) if not name.startswith("_")} - {
    "call"
}


PUBLIC = {"create_public_booking", "get_available_slots", "upcoming_classes"}


async def test_every_method_returns_what_it_promises(flavour: Flavour, dsn: str, db: psycopg.Connection) -> None:
    def hire(name: str, *, is_admin: bool = False) -> tuple[UUID, UUID]:
        rows = db.execute(
            "INSERT INTO employees (user_id, name, email, is_admin) VALUES (%s, %s, %s, %s) RETURNING user_id, id",
            [uuid4(), name, f"{name}@club.example", is_admin],
        )
        return rows.fetchall()[0]

    def enrol(name: str) -> UUID:
        rows = db.execute(
            "INSERT INTO profiles (user_id, full_name) VALUES (%s, %s) RETURNING user_id", [uuid4(), name]
        ).fetchall()
        return rows[0][0]

    def practise(name: str) -> UUID:
        person = enrol(name)
        db.execute("INSERT INTO practitioners (user_id) VALUES (%s)", [person])
        return person

    def meet(**columns: object) -> tuple[UUID, UUID, UUID]:
        hours_ago = next(hours)
        values = {
            "client_id": enrol("Client"),
            "therapist_id": practise("Therapist"),
            "duration_minutes": 60,
            **columns,
        }
        rows = db.execute(
            sql.SQL("INSERT INTO client_sessions (starts_at, {}) VALUES (now() - %s, {}) RETURNING id").format(
                sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(sql.Placeholder() * len(values))
            ),
            [timedelta(hours=hours_ago), *values.values()],
        ).fetchall()
        return rows[0][0], values["client_id"], values["therapist_id"]

    def found(user: UUID) -> tuple[UUID, UUID]:
        rows = db.execute(
            "WITH made AS (INSERT INTO organizations (name, slug) VALUES ('Studio', 'studio') RETURNING id)"
            " INSERT INTO clients (organization_id, user_id, name, email)"
            " SELECT id, %s, 'Ada', 'ada@x.example' FROM made RETURNING organization_id, id",
            [user],
        )
        db.execute("UPDATE organizations SET public_booking = true")
        return rows.fetchall()[0]

    def bury(notification: UUID) -> None:
        db.execute("UPDATE notifications SET status = 'dead' WHERE id = %s", [notification])

    hours = count(2)
    called: list[Returned] = []
    async with flavour.database(dsn) as service:
        called += [returned async for returned in scenarios.core(service, service.as_user)]
        called += [returned async for returned in scenarios.gusmester(service, service.as_user, hire)]
        called += [returned async for returned in scenarios.credits(service, service.as_user, enrol)]
        called += [returned async for returned in scenarios.calendar(service, service.as_user, practise)]
        called += [returned async for returned in scenarios.past_sessions(service, meet)]
        called += [returned async for returned in scenarios.classes(service, service.as_user, enrol, found)]
        called += [returned async for returned in scenarios.notifications(service, enrol, bury)]

    assert {name for name, _ in called} == METHODS
    for name, result in called:
        assert conforms(result, get_type_hints(getattr(Functions, name))["return"]), f"{name} returned {result}"
        for value in result if isinstance(result, list) else [result]:
            if isinstance(value, int):
                continue
            assert type(value).__name__ in functions.__all__
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(value, dataclasses.fields(value)[0].name, None)
            assert not hasattr(value, "__dict__")


def test_both_wrappers_have_the_same_methods() -> None:
    for name in METHODS:
        method, twin = getattr(Functions, name), getattr(AsyncFunctions, name)
        assert inspect.iscoroutinefunction(twin)
        assert not inspect.iscoroutinefunction(method)
        assert inspect.signature(method) == inspect.signature(twin)
        assert method.__doc__ == twin.__doc__


def test_methods_take_what_the_functions_take(db: psycopg.Connection) -> None:
    rows = db.execute("""
        SELECT proname, proargnames[:pronargs], pronargs - pronargdefaults FROM pg_proc
        WHERE pronamespace = 'bookingdb'::regnamespace AND prorettype <> 'trigger'::regtype
          AND proname !~ '^(_|caller_)'
    """).fetchall()
    assert {name for name, _, _ in rows} == METHODS
    for name, names, required in rows:
        parameters = list(inspect.signature(getattr(Functions, name)).parameters.values())[1:]
        assert [f"p_{parameter.name.rstrip('_')}" for parameter in parameters] == (names or [])
        assert [parameter.default is DEFAULT for parameter in parameters] == [
            place >= required for place in range(len(parameters))
        ]
        assert all(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in parameters)


def test_a_docstring_says_what_the_comment_says() -> None:
    text = inspect.getdoc(bookingdb.Database.book_gusmester_spot)
    assert text is not None
    assert text.startswith("An employee books the released guest spot of a session for points")
    assert "    session_id: uuid of an active session that has not started.\n" in text
    assert "    InsufficientPoints: required, available.\n" in text


def test_every_exception_of_a_docstring_exists() -> None:
    for name in METHODS:
        _, _, raises = (inspect.getdoc(getattr(Functions, name)) or "").partition("\nRaises:\n")
        named = [line.strip().partition(":")[0] for line in raises.splitlines() if re.match("    [A-Z]", line)]
        assert ("NotAuthenticated" in named) == (name not in PUBLIC)
        assert all(issubclass(getattr(bookingdb, exception), bookingdb.BookingError) for exception in named)


async def test_what_is_left_out_is_left_to_sql(flavour: Flavour, dsn: str, db: psycopg.Connection) -> None:
    db.execute("""
        CREATE OR REPLACE FUNCTION get_employee_points(
            p_employee_id uuid DEFAULT '00000000-0000-4000-8000-000000000000'
        ) RETURNS TABLE (points integer) LANGUAGE sql STABLE
        AS 'SELECT CASE WHEN p_employee_id IS NULL THEN 0 ELSE 1 END'
    """)
    async with flavour.database(dsn) as service:
        ((left_out,), (null,)) = (await service.get_employee_points(), await service.get_employee_points(None))
        (default,) = await service.get_employee_points(bookingdb.DEFAULT)
    assert (left_out.points, null.points, default.points) == (1, 0, 1)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"session_id": "no uuid"}, "session_id: 'no uuid' is not a UUID"),
        ({"session_id": uuid4(), "employee_id": 5}, "employee_id: 5 is not a UUID"),
        ({"session_id": uuid4(), "idempotency_key": 5}, "idempotency_key: 5 is not a text"),
        (
            {"session_id": uuid4(), "idempotency_key": "a\0b"},
            r"idempotency_key: 'a\\x00b' holds NUL or half a character, which no text may",
        ),
        (
            {"session_id": uuid4(), "idempotency_key": "\udc80"},
            r"idempotency_key: '\\udc80' holds NUL or half a character, which no text may",
        ),
    ],
)
async def test_malformed_arguments_are_named_before_the_database_sees_them(
    flavour: Flavour, dsn: str, arguments: dict[str, Any], names: str
) -> None:
    async with flavour.database(dsn) as service:
        with pytest.raises(ValueError, match=f"^{names}$"):
            await service.book_gusmester_spot(**arguments)


async def test_a_truth_is_no_number(flavour: Flavour, dsn: str, employee: UUID) -> None:
    async with flavour.database(dsn) as service:
        with pytest.raises(ValueError, match=r"^amount: True is not a whole number$"):
            await service.adjust_employee_points(employee, True, "x")


async def test_what_has_no_default_cannot_be_left_to_it(flavour: Flavour, dsn: str, employee: UUID) -> None:
    async with flavour.database(dsn) as service:
        with pytest.raises(bookingdb.UnknownFunction, match=r"^adjust_employee_points\(\) needs amount; it takes "):
            await service.adjust_employee_points(employee, bookingdb.DEFAULT, "x")


async def test_refusals_are_exceptions(flavour: Flavour, dsn: str, user: UUID) -> None:
    async with flavour.database(dsn) as service:
        with pytest.raises(bookingdb.NotFound) as refusal:
            await service.release_guest_spot(user)
        assert refusal.value.context["id"] == str(user)
        with pytest.raises(bookingdb.NotAllowed):
            await service.as_user(user).available_guest_spots()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await service.as_user(user).verify_invariants()


async def test_a_schema_without_the_function_says_how_to_get_it(flavour: Flavour, dsn: str, connect: Any) -> None:
    connect().execute("DROP FUNCTION get_points_history")
    async with flavour.database(dsn) as service, flavour.database(dsn, schema="elsewhere") as elsewhere:
        with pytest.raises(bookingdb.UnknownFunction, match=r"get_points_history.* does not exist; `bookingdb mi"):
            await service.get_points_history()
        with pytest.raises(bookingdb.UnknownFunction, match='"elsewhere" does not exist; `bookingdb migrate`'):
            await elsewhere.get_points_history()


async def test_what_a_function_itself_lacks_is_a_bug_of_ours(
    flavour: Flavour, dsn: str, db: psycopg.Connection
) -> None:
    db.execute("""
        CREATE OR REPLACE FUNCTION verify_invariants()
        RETURNS TABLE (invariant text, entity text, entity_id text, details jsonb)
        LANGUAGE plpgsql STABLE AS 'BEGIN PERFORM no_such_function(); END'
    """)
    async with flavour.database(dsn) as service:
        with pytest.raises(psycopg.errors.UndefinedFunction, match="no_such_function"):
            await service.verify_invariants()


async def test_a_schema_may_have_any_name(flavour: Flavour, dsn: str, db: psycopg.Connection) -> None:
    db.execute('ALTER SCHEMA bookingdb RENAME TO "100%s ""odd"" tenant"')
    db.execute("""CREATE OR REPLACE FUNCTION "100%s ""odd"" tenant".get_employee_points(p_employee_id uuid DEFAULT NULL)
        RETURNS TABLE (points integer) LANGUAGE sql STABLE AS 'SELECT 7'""")
    async with flavour.database(dsn, '100%s "odd" tenant') as service:
        assert [row.points for row in await service.get_employee_points()] == [7]
        assert [row.points for row in await service.as_user(uuid4()).get_employee_points(uuid4())] == [7]
