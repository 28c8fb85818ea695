"""I10: every command that changed something writes one row of the audit log."""

from gusmester.calls import run
from gusmester.every_command.commands import every_command


def count(club):
    """Return the number of audit rows."""
    return club.value("SELECT count(*) FROM audit_log")


@every_command
def test_a_command_writes_one_row_that_names_who_called(club, as_employee, command):
    trial = command.prepare(club)
    before = count(club)
    run(as_employee(trial.actor), command.name, **trial.arguments)
    assert count(club) == before + 1
    row = club.audits(command.name)[-1]
    assert row["actor_id"] == trial.actor.user_id
    assert row["entity"]
    assert row["entity_id"]


@every_command
def test_a_command_of_the_service_names_nobody(club, command):
    trial = command.prepare(club)
    before = count(club)
    run(club.connection, command.name, **trial.service_arguments)
    assert count(club) == before + 1
    assert club.audits(command.name)[-1]["actor_id"] is None


@every_command
def test_a_replay_writes_none(club, key, command):
    trial = command.prepare(club)
    run(club.connection, command.name, **trial.service_arguments, **key)
    before = count(club)
    run(club.connection, command.name, **trial.service_arguments, **key)
    assert count(club) == before


@every_command
def test_a_row_keeps_nothing_that_identifies_a_person(club, command):
    trial = command.prepare(club)
    run(club.connection, command.name, **trial.service_arguments)
    kept = club.value("SELECT string_agg(to_json(a)::text, ' ') FROM audit_log a")
    assert "@" not in kept
    for name in ("Kim", "Employee ", "Evening steam", "stove", "ladle", "+47"):
        assert name not in kept
