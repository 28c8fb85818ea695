"""Migrations undone: nothing without saying what it loses, everything or nothing, and back again with migrate."""

import json
import random
import subprocess
import sys
from functools import partial
from pathlib import Path

import click
import psycopg
import pytest
from deploy.catalogs import contents
from deploy.test_kill import STEP, second_version
from psycopg.conninfo import make_conninfo

from bookingdb.deploy import DeployError, Loss, migrate, migrations, rollback, status
from bookingdb.deploy.results import RollbackResult

install = partial(migrate, modules=["gusmester"])
"""Its migration is then the newest, the third of three."""


class Stopped(Exception):
    """Raised where somebody would be asked."""


def stop(_: RollbackResult) -> None:
    raise Stopped


def agree(_: RollbackResult) -> None:
    pass


@pytest.fixture
def dsn(empty_dsn: str) -> str:
    """A database with the module gusmester and what it needs, as its owner."""
    install(empty_dsn)
    return make_conninfo(empty_dsn, options="-csearch_path=bookingdb,pg_temp")


@pytest.fixture
def employees(db: psycopg.Connection) -> None:
    db.execute("INSERT INTO employees (name, email) VALUES ('Alice', 'a@club.example'), ('Momo', 'm@club.example')")


@pytest.mark.usefixtures("employees")
def test_it_says_what_it_loses_and_loses_nothing_else(dsn, db) -> None:
    before = contents(dsn)
    shown: list[RollbackResult] = []

    def look(result: RollbackResult) -> None:
        shown.append(result)
        assert contents(dsn) ^ before == set()

    result = rollback(dsn, steps=1, confirm=look)

    assert shown[0].losses == result.losses
    assert shown[0].migrations == ["0003.gusmester-tables"]
    assert {Loss("employees", None, 2), Loss("employee_points_history", None, 2)} <= set(result.losses)
    assert Loss("settings", "gus_spot_cost", 1) in result.losses
    assert {loss.table for loss in result.losses} == {
        "employees", "sessions", "session_employees", "guest_spots", "gusmester_bookings",
        "employee_points_history", "settings",
    }  # fmt: skip
    assert db.execute("SELECT to_regclass('employees'), to_regproc('book_gusmester_spot')").fetchall() == [(None, None)]
    assert status(dsn).up_to_date
    assert status(dsn).modules == ("core", "notifications")
    actions = db.execute("SELECT DISTINCT module, action FROM function_versions WHERE version = 2").fetchall()
    assert actions == [("gusmester", "dropped")]

    install(dsn)

    assert status(dsn).up_to_date
    assert contents(dsn) ^ before == set()
    assert db.execute("SELECT count(*) FROM employees").fetchall() == [(0,)]


@pytest.mark.usefixtures("employees")
def test_nothing_happens_without_a_yes(dsn) -> None:
    before = contents(dsn)

    with pytest.raises(Stopped):
        rollback(dsn, to="0001.core-tables", confirm=stop)

    assert contents(dsn) ^ before == set()
    assert not install(dsn).changed


def test_everything_and_back(dsn) -> None:
    before = contents(dsn)

    assert len(rollback(dsn, steps=3, confirm=agree).migrations) == 3
    with pytest.raises(DeployError, match="Nothing is installed"):
        rollback(dsn, confirm=agree)
    install(dsn)

    assert contents(dsn) ^ before == set()


@pytest.mark.parametrize("steps", [1, 3])
def test_killed_before_yoyo_knows(dsn, monkeypatch, steps: int) -> None:
    before = contents(dsn)

    def killed(*_: object) -> None:
        raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_agree", killed)
        with pytest.raises(Stopped):
            rollback(dsn, steps=steps, confirm=agree)
    if steps == 1:  # something is left: going on brings yoyo's marks in line
        rollback(dsn, confirm=agree)
        with psycopg.connect(dsn) as conn:
            marks = conn.execute("SELECT migration_id FROM _yoyo_migration").fetchall()
            assert marks == conn.execute("SELECT migration_id FROM applied_migrations").fetchall()
    install(dsn)

    assert contents(dsn) ^ before == set()


def test_a_failure_half_way_leaves_everything(empty_dsn, tree, owner) -> None:
    for number in (2, 3):
        path = tree.migration(f"000{number}.core-t{number}", f"CREATE TABLE t{number} (id int);")
        note = f"DELETE FROM applied_migrations WHERE migration_id = '{path.stem}';"
        path.with_suffix(".rollback.sql").write_text(f"DROP TABLE t{number};\n{note if number == 3 else ''}")
    tree.function("f")
    migrate(empty_dsn, package=tree.package())
    before = contents(empty_dsn)

    with pytest.raises(DeployError, match=r"Still noted as applied: 0002\.core-t2"):
        rollback(empty_dsn, to="0001.core-tables", confirm=agree, package=tree.package())

    assert contents(empty_dsn) ^ before == set()
    rollback(empty_dsn, confirm=agree, package=tree.package())
    assert owner.execute("SELECT to_regclass('t2'), to_regclass('t3')").fetchall() == [("t2", None)]


