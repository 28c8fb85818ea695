"""``bookingdb schedule``: pg_cron calls run_maintenance(). What needs pg_cron runs where the server has it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from click.testing import Result
from psycopg import sql

from bookingdb.deploy import migrate
from bookingdb.server import OWNER, Server, create_owner, launch

SETTINGS = {
    "shared_preload_libraries": "pg_cron",
    "cron.database_name": "postgres",
    "cron.use_background_workers": "on",
    "max_worker_processes": "20",
}
LONG = "x" * 60

Schedule = Callable[..., Result]


@pytest.fixture(scope="module")
def cron(server: Server) -> Iterator[Server]:
    """A server of one's own with pg_cron in its database postgres, which the owner may use."""
    with psycopg.connect(server.conninfo()) as connection:
        if not connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_cron'").fetchone():
            pytest.skip("this server has no pg_cron")
    with launch(server.bindir, settings=SETTINGS) as own:
        with psycopg.connect(own.conninfo(), autocommit=True) as connection:
            create_owner(connection)
            connection.execute("CREATE EXTENSION pg_cron")
            connection.execute(f"GRANT ALL ON DATABASE postgres TO {OWNER}")
            connection.execute(f"GRANT USAGE ON SCHEMA cron TO {OWNER}")
            connection.execute(f"GRANT EXECUTE ON FUNCTION cron.schedule_in_database TO {OWNER}")
        yield own


@contextmanager
def database(server: Server, name: str = "club") -> Iterator[str]:
    """Make a database of the owner's for a while; yield its DSN, the owner's."""
    named = sql.Identifier(name)
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(named, sql.Identifier(OWNER)))
        try:
            yield server.conninfo(name, user=OWNER)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(named))


@pytest.fixture
def club(cron: Server) -> Iterator[str]:
    """A migrated database beside the one pg_cron lives in."""
    with database(cron) as dsn:
        migrate(dsn, modules=["core"])
        yield dsn
        with psycopg.connect(cron.conninfo()) as connection:
            connection.execute("SELECT cron.unschedule(jobid) FROM cron.job")


@pytest.fixture
def schedule(club: str, bookingdb: Callable[..., Result]) -> Schedule:
    """Run the command on that database."""
    return lambda *options: bookingdb("schedule", "--pg-cron", "--dsn", club, *options)


@pytest.fixture
def jobs(cron: Server) -> Callable[[], list[tuple[object, ...]]]:
    """Return what is scheduled on the server."""

    def read() -> list[tuple[object, ...]]:
        with psycopg.connect(cron.conninfo()) as connection:
            return connection.execute(
                "SELECT jobname, schedule, command, database, username, active FROM cron.job ORDER BY jobname"
            ).fetchall()

    return read


def job(schedule: str = "* * * * *") -> tuple[object, ...]:
    return ("bookingdb club.bookingdb", schedule, 'SELECT "bookingdb".run_maintenance()', "club", OWNER, True)


