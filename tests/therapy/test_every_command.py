"""Rules that hold for every command on people's time: who may, the same call again, its transaction, its record."""

import json
from uuid import uuid4

import pytest
from calendars.practice import UNKNOWN
from gusmester.calls import Json, run, run_for_text
from gusmester.snapshot import nothing_written
from psycopg import errors
from support.race import race

from therapy.commands import COMMANDS, commands_of_users, every_command


@pytest.fixture
def key() -> Json:
    """The argument that gives a call a new idempotency key."""
    return {"p_idempotency_key": str(uuid4())}


@pytest.fixture
def trial(clinic, command):
    """A clinic in which the command can be called."""
    return command.prepare(clinic)


def claim(connection, role, claims):
    """Make a role with the claims of a request the caller."""
    connection.execute(f"SET ROLE {role}")
    connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
    return connection


@every_command
class TestWhoMay:
    def test_the_service_may_for_anybody(self, as_service, command, trial):
        result = run(as_service(), command.name, **trial.service_arguments)
        assert tuple(result) == ("success", *command.result)

    def test_the_owners_connection_is_the_service(self, clinic, command, trial):
        assert run(clinic.connection, command.name, **trial.service_arguments)["success"] is True

    def test_the_service_must_say_for_whom(self, clinic, command, trial, refuses):
        for parameter in trial.for_whom:
            with refuses("invalid_input", parameter=parameter):
                run(clinic.connection, command.name, **trial.arguments)

    def test_anonymous_callers_may_not_even_run_it(self, clinic, as_anon, command, trial):
        with nothing_written(clinic.connection), pytest.raises(errors.InsufficientPrivilege):
            run(as_anon(), command.name, **trial.service_arguments)

    def test_odd_claims_are_nobody(self, connect, command, trial, refuses):
        connection = connect()
        roles = ["service_role"] if command.to_strangers == "service only" else ["authenticated", "service_role"]
        for role in roles:
            for sub in ("", "anna", UNKNOWN + "0", 7):
                claim(connection, role, json.dumps({"sub": sub}))
                with refuses("not_authenticated"):
                    run(connection, command.name, **trial.service_arguments)


@commands_of_users
class TestWhichUserMay:
    def test_the_one_whose_command_it_is(self, as_user, command, trial):
        result = run(as_user(trial.actor), command.name, **trial.arguments)
        assert tuple(result) == ("success", *command.result)

    def test_nobody_without_a_sub(self, connect, command, trial, refuses):
        connection = connect()
        for claims in ("", "{}", '{"sub": null}', '{"role": "authenticated"}'):
            claim(connection, "authenticated", claims)
            with refuses("not_authenticated"):
                run(connection, command.name, **trial.service_arguments)

    def test_nobody_else(self, clinic, as_user, command, trial, refuses):
        refusal = "not_allowed" if command.to_strangers == "somebody else" else command.to_strangers
        for other in (clinic.client(), clinic.therapist(), UNKNOWN):
            stranger = as_user(other)
            with refuses(refusal):
                run(stranger, command.name, **trial.service_arguments)

    def test_nobody_else_by_their_metadata(self, connect, command, trial, refuses):
        claims = {"sub": UNKNOWN, "user_metadata": {"role": "service_role"}, "app_metadata": {"role": "service_role"}}
        connection = claim(connect(), "authenticated", json.dumps(claims))
        with refuses("not_allowed" if command.to_strangers == "somebody else" else command.to_strangers):
            run(connection, command.name, **trial.service_arguments)

    def test_the_service_with_their_sub_as_them_alone(self, clinic, connect, command, trial, refuses):
        connection = claim(connect(), "service_role", json.dumps({"sub": UNKNOWN}))
        with refuses("not_allowed" if command.to_strangers == "somebody else" else command.to_strangers):
            run(connection, command.name, **trial.service_arguments)
        claim(connection, "service_role", json.dumps({"sub": trial.actor}))
        assert run(connection, command.name, **trial.arguments)["success"] is True

    def test_the_key_of_two_callers_is_two_keys(self, clinic, as_user, command, trial, key):
        before = len(clinic.audits(command.name))
        run(as_user(trial.actor), command.name, **trial.arguments, **key)
        run(clinic.connection, command.name, **trial.service_arguments | trial.other_arguments, **key)
        assert len(clinic.audits(command.name)) == before + 2


