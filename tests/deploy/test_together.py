"""Several deployers at once, and deployers that are interrupted: real processes."""

import signal
import time
from collections.abc import Callable

import psycopg
import pytest
from deploy.catalogs import contents
from support.blocking import TIMEOUT

from bookingdb.deploy import migrate, status
from bookingdb.deploy.locks import alone


def wait_for(observer: psycopg.Connection, what: str, condition: str) -> int:
    """Return the server process of a deployer as soon as it is in the condition."""
    query = f"SELECT pid FROM pg_stat_activity WHERE application_name = 'bookingdb' AND {condition}"
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        if found := observer.execute(query).fetchone():
            return found[0]
        time.sleep(0.01)
    raise AssertionError(f"no deployer {what}")


def wait_until_gone(observer: psycopg.Connection, pid: int) -> None:
    deadline = time.monotonic() + TIMEOUT
    while observer.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone():
        assert time.monotonic() < deadline, f"server process {pid} lives on"
        time.sleep(0.01)


@pytest.fixture
def stuck(empty_dsn, superuser, start) -> Callable:
    """Start a deployer that hangs in its last transaction, as somebody reads a table it has to change."""
    migrate(empty_dsn)
    superuser.execute("DROP POLICY profiles_own ON bookingdb.profiles")

    def run(reader: psycopg.Connection):
        reader.execute("SELECT FROM bookingdb.profiles")
        process = start("migrate", "--lock-timeout", "1min", "--dsn", empty_dsn)
        return process, wait_for(superuser, "waits for the table", "wait_event = 'relation'")

    return run


def test_the_second_deployer_waits_and_says_so(empty_dsn, superuser, start) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as first, alone(first, "bookingdb", "5s", print):
        second = start("migrate", "--lock-timeout", "1ms", "--dsn", empty_dsn)
        wait_for(superuser, "waits for the other", "wait_event = 'advisory'")
        time.sleep(0.1)  # many times the lock timeout
        assert second.poll() is None

    output, messages = second.communicate(timeout=TIMEOUT)
    assert second.returncode == 0, messages
    assert 'Somebody else deploys to schema "bookingdb"; waiting' in messages
    assert "created" in output


def test_another_schema_does_not_wait(empty_dsn, bookingdb) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as first, alone(first, "bookingdb", "5s", print):
        result = bookingdb("migrate", "--schema", "other", "--dsn", empty_dsn)

    assert result.exit_code == 0
    assert "waiting" not in result.stderr


def test_many_at_once_on_an_empty_database(empty_dsn, owner, start) -> None:
    deployers = [start("migrate", "--dsn", empty_dsn) for _ in range(4)]
    outcomes = [deployer.communicate(timeout=60) for deployer in deployers]

    assert [deployer.returncode for deployer in deployers] == [0] * 4, outcomes
    assert sum("Nothing to do" in output for output, _ in outcomes) == 3
    assert status(empty_dsn).up_to_date
    assert owner.execute("SELECT max(version) FROM function_versions").fetchall() == [(1,)]
    migrate(empty_dsn, schema="several")
    migrate(empty_dsn, schema="single")
    assert contents(empty_dsn, "several") ^ contents(empty_dsn, "single") == set()


def test_two_databases_make_the_same_roles_at_once(server, start) -> None:
    names = [f"twin_{n}" for n in range(4)]
    with psycopg.connect(server.conninfo(), autocommit=True) as conn:
        for name in names:
            conn.execute(f"CREATE DATABASE {name}")
    try:
        deployers = [start("migrate", "--modules", "core", "--dsn", server.conninfo(name)) for name in names]
        outcomes = [deployer.communicate(timeout=60) for deployer in deployers]
        assert [deployer.returncode for deployer in deployers] == [0] * 4, outcomes
    finally:
        with psycopg.connect(server.conninfo(), autocommit=True) as conn:
            for name in names:
                conn.execute(f"DROP DATABASE {name} (FORCE)")


def test_ctrl_c_ends_in_a_sentence_with_nothing_half_done(empty_dsn, superuser, stuck) -> None:
    before = contents(empty_dsn)
    with psycopg.connect(empty_dsn) as reader:
        deployer, server_process = stuck(reader)
        deployer.send_signal(signal.SIGINT)
        _, messages = deployer.communicate(timeout=TIMEOUT)
        wait_until_gone(superuser, server_process)

    assert deployer.returncode == 1
    assert "Interrupted" in messages
    assert "Traceback" not in messages
    assert contents(empty_dsn) ^ before == set()
    migrate(empty_dsn)
    assert status(empty_dsn).up_to_date


def test_killed_while_it_waits_it_leaves_no_lock(empty_dsn, superuser, stuck, bookingdb) -> None:
    with psycopg.connect(empty_dsn) as reader:
        deployer, server_process = stuck(reader)
        deployer.kill()
        # the table is still being read: the server notices by itself that its client is gone
        wait_until_gone(superuser, server_process)

    result = bookingdb("migrate", "--dsn", empty_dsn)

    assert result.exit_code == 0
    assert "restored" in result.stdout
    assert status(empty_dsn).up_to_date


def test_killed_in_a_migration_it_leaves_no_lock(empty_dsn, superuser, start, bookingdb) -> None:
    superuser.execute(
        "CREATE FUNCTION public.hang() RETURNS event_trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(300); END $$;"
        "CREATE EVENT TRIGGER hang ON ddl_command_end WHEN TAG IN ('CREATE SEQUENCE') EXECUTE FUNCTION public.hang()"
    )
    deployer = start("migrate", "--dsn", empty_dsn)
    server_process = wait_for(superuser, "is in the migration", "wait_event = 'PgSleep'")
    deployer.kill()
    wait_until_gone(superuser, server_process)
    superuser.execute("DROP EVENT TRIGGER hang")

    assert bookingdb("migrate", "--dsn", empty_dsn).exit_code == 0
    assert status(empty_dsn).up_to_date