def expire_a_key(dsn: str, schema: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(
            f"INSERT INTO {schema}.idempotency_keys (caller, function_name, key, arguments_hash, created_at)"
            " VALUES ('service', 'f', 'old', '', now() - interval '100 days')"
        )


def has_keys(dsn: str, schema: str) -> bool:
    with psycopg.connect(dsn) as connection:
        return connection.execute(f"SELECT 1 FROM {schema}.idempotency_keys").fetchone() is not None


def wait_until(happened: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)


def test_the_job_runs_in_the_database_of_pg_cron_and_in_another(cron, club, schedule, bookingdb) -> None:
    own = cron.conninfo(user=OWNER)
    migrate(own, schema="The Club", modules=["core"])
    expire_a_key(club, "bookingdb")
    expire_a_key(own, '"The Club"')

    assert schedule().exit_code == 0
    here = bookingdb("schedule", "--pg-cron", "--dsn", own, "--schema", "The Club", "--json")
    assert json.loads(here.stdout) == {
        "job": "bookingdb postgres.The Club",
        "schedule": "* * * * *",
        "command": 'SELECT "The Club".run_maintenance()',
        "database": "postgres",
        "cron_database": "postgres",
        "scheduled": True,
        "changed": True,
    }

    wait_until(lambda: not has_keys(club, "bookingdb") and not has_keys(own, '"The Club"'), 150)

    def ended() -> set[tuple[str, str]]:
        with psycopg.connect(cron.conninfo()) as connection:
            runs = connection.execute("SELECT database, status FROM cron.job_run_details WHERE status <> 'running'")
            return set(runs.fetchall())

    wait_until(lambda: len(ended()) > 1, 30)
    assert ended() == {("postgres", "succeeded"), ("club", "succeeded")}


def test_there_is_one_job_however_often_it_is_scheduled(schedule, jobs) -> None:
    assert 'runs SELECT "bookingdb".run_maintenance() at * * * * *' in schedule().stdout
    assert jobs() == [job()]

    again = schedule()
    assert (again.exit_code, again.stderr) == (0, "")
    assert "was there already" in again.stdout
    assert json.loads(schedule("--json").stdout)["changed"] is False
    assert jobs() == [job()]

    assert json.loads(schedule("--every", "5 minutes", "--json").stdout)["changed"] is True
    assert jobs() == [job("*/5 * * * *")]


def test_a_job_that_is_switched_off_is_switched_on(cron, schedule, jobs) -> None:
    schedule()
    with psycopg.connect(cron.conninfo()) as connection:
        connection.execute("SELECT cron.alter_job(jobid, active := false) FROM cron.job")

    assert schedule().exit_code == 0
    assert jobs() == [job()]


def test_every_schema_has_its_own(club, schedule, jobs) -> None:
    migrate(club, schema=LONG, modules=["core"])
    migrate(club, schema=LONG + "y", modules=["core"])
    for schema in ("bookingdb", LONG, LONG + "y"):
        assert schedule("--schema", schema).exit_code == 0

    assert [found[2] for found in jobs()].count('SELECT "bookingdb".run_maintenance()') == 1
    assert len({found[0] for found in jobs()}) == 3
    assert schedule("--schema", LONG, "--remove").exit_code == 0
    assert {str(found[2]) for found in jobs()} == {
        f'SELECT "{schema}".run_maintenance()' for schema in ("bookingdb", LONG + "y")
    }


def test_removing(schedule, jobs) -> None:
    schedule()

    removed = json.loads(schedule("--remove", "--json").stdout)
    assert (removed["scheduled"], removed["changed"]) == (False, True)
    assert jobs() == []

    again = schedule("--remove")
    assert again.exit_code == 0
    assert "nothing to remove" in again.stdout


def test_removing_after_the_schema_is_gone(club, schedule, jobs) -> None:
    schedule()
    with psycopg.connect(club) as connection:
        connection.execute("DROP SCHEMA bookingdb CASCADE")

    assert schedule("--remove").exit_code == 0
    assert jobs() == []


def test_somebody_without_privileges_is_told_what_to_have_run(cron, club, bookingdb, jobs) -> None:
    with psycopg.connect(cron.conninfo(), autocommit=True) as superuser:
        superuser.execute("CREATE ROLE clerk LOGIN; GRANT service_role TO clerk")
        try:
            with psycopg.connect(cron.conninfo("club", user="clerk")) as connection:
                dsn = connection.info.dsn
            refused = bookingdb("schedule", "--pg-cron", "--dsn", dsn)
            assert (refused.exit_code, refused.stdout) == (2, "")
            assert '"clerk" may not use pg_cron' in refused.stderr
            assert 'in database "postgres"' in refused.stderr
            grants = [line for line in refused.stderr.splitlines() if line.startswith("  GRANT")]
            for grant in grants:
                superuser.execute(grant)

            assert bookingdb("schedule", "--pg-cron", "--dsn", dsn).exit_code == 0
            assert [found[4] for found in jobs()] == ["clerk"]
        finally:
            superuser.execute("SELECT cron.unschedule(jobid) FROM cron.job")
            superuser.execute("DROP OWNED BY clerk; DROP ROLE clerk")


def test_seconds_take_a_newer_pg_cron(cron, schedule, jobs) -> None:
    with psycopg.connect(cron.conninfo()) as connection:
        (version,) = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'pg_cron'").fetchall()[0]
    result = schedule("--every", "30 seconds")

    if version < "1.5":
        assert result.exit_code == 2
        assert "every minute" in result.stderr
        assert jobs() == []
    else:
        assert jobs() == [job("30 seconds")]


def test_another_database_without_pg_cron(schedule) -> None:
    refused = schedule("--cron-database", "template1")

    assert refused.exit_code == 2
    assert 'pg_cron is not there in database "template1"' in refused.stderr
    assert "CREATE EXTENSION pg_cron;" in refused.stderr
    assert "Install" not in refused.stderr


def test_a_database_that_is_not_there(schedule) -> None:
    refused = schedule("--cron-database", "nowhere")

    assert refused.exit_code == 2
    assert 'database "nowhere" does not exist' in refused.stderr


class TestWithoutPgCron:
    def test_it_says_what_to_do(self, dsn, bookingdb) -> None:
        for options in ([], ["--remove"]):
            refused = bookingdb("schedule", "--pg-cron", "--dsn", dsn, *options)

            assert (refused.exit_code, refused.stdout) == (2, "")
            assert 'pg_cron is not there in database "postgres"' in refused.stderr
            assert "shared_preload_libraries = 'pg_cron'" in refused.stderr
            assert f'GRANT USAGE ON SCHEMA cron TO "{OWNER}";' in refused.stderr
            assert "bookingdb worker" in refused.stderr

        as_json = bookingdb("schedule", "--pg-cron", "--dsn", dsn, "--json")
        assert "pg_cron is not there" in json.loads(as_json.stdout)["error"]

    def test_its_own_database_is_not_tried_twice(self, dsn, db, bookingdb) -> None:
        refused = bookingdb("schedule", "--pg-cron", "--dsn", dsn, "--cron-database", db.info.dbname)

        assert f'not there in database "{db.info.dbname}"' in refused.stderr

    def test_by_what_must_be_said(self, dsn, bookingdb) -> None:
        refused = bookingdb("schedule", "--dsn", dsn)

        assert refused.exit_code == 2
        assert "--pg-cron" in refused.stderr

    def test_nothing_to_schedule(self, empty_dsn, bookingdb) -> None:
        refused = bookingdb("schedule", "--pg-cron", "--dsn", empty_dsn)

        assert refused.exit_code == 2
        assert "has no function run_maintenance" in refused.stderr

    @pytest.mark.parametrize(
        "text", ["", "soon", "0 minutes", "7 minutes", "60 seconds", "90 minutes", "1.5 hours", "-1 day"]
    )
    def test_what_is_no_interval(self, dsn, bookingdb, text) -> None:
        refused = bookingdb("schedule", "--pg-cron", "--dsn", dsn, "--every", text)

        assert refused.exit_code == 2
        assert "'--every'" in refused.stderr
        assert "is no interval" in refused.stderr


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1 minute", "* * * * *"),
        ("minute", "* * * * *"),
        ("30 Minutes", "*/30 * * * *"),
        ("1 hour", "0 * * * *"),
        ("12 hours", "0 */12 * * *"),
        (" 1 day ", "0 0 * * *"),
    ],
)
def test_how_often(schedule, jobs, text, written) -> None:
    assert schedule("--every", text).exit_code == 0
    assert jobs() == [job(written)]