@every_command
class TestTheSameKey:
    def test_answers_the_same_and_changes_nothing(self, clinic, command, trial, key):
        first = run_for_text(clinic.connection, command.name, **trial.service_arguments, **key)
        with nothing_written(clinic.connection):
            assert run_for_text(clinic.connection, command.name, **trial.service_arguments, **key) == first

    def test_answers_the_same_in_every_session(self, clinic, connect, command, trial, key):
        first = run_for_text(clinic.connection, command.name, **trial.service_arguments, **key)
        other = connect()
        other.execute("SET timezone = 'Asia/Tokyo'; SET datestyle = 'German, DMY'; SET intervalstyle = 'iso_8601'")
        assert run_for_text(other, command.name, **trial.service_arguments, **key) == first

    def test_answers_the_same_whatever_has_happened_since(self, clinic, command, trial, key):
        first = run_for_text(clinic.connection, command.name, **trial.service_arguments, **key)
        clinic.connection.execute("UPDATE client_sessions SET status = 'completed' WHERE status <> 'cancelled'")
        clinic.connection.execute("UPDATE profiles SET is_active = false")
        assert run_for_text(clinic.connection, command.name, **trial.service_arguments, **key) == first

    def test_does_the_work_once_for_ten_at_once(self, clinic, connect, command, trial, key):
        before = len(clinic.audits(command.name))
        texts = race(
            10, lambda _: connect(), lambda c, _: run_for_text(c, command.name, **trial.service_arguments, **key)
        )
        assert len(set(texts)) == 1
        assert isinstance(texts[0], str)
        assert len(clinic.audits(command.name)) == before + 1

    def test_conflicts_by_every_argument(self, clinic, command, trial, key, refuses):
        run(clinic.connection, command.name, **trial.service_arguments, **key)
        with refuses("idempotency_conflict"):
            run(clinic.connection, command.name, **trial.service_arguments | trial.other_arguments, **key)
        for parameter in trial.service_arguments:
            with refuses("idempotency_conflict"):
                run(clinic.connection, command.name, **trial.service_arguments | {parameter: None}, **key)

    def test_is_free_again_after_a_failed_call(self, clinic, command, trial, key, refuses):
        with refuses("invalid_input"):
            run(clinic.connection, command.name, **dict.fromkeys(trial.service_arguments), **key)
        assert run(clinic.connection, command.name, **trial.service_arguments, **key)["success"] is True

    def test_is_not_kept_by_a_call_that_is_rolled_back(self, clinic, command, trial, key):
        with nothing_written(clinic.connection), clinic.connection.transaction(force_rollback=True):
            run(clinic.connection, command.name, **trial.service_arguments, **key)
        assert run(clinic.connection, command.name, **trial.service_arguments, **key)["success"] is True

    def test_has_1_to_255_characters(self, clinic, command, trial, refuses):
        for text in ("", "x" * 256):
            with refuses("invalid_input", parameter="p_idempotency_key"):
                run(clinic.connection, command.name, **trial.service_arguments, p_idempotency_key=text)
        assert run(clinic.connection, command.name, **trial.service_arguments, p_idempotency_key="x" * 255)["success"]


@every_command
def test_a_transaction_it_cannot_work_in_is_refused_at_once(clinic, command, trial, key, refuses):
    for mode, parameter in {
        "ISOLATION LEVEL REPEATABLE READ": "transaction_isolation",
        "ISOLATION LEVEL SERIALIZABLE": "transaction_isolation",
        "READ ONLY": "transaction_read_only",
    }.items():
        for arguments in (trial.service_arguments | key, dict.fromkeys(trial.arguments)):
            with refuses("invalid_input", parameter=parameter), clinic.connection.transaction():
                clinic.connection.execute(f"SET TRANSACTION {mode}")
                run(clinic.connection, command.name, **arguments)


@every_command
def test_one_effect_is_one_row_on_record(clinic, as_user, command, trial):
    service = command.to_strangers == "service only"
    before = clinic.value("SELECT count(*) FROM audit_log")
    if service:
        run(clinic.connection, command.name, **trial.service_arguments)
    else:
        run(as_user(trial.actor), command.name, **trial.arguments)
    assert clinic.value("SELECT count(*) FROM audit_log") == before + 1
    row = clinic.audits(command.name)[-1]
    assert row["actor_id"] == (None if service else trial.actor)
    assert row["entity"]
    assert row["entity_id"]
    for said in ("Knee", "Sleep", "Hip", "Ill", "rooms.example"):
        assert said not in json.dumps(row)


def test_every_command_is_here(clinic):
    """A new one cannot be forgotten."""
    query = """
        SELECT p.proname FROM pg_proc p JOIN function_versions v ON v.name = p.proname
        WHERE p.prorettype = 'json'::regtype AND v.module IN ('calendar', 'therapy')
    """
    assert {name for (name,) in clinic.rows(query)} == {command.name for command in COMMANDS}
