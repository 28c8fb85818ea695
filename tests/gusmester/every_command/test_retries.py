"""The same call again: idempotency keys, and the isolation a command needs."""

import json
from uuid import uuid4

from gusmester.calls import run, run_for_text
from gusmester.every_command.commands import every_command
from gusmester.snapshot import nothing_written


@every_command
class TestTheSameKey:
    def test_with_the_same_arguments_answers_the_same_and_changes_nothing(self, club, key, command):
        trial = command.prepare(club)
        first = run_for_text(club.connection, command.name, **trial.service_arguments, **key)
        with nothing_written(club.connection):
            assert run_for_text(club.connection, command.name, **trial.service_arguments, **key) == first

    def test_answers_the_same_to_a_user_too(self, club, as_employee, key, command):
        trial = command.prepare(club)
        connection = as_employee(trial.actor)
        first = run_for_text(connection, command.name, **trial.arguments, **key)
        with nothing_written(club.connection):
            assert run_for_text(connection, command.name, **trial.arguments, **key) == first

    def test_answers_the_same_in_every_time_zone(self, club, key, command):
        trial = command.prepare(club)
        first = run_for_text(club.connection, command.name, **trial.service_arguments, **key)
        club.connection.execute("SET timezone = 'Asia/Tokyo'; SET datestyle = 'German, DMY'")
        assert run_for_text(club.connection, command.name, **trial.service_arguments, **key) == first

    def test_answers_the_same_whatever_has_happened_since(self, club, key, command):
        trial = command.prepare(club)
        first = run_for_text(club.connection, command.name, **trial.service_arguments, **key)
        club.connection.execute("UPDATE sessions SET status = 'completed' WHERE status = 'active'")
        club.connection.execute("UPDATE employees SET status = 'inactive'")
        with nothing_written(club.connection):
            assert run_for_text(club.connection, command.name, **trial.service_arguments, **key) == first

    def test_with_other_arguments_is_a_conflict(self, club, refuses, key, command):
        trial = command.prepare(club)
        run(club.connection, command.name, **trial.service_arguments, **key)
        with refuses("idempotency_conflict"):
            run(club.connection, command.name, **trial.other_service_arguments, **key)

    def test_conflicts_even_with_arguments_that_make_no_sense(self, club, refuses, key, command):
        trial = command.prepare(club)
        run(club.connection, command.name, **trial.service_arguments, **key)
        with refuses("idempotency_conflict"):
            run(club.connection, command.name, **dict.fromkeys(trial.service_arguments), **key)

    def test_is_free_again_after_a_failed_call(self, club, refuses, key, command):
        trial = command.prepare(club)
        obstacle, cure = command.obstacle
        club.connection.execute(obstacle, trial.service_arguments)
        with refuses(command.refused_as):
            run(club.connection, command.name, **trial.service_arguments, **key)
        club.connection.execute(cure, trial.service_arguments)
        assert run(club.connection, command.name, **trial.service_arguments, **key)["success"] is True

    def test_is_free_for_other_arguments_after_a_failed_call(self, club, refuses, key, command):
        trial = command.prepare(club)
        with refuses("invalid_input"):
            run(club.connection, command.name, **dict.fromkeys(trial.service_arguments), **key)
        assert run(club.connection, command.name, **trial.service_arguments, **key)["success"] is True

    def test_of_two_callers_is_two_keys(self, club, as_employee, key, command):
        trial = command.prepare(club)
        before = len(club.audits(command.name))
        run(as_employee(trial.actor), command.name, **trial.arguments, **key)
        run(club.connection, command.name, **trial.other_service_arguments, **key)
        assert len(club.audits(command.name)) == before + 2

    def test_does_not_open_what_another_caller_was_told(self, club, as_employee, refuses, key, command):
        trial = command.prepare(club)
        first = run(as_employee(trial.actor), command.name, **trial.arguments, **key)
        colleague = as_employee(club.employee())
        if command.callers == "employee":
            with refuses("spot_not_available"):
                run(colleague, command.name, **trial.arguments, **key)
        else:
            with refuses("not_found" if command.callers == "booker" else "not_allowed"):
                run(colleague, command.name, **trial.arguments, **key)
        assert run(as_employee(trial.actor), command.name, **trial.arguments, **key) == first

    def test_has_1_to_255_characters(self, club, refuses, command):
        trial = command.prepare(club)
        for text in ("", "x" * 256):
            with refuses("invalid_input", parameter="p_idempotency_key"):
                run(club.connection, command.name, **trial.service_arguments, p_idempotency_key=text)
        longest = str(uuid4()).ljust(255, "x")
        assert run(club.connection, command.name, **trial.service_arguments, p_idempotency_key=longest)["success"]


