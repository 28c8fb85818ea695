"""Commands that only look wait for a lock for a while, not for ever, and then say what to do."""

import json
import time

import psycopg
import pytest

LOCKED = {
    "verify": "employees",
    "status": "function_versions",
    "history": "function_versions",
}


@pytest.mark.parametrize("command", LOCKED)
def test_a_lock_that_somebody_holds(dsn, bookingdb, command: str) -> None:
    with psycopg.connect(dsn) as holder:
        holder.execute(f"LOCK bookingdb.{LOCKED[command]}")
        started = time.monotonic()
        stopped = bookingdb(command, "--lock-timeout", "100ms", "--dsn", dsn)
        waited = time.monotonic() - started

    assert (stopped.exit_code, stopped.stdout) == (1, "")
    assert "Stopped: somebody held a lock for longer than the lock timeout." in stopped.stderr
    assert "a longer --lock-timeout" in stopped.stderr
    assert 0.1 < waited < 4
    assert bookingdb(command, "--dsn", dsn).exit_code == 0


def test_the_doctor_goes_on(dsn, bookingdb) -> None:
    with psycopg.connect(dsn) as holder:
        holder.execute("LOCK bookingdb.applied_migrations")
        result = bookingdb("doctor", "--json", "--lock-timeout", "100ms", "--dsn", dsn)

    found = {finding["check"]: finding for finding in json.loads(result.stdout)["findings"]}
    assert result.exit_code == 1
    assert "somebody held a lock for longer than the lock timeout" in found["objects"]["message"]
    assert found["triggers"]["severity"] == "fine"


@pytest.mark.parametrize("command", [*LOCKED, "doctor", "migrate", "rollback"])
def test_what_is_no_lock_timeout(dsn, bookingdb, command: str) -> None:
    refused = bookingdb(command, "--lock-timeout", "a while", "--dsn", dsn)

    assert refused.exit_code == 2
    assert "'a while' is not a lock timeout." in refused.stderr


def test_without_a_word_it_is_five_seconds(bookingdb) -> None:
    for command in (*LOCKED, "doctor", "migrate", "rollback"):
        assert "[default: 5s]" in bookingdb(command, "--help").stdout
