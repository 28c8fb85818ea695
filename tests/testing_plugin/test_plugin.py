"""What a project's own tests get from the pytest plugin, in pytest runs of their own against real servers."""

import os
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bookingdb.server import OWNER, Server, launch
from bookingdb.testing import databases

pytest_plugins = ("pytester",)

PYTEST = [sys.executable, "-W", "error", "-m", "pytest", "-p", "pytest_bookingdb", "-p", "no:cacheprovider"]

TWO_TESTS = """
    import psycopg
    import pytest

    left_open = []

    @pytest.mark.parametrize("name", ["Alice", "Momo"])
    def test_own_rows(bookingdb_db, bookingdb_dsn, name):
        connection = psycopg.connect(bookingdb_dsn, autocommit=True)
        connection.execute("INSERT INTO bookingdb.employees (name, email) VALUES (%s, 'one@club.example')", [name])
        assert connection.execute("SELECT name, points FROM bookingdb.employees").fetchall() == [(name, 300)]
        assert bookingdb_db.call("verify_invariants") == []
        left_open.append(connection)

    def test_afterwards():
        assert len(left_open) == 2
        for connection in left_open:
            connection.close()
"""

WHERE = """
    import os
    from pathlib import Path

    import pytest
    from psycopg.conninfo import conninfo_to_dict

    @pytest.mark.parametrize("number", range(6))
    def test_where(bookingdb_dsn, number, worker_id):
        details = conninfo_to_dict(bookingdb_dsn)
        line = f"{worker_id} {details['host']} {details['dbname']} {os.geteuid()}"
        Path(__file__).with_name(f"where-{number}").write_text(line)
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """Run the tests of a project, given as source texts, with warnings as errors."""
    monkeypatch.delenv("BOOKINGDB_TEST_DSN", raising=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", "")

    def run(*options: str, prefix: tuple[str, ...] = (), **files: str) -> pytest.RunResult:
        pytester.makepyfile(**files)
        return pytester.run(*prefix, *PYTEST, *options)

    return run


@pytest.fixture
def existing(server: Server, monkeypatch: pytest.MonkeyPatch, project: Any) -> str:
    """Name the suite's own server as the one to use: it is there already."""
    dsn = server.conninfo(user=OWNER)
    monkeypatch.setenv("BOOKINGDB_TEST_DSN", dsn)
    return dsn


def on_server(dsn: str) -> list[str]:
    """Return the names of the plugin's databases on a server."""
    with psycopg.connect(dsn) as connection:
        names = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, 'bookingdb_test_')")
        return sorted(name for (name,) in names)


class TestOwnServer:
    def test_two_tests_do_not_see_each_others_rows(self, project):
        project(test_own=TWO_TESTS).assert_outcomes(passed=3)

    def test_every_worker_of_xdist_has_a_server(self, project, pytester):
        project("-n", "2", test_where=WHERE).assert_outcomes(passed=6)
        places = [file.read_text().split() for file in pytester.path.glob("where-*")]
        assert {worker for worker, *_ in places} == {"gw0", "gw1"}
        assert len({(worker, host) for worker, host, *_ in places}) == 2
        assert len({host for _, host, *_ in places}) == 2
        assert len({database for *_, database, _ in places}) == 6
        assert not any(Path(host).exists() for _, host, *_ in places)

    @pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="root and setpriv are needed")
    def test_as_an_ordinary_user(self, project, pytester):
        ordinary = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        ordinary += ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")  # root's folders may be closed
        project("-k", "0", prefix=ordinary, test_where=WHERE).assert_outcomes(passed=1, deselected=5)
        assert (pytester.path / "where-0").read_text().split()[-1] == "65534"

    def test_without_a_server_it_says_what_to_do(self, project, monkeypatch):
        monkeypatch.setenv("BOOKINGDB_PG_BIN", "/nowhere")
        result = project(test_own=TWO_TESTS)
        result.assert_outcomes(passed=0, errors=2, failed=1)
        result.stdout.fnmatch_lines(["No database for tests: BOOKINGDB_PG_BIN is /nowhere, which does not hold*"])
        result.stdout.no_fnmatch_line("*Traceback*")


