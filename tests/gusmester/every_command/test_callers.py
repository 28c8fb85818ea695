"""Who may run which command, and for whom."""

import json
from itertools import product

import psycopg
import pytest
from psycopg import errors, sql

from gusmester.calls import run
from gusmester.club import UNKNOWN, Club
from gusmester.every_command.commands import every_command

COLLEAGUE = {"employee": None, "booker": "not_found", "host": "not_allowed", "admin": "not_allowed"}
"""How a command is refused to an employee whose command it is not; anybody may book for themself."""


def act(connection, role, claims):
    """Make a role with the claims of a request the caller."""
    connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
    return connection


@every_command
def test_the_one_whose_command_it_is(club, as_employee, command):
    trial = command.prepare(club)
    assert run(as_employee(trial.actor), command.name, **trial.arguments)["success"] is True


@every_command
def test_the_service_for_anybody(club, as_service, command):
    trial = command.prepare(club)
    assert run(as_service(), command.name, **trial.service_arguments)["success"] is True


@every_command
def test_the_owners_connection_is_the_service(club, command):
    trial = command.prepare(club)
    assert run(club.connection, command.name, **trial.service_arguments)["success"] is True


@every_command
def test_an_anonymous_caller_may_not_even_run_it(club, as_anon, command):
    trial = command.prepare(club)
    with pytest.raises(errors.InsufficientPrivilege):
        run(as_anon(), command.name, **trial.service_arguments)


@every_command
def test_a_sub_that_is_no_uuid_is_nobody(club, connect, refuses, command):
    trial, connection = command.prepare(club), connect()
    for role, sub in product(("authenticated", "service_role"), ("", "bob", UNKNOWN + "0", 7)):
        act(connection, role, json.dumps({"sub": sub}))
        with refuses("not_authenticated"):
            run(connection, command.name, **trial.service_arguments)


@every_command
def test_a_login_without_a_sub_is_nobody(club, connect, refuses, command):
    trial, connection = command.prepare(club), connect()
    for claims in ("", "{}", '{"sub": null}', '{"role": "authenticated"}'):
        act(connection, "authenticated", claims)
        with refuses("not_authenticated"):
            run(connection, command.name, **trial.service_arguments)


@every_command
def test_the_service_needs_no_claims(club, connect, command):
    trial = command.prepare(club)
    connection = act(connect(), "service_role", "")
    assert run(connection, command.name, **trial.service_arguments)["success"] is True


@every_command
def test_a_login_that_is_no_employee(club, as_user, refuses, command):
    trial = command.prepare(club)
    with refuses("not_allowed"):
        run(as_user(UNKNOWN), command.name, **trial.arguments)


@every_command
def test_the_service_with_a_sub_is_that_user_and_nothing_more(club, connect, refuses, command):
    trial, connection = command.prepare(club), connect()
    act(connection, "service_role", json.dumps({"sub": UNKNOWN}))
    with refuses("not_allowed"):
        run(connection, command.name, **trial.service_arguments)
    act(connection, "service_role", json.dumps({"sub": trial.actor.user_id}))
    assert run(connection, command.name, **trial.arguments)["success"] is True


@every_command
def test_a_user_cannot_make_themself_admin_by_metadata(club, connect, refuses, command):
    trial = command.prepare(club)
    claims = {"sub": UNKNOWN, "role": "authenticated", "user_metadata": {"is_admin": True, "role": "service_role"}}
    connection = act(connect(), "authenticated", json.dumps(claims))
    with refuses("not_allowed"):
        run(connection, command.name, **trial.arguments)


@every_command
def test_a_colleague(club, as_employee, refuses, command):
    trial, colleague = command.prepare(club), club.employee()
    refusal = COLLEAGUE[command.callers]
    if refusal is None:
        assert run(as_employee(colleague), command.name, **trial.arguments)["employee_id"] == colleague.id
    else:
        with refuses(refusal):
            run(as_employee(colleague), command.name, **trial.arguments)


@every_command
def test_an_employee_in_the_name_of_another(club, as_employee, refuses, command):
    trial, colleague = command.prepare(club), club.employee()
    with refuses(COLLEAGUE[command.callers] or "not_allowed"):
        run(as_employee(colleague), command.name, **trial.service_arguments)


@every_command
def test_an_admin_does_what_is_the_admins_alone(club, as_employee, refuses, command):
    trial, admin = command.prepare(club), club.admin()
    if command.callers == "admin":
        assert run(as_employee(admin), command.name, **trial.arguments)["success"] is True
    else:
        with refuses(COLLEAGUE[command.callers] or "not_allowed"):
            run(as_employee(admin), command.name, **trial.service_arguments)


@every_command
def test_an_admin_who_has_left(club, as_employee, refuses, command):
    trial, former = command.prepare(club), club.admin(status="inactive")
    with refuses({"employee": "inactive"}.get(command.callers) or COLLEAGUE[command.callers]):
        run(as_employee(former), command.name, **trial.arguments)


@pytest.fixture
def backend(superuser_dsn):
    """A connection of a login role that was granted service_role."""
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("CREATE ROLE backend LOGIN IN ROLE service_role")
        with psycopg.connect(superuser_dsn, autocommit=True, user="backend") as connection:
            yield connection
        superuser.execute("DROP ROLE backend")


def test_a_login_role_that_has_the_service_role_is_the_service(club, backend):
    session, bob = club.released(), club.employee()
    assert Club(backend).book(session, bob)["success"] is True
