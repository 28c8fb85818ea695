"""Rules that hold for every command on classes: who may, the same call again, its transaction, its record."""

import json
from itertools import product

import pytest
from gusmester.calls import run, run_for_text
from gusmester.snapshot import nothing_written
from psycopg import errors, sql
from support.race import race

from classes.commands import CLIENTS_OWN, COMMANDS, every_command
from classes.studio import UNKNOWN, new_key


@pytest.fixture
def trial(studio, command):
    """A studio in which the command can be called."""
    return command.prepare(studio)


@pytest.fixture
def key():
    """The argument that gives a call a new idempotency key."""
    return new_key()


def act(connection, role, claims):
    """Make a role with the claims of a request the caller."""
    connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
    return connection


@every_command
class TestWhoMayCallIt:
    def test_the_one_whose_command_it_is_and_that_is_one_row_on_record(self, studio, as_user, command, trial):
        before = studio.value("SELECT count(*) FROM audit_log")
        result = run(as_user(trial.actor), command.name, **trial.arguments)
        assert list(result) == ["success", *command.result]
        assert result["success"] is True
        assert studio.value("SELECT count(*) FROM audit_log") == before + 1
        row = studio.audits(command.name)[-1]
        assert (row["actor_id"], bool(row["entity"]), bool(row["entity_id"])) == (trial.actor, True, True)

    def test_the_service_for_anybody(self, studio, as_service, command, trial):
        assert run(as_service(), command.name, **trial.arguments)["success"] is True
        assert studio.audits(command.name)[-1]["actor_id"] is None

    def test_staff_but_for_roles(self, studio, as_user, refuses, command, trial):
        staff = as_user(studio.staff())
        if command.name in ("set_organization_role", "remove_organization_member"):
            with refuses("not_allowed"):
                run(staff, command.name, **trial.arguments)
        else:
            assert run(staff, command.name, **trial.arguments)["success"] is True

    def test_nobody_who_is_not_signed_in(self, studio, as_anon, command, trial):
        with nothing_written(studio.connection), pytest.raises(errors.InsufficientPrivilege):
            run(as_anon(), command.name, **trial.arguments)

    def test_nobody_else(self, studio, as_user, refuses, command, trial):
        other = studio.opens()
        strangers = [
            UNKNOWN, studio.client().user_id, studio.staff("member"), studio.staff("owner", other),
            studio.client(organization_id=other).user_id,
        ]  # fmt: skip
        for stranger in strangers:
            connection = as_user(stranger)
            with refuses(command.to_strangers):
                run(connection, command.name, **trial.arguments)

    def test_the_client_themself_only_what_is_theirs(self, as_user, refuses, command, trial):
        client = as_user(trial.client.user_id)
        if command.name in CLIENTS_OWN:
            assert run(client, command.name, **trial.arguments)["success"] is True
        else:
            with refuses(command.to_client or command.to_strangers):
                run(client, command.name, **trial.arguments)

    def test_nobody_whose_claims_are_odd(self, connect, refuses, command, trial):
        connection = connect()
        odd = [json.dumps({"sub": sub}) for sub in ("", "bob", UNKNOWN + "0", 7)]
        for role, claims in [
            *product(("authenticated", "service_role"), odd),
            *product(("authenticated",), ("", "{}", '{"sub": null}', '{"role": "authenticated"}')),
        ]:
            act(connection, role, claims)
            with refuses("not_authenticated"):
                run(connection, command.name, **trial.arguments)

    def test_a_service_with_a_sub_is_that_user_and_nothing_more(self, connect, refuses, command, trial):
        metadata = {"sub": UNKNOWN, "user_metadata": {"role": "owner"}, "app_metadata": {"role": "service_role"}}
        connection = act(connect(), "service_role", json.dumps(metadata))
        with refuses(command.to_strangers):
            run(connection, command.name, **trial.arguments)