class TestExistingServer:
    def test_its_databases_are_gone_afterwards(self, project, existing, pytester):
        project(test_where=WHERE).assert_outcomes(passed=6)
        (_, host, database, _) = (pytester.path / "where-0").read_text().split()
        assert host == psycopg.conninfo.conninfo_to_dict(existing)["host"]
        assert database.startswith("bookingdb_test_")
        assert on_server(existing) == []

    def test_the_option_wins_over_the_variable(self, project, existing, monkeypatch):
        monkeypatch.setenv("BOOKINGDB_TEST_DSN", "host=/nowhere")
        project("--bookingdb-dsn", existing, test_own=TWO_TESTS).assert_outcomes(passed=3)

    def test_an_unreachable_one_is_a_sentence(self, project):
        result = project("--bookingdb-dsn", "host=/nowhere", test_own=TWO_TESTS)
        result.assert_outcomes(errors=2, failed=1)
        result.stdout.fnmatch_lines(["No database for tests: No connection to the database: *"])
        result.stdout.no_fnmatch_line("*Traceback*")

    def test_a_role_that_may_not_make_databases_is_told_how(self, project, server):
        with psycopg.connect(server.conninfo(), autocommit=True) as connection:
            connection.execute("CREATE ROLE guest LOGIN")
        try:
            result = project("--bookingdb-dsn", server.conninfo(user="guest"), test_own=TWO_TESTS)
        finally:
            with psycopg.connect(server.conninfo(), autocommit=True) as connection:
                connection.execute("DROP ROLE guest")
        result.stdout.fnmatch_lines(["*The user guest may not make databases*", '*ALTER ROLE "guest" CREATEDB;'])

    def test_what_a_killed_run_has_left_is_dropped(self, existing):
        with psycopg.connect(existing, autocommit=True) as connection:
            connection.execute("CREATE DATABASE bookingdb_test_dead")
            with databases(existing) as supply, supply.fresh(), databases(existing):
                names = on_server(existing)
        assert len(names) == 3
        assert len({name[:23] for name in names}) == 2
        assert on_server(existing) == []


class TestSettings:
    def test_schema_and_modules(self, project, existing, pytester):
        pytester.makeini("[pytest]\nbookingdb_schema = club\nbookingdb_modules = notifications")
        result = project(
            test_settings="""
            import psycopg

            def test_settings(bookingdb_db, bookingdb_dsn):
                assert bookingdb_db.call("verify_invariants") == []
                with psycopg.connect(bookingdb_dsn) as connection:
                    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'club'").fetchall()
                assert ("notifications",) in tables
                assert ("employees",) not in tables
            """
        )
        result.assert_outcomes(passed=1)

    def test_what_a_project_prepares_is_in_every_test(self, project, existing):
        result = project(
            conftest="""
            import psycopg
            import pytest

            @pytest.fixture(scope="session")
            def bookingdb_prepare():
                opened = []

                def prepare(dsn):
                    opened.append(psycopg.connect(dsn, autocommit=True))
                    opened[0].execute("CREATE TABLE mine AS SELECT 42 AS answer")

                yield prepare
                assert len(opened) == 1
                opened[0].close()
            """,
            test_prepared="""
            import psycopg
            import pytest

            @pytest.mark.parametrize("time", [1, 2])
            def test_prepared(bookingdb_dsn, time):
                with psycopg.connect(bookingdb_dsn) as connection:
                    changed = connection.execute("UPDATE mine SET answer = answer + 1 RETURNING answer").fetchone()
                    assert changed == (43,)
            """,
        )
        result.assert_outcomes(passed=2)

    def test_a_malformed_dsn_is_not_repeated(self, project, existing, monkeypatch):
        monkeypatch.setenv("BOOKINGDB_TEST_DSN", "postgresql://user:hu@sh@host/club")
        result = project(test_own=TWO_TESTS)
        result.assert_outcomes(errors=2, failed=1)
        result.stdout.fnmatch_lines(["No database for tests: The DSN has an @ too many*", "Write postgresql://*"])
        result.stdout.no_fnmatch_line("*sh@host*")

    def test_an_unknown_module_is_a_sentence(self, project, existing, pytester):
        pytester.makeini("[pytest]\nbookingdb_modules = sauna")
        result = project(test_own=TWO_TESTS)
        result.assert_outcomes(errors=2, failed=1)
        result.stdout.fnmatch_lines(["No database for tests: unknown module: sauna; the modules are core, *"])


def test_a_migration_that_fails_is_a_sentence(project):
    with launch() as server:
        with psycopg.connect(server.conninfo(), autocommit=True) as connection:
            connection.execute("CREATE ROLE poor LOGIN CREATEDB")
        result = project("--bookingdb-dsn", server.conninfo(user="poor"), test_own=TWO_TESTS)
        result.assert_outcomes(errors=2, failed=1)
        result.stdout.fnmatch_lines(
            ['No database for tests: Roles are missing*"poor"*', '*CREATE ROLE "anon" NOLOGIN;']
        )
        result.stdout.no_fnmatch_line("*Traceback*")
        assert on_server(server.conninfo()) == []


def test_a_run_that_does_not_use_it_does_not_import_it(project, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    unused = """
        import sys

        def test_unused():
            assert "pytest_bookingdb" in sys.modules
            assert not {"bookingdb", "psycopg", "yoyo"} & set(sys.modules)
    """
    project(test_unused=unused).assert_outcomes(passed=1)


def test_it_is_installed_as_a_plugin():
    (plugin,) = entry_points(group="pytest11", name="pytest_bookingdb")
    assert plugin.value == "pytest_bookingdb"


def test_without_pytest():
    with databases(modules=["core"]) as supply, supply.fresh() as one, supply.fresh() as other:
        assert one != other
        with psycopg.connect(one) as connection:
            assert connection.execute("SELECT count(*) FROM bookingdb.profiles").fetchone() == (0,)
