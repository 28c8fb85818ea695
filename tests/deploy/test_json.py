"""With --json, stdout is one JSON document whatever happens: the answer, or what went wrong."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
import pytest
from click.testing import CliRunner, Result
from deploy.test_constraints import ADD, LOOK, VALIDATE

from bookingdb import deploy
from bookingdb.cli import main
from bookingdb.deploy import migrate, status

ON_A_DATABASE = ["doctor", "history", "migrate", "reconcile", "rollback", "stats", "status", "verify"]
WITH_TESTS_OF_THEIR_OWN = ["export", "schedule", "worker"]
OF_THE_SERVER = ["dev dsn", "dev start", "dev status", "dev stop"]
EDIT = "CREATE OR REPLACE FUNCTION caller_id() RETURNS uuid LANGUAGE sql STABLE RETURN NULL::uuid"


def error_of(result: Result, exit_code: int) -> dict[str, object]:
    """Return the error, after looking that nothing else is on stdout and no JSON on stderr."""
    document = json.loads(result.stdout)
    assert result.exit_code == exit_code
    assert set(document) - {"violations"} == {"error", "hint"}
    assert "{" not in result.stderr
    return document


def commands(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", one) for inner, one in commands(command))
        else:
            yield name, command


def test_these_are_all_that_have_it() -> None:
    with_json = [name for name, command in commands(main) if any(param.name == "as_json" for param in command.params)]

    assert sorted(with_json) == sorted(ON_A_DATABASE + OF_THE_SERVER + WITH_TESTS_OF_THEIR_OWN)


@pytest.mark.parametrize("command", ON_A_DATABASE)
def test_no_connection(bookingdb, command: str) -> None:
    error = error_of(bookingdb(command, "--json", "--dsn", "host=/nowhere dbname=none"), 2)

    assert "No connection to the database" in error["error"]
    assert "Check host" in error["hint"]


@pytest.mark.parametrize("command", ON_A_DATABASE)
def test_no_dsn(bookingdb, command: str) -> None:
    error = error_of(bookingdb(command, "--json"), 2)

    assert "BOOKINGDB_DSN" in error["error"]


@pytest.mark.parametrize("command", ON_A_DATABASE + OF_THE_SERVER)
def test_an_option_that_is_none(bookingdb, command: str) -> None:
    for words in (["--json", "--nonsense"], ["--nonsense", "--json"]):
        error = error_of(bookingdb(*command.split(), *words), 2)

        assert error["error"] == "No such option '--nonsense'."
        assert f"{command} --help" in error["hint"]


@pytest.mark.parametrize("command", ON_A_DATABASE)
def test_a_schema_that_cannot_be(dsn, bookingdb, command: str) -> None:
    error = error_of(bookingdb(command, "--json", "--schema", "pg_mine", "--dsn", dsn), 2)

    assert "'pg_mine' cannot be the schema" in error["error"]


@pytest.mark.parametrize("command", OF_THE_SERVER)
def test_a_folder_that_is_a_file(bookingdb, tmp_path: Path, command: str) -> None:
    (tmp_path / "letter").touch()

    error = error_of(bookingdb(*command.split(), "--json", "--directory", str(tmp_path / "letter")), 2)

    assert "is a file" in error["error"]


def test_a_server_that_cannot_be_started(bookingdb, tmp_path: Path) -> None:
    (tmp_path / "letter").touch()

    error = error_of(bookingdb("dev", "start", "--json", "--directory", str(tmp_path)), 1)

    assert str(tmp_path) in error["error"]


def test_a_server_that_does_not_run(bookingdb, tmp_path: Path) -> None:
    error = error_of(bookingdb("dev", "dsn", "--json", "--directory", str(tmp_path / "none")), 2)

    assert error["hint"] == "bookingdb dev start starts it."


def test_nothing_of_that_name(dsn, bookingdb) -> None:
    error = error_of(bookingdb("history", "nonsense", "--json", "--dsn", dsn), 1)

    assert error == {
        "error": 'Nothing named "nonsense" was ever deployed to schema "bookingdb".',
        "hint": None,
    }


def test_nobody_who_could_be_asked(dsn, bookingdb) -> None:
    refused = bookingdb("rollback", "--json", "--dsn", dsn)

    assert error_of(refused, 2)["hint"] == "If this is meant, say --yes."
    assert "loses:" in refused.stderr


@pytest.mark.parametrize("command", ["status", "verify", "history"])
def test_a_lock_that_somebody_holds(dsn, bookingdb, command: str) -> None:
    with psycopg.connect(dsn) as holder:
        holder.execute("LOCK bookingdb.function_versions, bookingdb.employees")
        stopped = bookingdb(command, "--json", "--lock-timeout", "50ms", "--dsn", dsn)

    assert "somebody held a lock" in error_of(stopped, 1)["error"]


def test_progress_stays_on_stderr(empty_dsn, tree, bookingdb, monkeypatch) -> None:
    tree.function("f", body="BEGIN RETURN nonsense")
    monkeypatch.setattr(deploy, "migrate", lambda dsn, **options: migrate(dsn, package=tree.package(), **options))

    failed = bookingdb("migrate", "--json", "--dsn", empty_dsn)

    assert "functions/core/f.sql" in error_of(failed, 1)["error"]
    assert "0001.core-tables" in failed.stderr


def test_rows_that_violate_a_constraint(empty_dsn, tree, owner, bookingdb, monkeypatch) -> None:
    tree.things()
    migrate(empty_dsn, package=tree.package())
    owner.execute("INSERT INTO things SELECT n, 'a', -n FROM generate_series(1, 12) n")
    tree.constraint("positive", ADD, LOOK, VALIDATE)
    monkeypatch.setattr(deploy, "migrate", lambda dsn, **options: migrate(dsn, package=tree.package(), **options))

    for options in ([], ["--dry-run"]):
        stopped = bookingdb("migrate", *options, "--json", "--dsn", empty_dsn)

        (violation,) = error_of(stopped, 1)["violations"]
        assert {key: violation[key] for key in ("constraint", "count")} == {"constraint": "positive", "count": 12}
        assert violation["rows"][0] == {"id": 1, "amount": -1}
        assert len(violation["rows"]) == 10
        assert "Ask the owner" in violation["repair"]
        assert stopped.stderr == ""


def test_edits_by_hand(dsn, db, bookingdb) -> None:
    db.execute(EDIT)

    error = error_of(bookingdb("migrate", "--json", "--dsn", dsn), 1)

    assert error["violations"] == [{"kind": "function", "module": "core", "name": "caller_id"}]
    assert "bookingdb migrate --force" in error["hint"]


def test_what_is_found_is_an_answer_and_no_error(dsn, db, bookingdb) -> None:
    db.execute(EDIT)

    for command in (["status", "--exit-code"], ["doctor"]):
        found = bookingdb(*command, "--json", "--dsn", dsn)

        assert found.exit_code == 1
        assert "error" not in json.loads(found.stdout)


def test_a_reader_that_leaves(dsn) -> None:
    command = [sys.executable, "-c", "from bookingdb.cli import main; main()", "status", "--json", "--dsn", dsn]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        messages = process.stderr.read()

    assert messages == ""
    assert process.returncode == 1


@pytest.mark.parametrize("answer", ["", "another name\n"])
def test_a_question_that_is_not_answered(dsn, monkeypatch, answer: str) -> None:
    monkeypatch.setattr("bookingdb.cli.rollback._is_interactive", lambda: True)

    left = CliRunner().invoke(main, ["rollback", "--json", "--dsn", dsn], input=answer)

    assert error_of(left, 1)["error"]
    assert status(dsn).up_to_date