@every_command
def test_a_transaction_it_cannot_work_in_is_refused_at_once_whatever_the_state(club, refuses, key, command):
    trial = command.prepare(club)
    for mode, parameter in {
        "ISOLATION LEVEL REPEATABLE READ": "transaction_isolation",
        "ISOLATION LEVEL SERIALIZABLE": "transaction_isolation",
        "READ ONLY": "transaction_read_only",
    }.items():
        for arguments in (trial.service_arguments, trial.service_arguments | key, dict.fromkeys(trial.arguments)):
            with refuses("invalid_input", parameter=parameter), club.connection.transaction():
                club.connection.execute(f"SET TRANSACTION {mode}")
                run(club.connection, command.name, **arguments)
        run(club.connection, command.name, **trial.service_arguments, **key)


@every_command
def test_a_call_that_is_rolled_back_leaves_no_key(club, key, command):
    trial = command.prepare(club)
    with nothing_written(club.connection), club.connection.transaction(force_rollback=True):
        run(club.connection, command.name, **trial.service_arguments, **key)
    assert run(club.connection, command.name, **trial.service_arguments, **key)["success"] is True


@every_command
def test_without_a_key_nothing_is_kept(club, command):
    trial = command.prepare(club)
    before = club.rows("SELECT caller, function_name, key FROM idempotency_keys")
    run(club.connection, command.name, **trial.service_arguments)
    assert club.rows("SELECT caller, function_name, key FROM idempotency_keys") == before


def test_one_key_may_serve_two_functions(club, key):
    session, bob = club.session(club.employee()), club.employee()
    club.release(session, **key)
    booking = club.book(session, bob, **key)
    assert club.cancel(booking, **key)["success"] is True


def test_a_booking_is_not_made_again_after_it_was_cancelled(club, key):
    session, bob = club.released(), club.employee()
    first = club.book(session, bob, **key)
    club.cancel(first)
    assert club.book(session, bob, **key) == first
    assert club.bookings(session) == [(bob.id, "cancelled")]


def test_leaving_a_parameter_out_is_saying_its_default(club, as_employee, key):
    bob = club.employee()
    session, connection = club.released(), as_employee(bob)
    first = run_for_text(connection, "book_gusmester_spot", p_session_id=session, **key)
    again = run_for_text(connection, "book_gusmester_spot", p_session_id=session, p_employee_id=None, **key)
    assert again == first


def test_the_same_instant_written_differently_is_the_same_argument(club, key):
    session = {"p_name": "New year", "p_duration_minutes": 60}
    first = run_for_text(club.connection, "create_gus_session", p_starts_at="2099-01-01T00:00:00Z", **session, **key)
    again = run_for_text(
        club.connection, "create_gus_session", p_starts_at="2099-01-01T02:00:00+02:00", **session, **key
    )
    assert again == first


def test_a_key_is_forgotten_after_thirty_days(club, refuses, key):
    session, bob = club.released(), club.employee()
    booking = club.book(session, bob, **key)
    with club.connection.transaction():
        club.connection.execute("UPDATE idempotency_keys SET created_at = now() - interval '30 days'")
        assert club.book(session, bob, **key) == booking
    club.connection.execute("UPDATE idempotency_keys SET created_at = now() - interval '30 days 1 second'")
    with refuses("already_booked"):
        club.book(session, bob, **key)


def test_a_result_is_the_very_same_text(club, key):
    session, bob = club.released(), club.employee()
    first = run_for_text(club.connection, "book_gusmester_spot", p_session_id=session, p_employee_id=bob.id, **key)
    stored = club.value("SELECT result::text FROM idempotency_keys WHERE key = %(p_idempotency_key)s", key)
    assert first == stored
    assert json.loads(first)["success"] is True