@every_command
class TestTheSameKey:
    def test_answers_the_same_and_changes_nothing(self, studio, connect, key, command, trial):
        first = run_for_text(studio.connection, command.name, **trial.arguments, **key)
        other = connect()
        other.execute("SET timezone = 'Asia/Tokyo'; SET datestyle = 'German, DMY'; SET intervalstyle = 'iso_8601'")
        studio.connection.execute("UPDATE clients SET status = 'inactive'")
        with nothing_written(studio.connection):
            for connection in (studio.connection, other):
                assert run_for_text(connection, command.name, **trial.arguments, **key) == first

    def test_of_ten_at_once_has_one_effect_and_one_answer(self, studio, as_user, key, command, trial):
        before = len(studio.audits(command.name))
        answers = race(
            10,
            lambda _: as_user(trial.actor),
            lambda connection, _: run_for_text(connection, command.name, **trial.arguments, **key),
        )
        assert len(set(map(str, answers))) == 1
        assert json.loads(answers[0])["success"] is True
        assert len(studio.audits(command.name)) == before + 1

    def test_with_other_arguments_is_a_conflict(self, studio, refuses, key, command, trial):
        run(studio.connection, command.name, **trial.arguments, **key)
        for other in (
            trial.arguments | trial.other_arguments,
            *(trial.arguments | {parameter: None} for parameter in trial.arguments),
        ):
            with refuses("idempotency_conflict"):
                run(studio.connection, command.name, **other, **key)

    def test_is_free_again_after_a_failed_call(self, studio, as_user, refuses, key, command, trial):
        obstacle, cure = command.obstacle
        actor = as_user(trial.actor)
        studio.connection.execute(obstacle, {"actor": trial.actor})
        with refuses(command.refused_as or command.to_strangers):
            run(actor, command.name, **trial.arguments, **key)
        studio.connection.execute(cure, {"actor": trial.actor})
        assert run(actor, command.name, **trial.arguments, **key)["success"] is True

    def test_of_two_callers_is_two_keys(self, studio, as_user, refuses, key, command, trial):
        first = run(as_user(trial.actor), command.name, **trial.arguments, **key)
        stranger = as_user(studio.client().user_id)
        with refuses(command.to_strangers):
            run(stranger, command.name, **trial.arguments, **key)
        run(studio.connection, command.name, **trial.arguments | trial.other_arguments, **key)
        assert run(as_user(trial.actor), command.name, **trial.arguments, **key) == first

    def test_is_not_kept_by_a_call_that_is_rolled_back(self, studio, key, command, trial):
        with nothing_written(studio.connection), studio.connection.transaction(force_rollback=True):
            run(studio.connection, command.name, **trial.arguments, **key)
        assert run(studio.connection, command.name, **trial.arguments, **key)["success"] is True


@every_command
def test_a_transaction_it_cannot_work_in_is_refused_at_once_whatever_the_state(studio, refuses, key, command, trial):
    """Scenario 36a."""
    for mode, parameter in {
        "ISOLATION LEVEL REPEATABLE READ": "transaction_isolation",
        "ISOLATION LEVEL SERIALIZABLE": "transaction_isolation",
        "READ ONLY": "transaction_read_only",
    }.items():
        for arguments in (trial.arguments, trial.arguments | key, dict.fromkeys(trial.arguments)):
            with refuses("invalid_input", parameter=parameter), studio.connection.transaction():
                studio.connection.execute(f"SET TRANSACTION {mode}")
                run(studio.connection, command.name, **arguments)
        run(studio.connection, command.name, **trial.arguments, **key)


@every_command
def test_a_command_takes_what_is_promised(studio, command):
    assert studio.rows(
        "SELECT pg_get_function_arguments(oid), pg_get_function_result(oid), provolatile FROM pg_proc"
        " WHERE proname = %s AND pronamespace = current_schema()::regnamespace",
        [command.name],
    ) == [(command.parameters, "json", "v")]


@every_command
def test_a_record_keeps_nothing_that_identifies_a_person(studio, command, trial):
    run(studio.connection, command.name, **trial.arguments)
    kept = studio.value("SELECT string_agg(to_json(a)::text, ' ') FROM audit_log a")
    for text in ("@", "Kim", "Client ", "Lead ", "flu", "+47"):
        assert text not in kept


def test_every_command_is_here(studio):
    folder = studio.rows(
        "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
        " AND prorettype = 'json'::regtype"
        " AND proname ~ 'class|booking_(no|pay)|_booking$|lead|client|membership|package|organization'"
        " AND proname !~ '^_|peer|gusmester|guest'"
    )
    assert {name for (name,) in folder} - {"create_public_booking"} == {command.name for command in COMMANDS}