def test_what_others_built_on_it(dsn, db, bookingdb) -> None:
    db.execute("CREATE SCHEMA reports; CREATE VIEW reports.names AS SELECT name FROM bookingdb.employees")
    before = contents(dsn)

    refused = bookingdb("rollback", "--yes", "--dsn", dsn)

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "view reports.names depends on table employees" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert contents(dsn) ^ before == set()


def test_a_table_that_somebody_reads(dsn, bookingdb) -> None:
    before = contents(dsn)
    with psycopg.connect(dsn) as reader:
        reader.execute("SELECT FROM employees")

        refused = bookingdb("rollback", "--yes", "--lock-timeout", "100ms", "--dsn", dsn)

    assert refused.exit_code == 1
    assert "Nothing was rolled back: somebody held a lock" in refused.stderr
    assert contents(dsn) ^ before == set()


@pytest.mark.parametrize("to", ["0001.core-tables", "-"])
def test_killed_before_any_statement(empty_dsn, tmp_path, to: str) -> None:
    package = second_version(tmp_path / "package").root
    for id_, table in (("0002.core-things", "things"), ("0003.core-more", "more")):
        undo = f"DROP TABLE {table};\nDELETE FROM applied_migrations WHERE migration_id = '{id_}';\n"
        (package / "migrations" / f"{id_}.rollback.sql").write_text(undo)
    script = Path(__file__).with_name("killing_rollbacks.py")

    done = subprocess.run(
        [sys.executable, script, empty_dsn, str(package), to, str(random.randint(1, STEP)), str(STEP)],
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert int(done.stdout) * STEP > 50


@pytest.mark.usefixtures("employees")
def test_the_command(dsn, db, bookingdb) -> None:
    db.execute("ALTER FUNCTION book_gusmester_spot COST 7")
    before = contents(dsn)

    unasked = bookingdb("rollback", "--dsn", dsn)
    wrong = bookingdb("rollback", "--to", "0009.nonsense", "--dsn", dsn)
    newest = bookingdb("rollback", "--to", "0003.gusmester-tables", "--yes", "--dsn", dsn)

    assert (unasked.exit_code, unasked.stdout) == (2, "")
    assert "table employees" in unasked.stderr
    assert "edited by hand: book_gusmester_spot" in unasked.stderr
    assert "say --yes" in unasked.stderr
    assert (wrong.exit_code, newest.exit_code) == (2, 1)
    assert contents(dsn) ^ before == set()

    done = bookingdb("rollback", "--to", "0001.core-tables", "--yes", "--json", "--dsn", dsn)

    assert done.exit_code == 0
    assert json.loads(done.stdout)["migrations"] == ["0003.gusmester-tables", "0002.notifications-tables"]
    assert status(dsn).modules == ("core",)


@pytest.mark.parametrize(("answer", "code"), [("bookingdb", 0), ("yes", 1), ("", 1)])
def test_the_name_of_the_schema_is_the_yes(dsn, bookingdb, monkeypatch, answer: str, code: int) -> None:
    monkeypatch.setattr("bookingdb.cli.rollback._is_interactive", lambda: True)
    monkeypatch.setattr("click.prompt", lambda *_, **__: answer)

    result = bookingdb("rollback", "--dsn", dsn)

    assert result.exit_code == code
    assert ("gusmester" in status(dsn).modules) == (code == 1)


def test_ctrl_c_at_the_question(dsn, bookingdb, monkeypatch) -> None:
    def interrupt(*_, **__) -> str:
        raise click.Abort

    monkeypatch.setattr("bookingdb.cli.rollback._is_interactive", lambda: True)
    monkeypatch.setattr("click.prompt", interrupt)

    result = bookingdb("rollback", "--dsn", dsn)

    assert result.exit_code == 1
    assert result.stderr.endswith("\nInterrupted. Nothing was rolled back.\n")
    assert status(dsn).up_to_date


@pytest.mark.parametrize("schema", ["My Club", "Club"])
def test_it_counts_the_rows_of_a_schema_with_an_odd_name(empty_dsn, schema) -> None:
    install(empty_dsn, schema="club")
    install(empty_dsn, schema=schema)
    with psycopg.connect(empty_dsn) as connection:
        connection.execute(f"INSERT INTO \"{schema}\".employees (name, email) VALUES ('Alice', 'a@club.example')")
    result = rollback(empty_dsn, schema=schema, steps=1, confirm=agree)
    assert Loss("employees", None, 1) in result.losses
    assert status(empty_dsn, schema="club").up_to_date
