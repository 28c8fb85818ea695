"""Rules that hold for every command on peer sessions: who may call it, and what the same call again does."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import pytest
from gusmester.calls import Json, run, run_for_text
from gusmester.snapshot import nothing_written
from psycopg import errors, sql
from support.race import race

from peer.exchange import UNKNOWN, Exchange, in_days, new_key

KEY = "p_idempotency_key text DEFAULT NULL::text"
PAIR = "p_client_id uuid, p_practitioner_id uuid"


@dataclass(frozen=True)
class Trial:
    """An exchange in which a command can be called, and with what."""

    actor: str
    """Whose command it is."""
    arguments: Json
    """What the actor, or the service, calls it with."""
    other_arguments: Json
    """Other arguments that would do as well."""
    obstruct: Callable[[], object]
    """Makes the prepared call fail, for ``refused_as``."""
    clear: Callable[[], object]
    """Undoes that."""


@dataclass(frozen=True)
class Command:
    """A command, what it takes and answers, and how to come to an exchange in which it can be called."""

    name: str
    parameters: str
    result: tuple[str, ...]
    prepare: Callable[[Exchange], Trial]
    refused_as: str
    to_strangers: str


def _book(exchange: Exchange) -> Trial:
    client, practitioner = exchange.pair()
    arguments = {
        "p_client_id": client,
        "p_practitioner_id": practitioner,
        "p_session_date": in_days(3),
        "p_start_time": "10:00",
        "p_duration_minutes": 60,
        "p_session_type": "video",
        "p_notes": "Left shoulder",
    }
    return Trial(client, arguments, {"p_start_time": "12:00"}, *_poor(exchange, client))


def _pay(exchange: Exchange) -> Trial:
    client, practitioner = exchange.pair()
    session, other = (exchange.unpaid(client, practitioner, starts_at=f"{in_days(days)} 10:00Z") for days in (3, 4))
    arguments = {
        "p_client_id": client,
        "p_practitioner_id": practitioner,
        "p_session_id": session,
        "p_duration_minutes": 60,
    }
    return Trial(client, arguments, {"p_session_id": other}, *_poor(exchange, client))


def _refund(exchange: Exchange) -> Trial:
    session, client, _ = exchange.booked()
    arguments = {"p_session_id": session, "p_cancellation_reason": "The flu"}
    return Trial(client, arguments, {"p_cancellation_reason": "Influenza"}, *_over(exchange, session))


def _cancel(exchange: Exchange) -> Trial:
    session, _, practitioner = exchange.booked()
    arguments = {"p_session_id": session, "p_reason": "The flu"}
    return Trial(practitioner, arguments, {"p_reason": "Influenza"}, *_over(exchange, session))


def _move(exchange: Exchange) -> Trial:
    session, client, _ = exchange.booked()
    arguments = {"p_session_id": session, "p_session_date": in_days(4), "p_start_time": "15:00"}
    return Trial(client, arguments, {"p_start_time": "16:00"}, *_over(exchange, session))


def _poor(exchange: Exchange, client: str) -> tuple[Callable[[], object], Callable[[], object]]:
    return lambda: exchange.spends(client, 1), lambda: exchange.bank.change(client, 1)


def _over(exchange: Exchange, session: str) -> tuple[Callable[[], object], Callable[[], object]]:
    change = "UPDATE client_sessions SET status = %s WHERE id = %s"
    return (
        lambda: exchange.connection.execute(change, ["completed", session]),
        lambda: exchange.connection.execute(change, ["scheduled", session]),
    )


BALANCES = (
    "client_balance_before",
    "client_balance_after",
    "practitioner_balance_before",
    "practitioner_balance_after",
)
COMMANDS = [
    Command(
        "create_peer_booking",
        f"{PAIR}, p_session_date date, p_start_time time without time zone, p_duration_minutes integer,"
        f" p_session_type text, p_notes text DEFAULT NULL::text, {KEY}",
        ("session_id", "credit_cost", *BALANCES, "starts_at", "ends_at", "status"),
        _book,
        "insufficient_credits",
        "not_allowed",
    ),
    Command(
        "process_peer_booking_credits",
        f"{PAIR}, p_session_id uuid, p_duration_minutes integer, {KEY}",
        ("session_id", "credit_cost", *BALANCES),
        _pay,
        "insufficient_credits",
        "not_allowed",
    ),
    Command(
        "process_peer_booking_refund",
        f"p_session_id uuid, p_cancellation_reason text DEFAULT NULL::text, {KEY}",
        ("session_id", "refunded_credits", "client_new_balance", "practitioner_new_balance"),
        _refund,
        "invalid_state",
        "not_found",
    ),
    Command(
        "cancel_session",
        f"p_session_id uuid, p_reason text DEFAULT NULL::text, {KEY}",
        ("session_id", "refunded_credits"),
        _cancel,
        "invalid_state",
        "not_found",
    ),
    Command(
        "reschedule_session",
        f"p_session_id uuid, p_session_date date, p_start_time time without time zone, {KEY}",
        ("session_id", "starts_at", "ends_at"),
        _move,
        "invalid_state",
        "not_found",
    ),
]

every_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)


@pytest.fixture
def trial(exchange, command):
    """An exchange in which the command can be called."""
    return command.prepare(exchange)


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
    def test_the_one_whose_command_it_is(self, exchange, as_user, command, trial):
        result = run(as_user(trial.actor), command.name, **trial.arguments)
        assert list(result) == ["success", *command.result]
        assert result["success"] is True
        assert exchange.audits(command.name)[0]["actor_id"] == trial.actor

    def test_the_service_for_anybody(self, exchange, as_service, command, trial):
        assert run(as_service(), command.name, **trial.arguments)["success"] is True
        assert exchange.audits(command.name)[0]["actor_id"] is None

    def test_the_service_without_claims(self, connect, command, trial):
        assert run(act(connect(), "service_role", ""), command.name, **trial.arguments)["success"] is True

    def test_nobody_who_is_not_signed_in(self, exchange, as_anon, command, trial):
        with nothing_written(exchange.connection), pytest.raises(errors.InsufficientPrivilege):
            run(as_anon(), command.name, **trial.arguments)

    def test_nobody_else(self, exchange, as_user, refuses, command, trial):
        for stranger in (exchange.person(60), exchange.peer(60), UNKNOWN):
            connection = as_user(stranger)
            with refuses(command.to_strangers):
                run(connection, command.name, **trial.arguments)

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
        connection = act(connect(), "service_role", json.dumps({"sub": UNKNOWN}))
        with refuses(command.to_strangers):
            run(connection, command.name, **trial.arguments)


@every_command
class TestTheSameKey:
    def test_answers_the_same_and_changes_nothing(self, exchange, connect, key, command, trial):
        first = run_for_text(exchange.connection, command.name, **trial.arguments, **key)
        other = connect()
        other.execute("SET timezone = 'Asia/Tokyo'; SET datestyle = 'German, DMY'")
        exchange.connection.execute("UPDATE practitioners SET is_active = false")
        with nothing_written(exchange.connection):
            assert run_for_text(exchange.connection, command.name, **trial.arguments, **key) == first
            assert run_for_text(other, command.name, **trial.arguments, **key) == first

    def test_of_ten_at_once_has_one_effect_and_one_answer(self, exchange, as_user, key, command, trial):
        answers = race(
            10,
            lambda _: as_user(trial.actor),
            lambda connection, _: run_for_text(connection, command.name, **trial.arguments, **key),
        )
        assert len(set(answers)) == 1
        assert json.loads(answers[0])["success"] is True
        assert len(exchange.audits(command.name)) == 1

    def test_with_other_arguments_is_a_conflict(self, exchange, refuses, key, command, trial):
        run(exchange.connection, command.name, **trial.arguments, **key)
        for other in (trial.arguments | trial.other_arguments, dict.fromkeys(trial.arguments)):
            with refuses("idempotency_conflict"):
                run(exchange.connection, command.name, **other, **key)

    def test_is_free_again_after_a_failed_call(self, exchange, refuses, key, command, trial):
        trial.obstruct()
        with refuses(command.refused_as):
            run(exchange.connection, command.name, **trial.arguments, **key)
        trial.clear()
        assert run(exchange.connection, command.name, **trial.arguments, **key)["success"] is True

    def test_of_two_callers_is_two_keys(self, exchange, as_user, refuses, key, command, trial):
        first = run(as_user(trial.actor), command.name, **trial.arguments, **key)
        stranger = as_user(exchange.peer(60))
        with refuses(command.to_strangers):
            run(stranger, command.name, **trial.arguments, **key)
        assert run(as_user(trial.actor), command.name, **trial.arguments, **key) == first


@every_command
def test_a_transaction_it_cannot_work_in_is_refused_at_once_whatever_the_state(exchange, refuses, key, command, trial):
    for mode, parameter in {
        "ISOLATION LEVEL REPEATABLE READ": "transaction_isolation",
        "ISOLATION LEVEL SERIALIZABLE": "transaction_isolation",
        "READ ONLY": "transaction_read_only",
    }.items():
        for arguments in (trial.arguments, trial.arguments | key, dict.fromkeys(trial.arguments)):
            with refuses("invalid_input", parameter=parameter), exchange.connection.transaction():
                exchange.connection.execute(f"SET TRANSACTION {mode}")
                run(exchange.connection, command.name, **arguments)
        run(exchange.connection, command.name, **trial.arguments, **key)


@every_command
def test_a_command_takes_what_is_promised(exchange, command):
    assert exchange.rows(
        "SELECT pg_get_function_arguments(oid), pg_get_function_result(oid), provolatile FROM pg_proc"
        " WHERE proname = %s AND pronamespace = current_schema()::regnamespace",
        [command.name],
    ) == [(command.parameters, "json", "v")]


@every_command
def test_a_record_keeps_nothing_that_identifies_a_person(exchange, command, trial):
    run(exchange.connection, command.name, **trial.arguments)
    kept = exchange.value("SELECT string_agg(to_json(a)::text, ' ') FROM audit_log a")
    for text in ("Person ", "shoulder", "flu"):
        assert text not in kept
