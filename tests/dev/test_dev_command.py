"""``bookingdb dev``, and what the other commands make of the server it runs."""

import json
import os
import re
import subprocess
import sys

import psycopg
import pytest
from click.testing import CliRunner, Result

from bookingdb import dev
from bookingdb.cli import main
from bookingdb.server import ServerError, _folders

COMMAND = [sys.executable, "-c", "from bookingdb.cli import main; main()"]


@pytest.fixture(autouse=True)
def no_dsn(monkeypatch):
    monkeypatch.delenv("BOOKINGDB_DSN", raising=False)


def bookingdb(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def answer(*arguments: str) -> dict[str, object]:
    return json.loads(bookingdb(*arguments, "--json").stdout)


def test_from_start_to_stop(place):
    started = bookingdb("dev", "start")
    dsn = dev.find().dsn
    assert dsn in started.stdout.split()
    assert bookingdb("dev", "status").stdout == started.stdout
    assert bookingdb("dev", "dsn").stdout == f"{dsn}\n"
    with psycopg.connect(dsn) as connection:
        assert connection.info.dbname == "bookingdb"
    assert "has stopped" in bookingdb("dev", "stop").stdout
    assert bookingdb("dev", "stop").stdout == f"No development server runs on {place}.\n"


def test_alone_it_lists_what_it_can_do():
    assert set(re.findall(r"^  (\w+)  ", bookingdb("dev").output, re.MULTILINE)) == {
        "dsn",
        "psql",
        "start",
        "status",
        "stop",
    }


def test_for_machines(place):
    started = answer("dev", "start")
    server = dev.find()
    assert started == {
        "running": True,
        "dsn": server.dsn,
        "directory": str(place),
        "log": str(place / "log"),
        "pid": server.pid,
        "postgresql": server.version,
    }
    assert answer("dev", "status") == started
    assert answer("dev", "dsn") == {"dsn": server.dsn}
    assert answer("dev", "stop") == {"running": False, "stopped": True, "directory": str(place)}
    assert answer("dev", "stop") == {"running": False, "stopped": False, "directory": str(place)}
    assert answer("dev", "status") == {"running": False, "directory": str(place)}


def test_two_processes_at_once_print_one_dsn(place):
    starts = [subprocess.Popen([*COMMAND, "dev", "start"], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    first, second = (start.communicate()[0] for start in starts)
    assert first == second
    assert dev.find().dsn in first


def test_a_server_per_project(place, folder):
    project = folder / "project"
    try:
        bookingdb("dev", "start", "--directory", str(project))
        assert answer("dev", "status", "--directory", str(project))["directory"] == str(project)
        assert dev.find() is None
        assert dev.find(project)
    finally:
        dev.stop(project)


def test_every_command_uses_it_when_no_dsn_is_given(place):
    bookingdb("dev", "start")
    migrated = bookingdb("migrate", "--modules", "core", "--json")
    assert json.loads(migrated.stdout)["modules"] == ["core"]
    assert migrated.stderr.splitlines()[0] == f"Using the development server on {place}"
    for command in ("status", "verify"):
        result = bookingdb(command, "--json")
        assert result.exit_code == 0
        assert result.stderr == f"Using the development server on {place}\n"


def test_a_dsn_wins_over_it(place, empty_dsn):
    bookingdb("dev", "start")
    result = bookingdb("status", "--dsn", empty_dsn, "--json")
    assert json.loads(result.stdout)["installed"] is False
    assert result.stderr == ""


@pytest.mark.parametrize("command", [("migrate",), ("status",), ("verify",), ("dev", "dsn"), ("dev", "psql")])
def test_without_it_every_command_says_what_to_do(place, command):
    result = bookingdb(*command)
    assert result.exit_code == 2
    assert "bookingdb dev start" in result.stderr
    assert result.stdout == ""


def test_status_without_it(place):
    result = bookingdb("dev", "status")
    assert result.exit_code == 1
    assert result.stdout == f"No development server runs on {place}. bookingdb dev start starts it.\n"


def test_what_cannot_be_started_is_a_sentence(place):
    place.mkdir()
    (place / "letter").write_text("dear")
    result = bookingdb("dev", "start")
    assert result.exit_code == 1
    assert "choose a new or an empty folder" in result.stderr
    assert "Traceback" not in result.stderr


def test_somebody_elses_folder_is_a_sentence(place, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr(_folders, "claim", refuse)
    result = bookingdb("dev", "start")
    assert result.exit_code == 1
    assert result.stderr == f"Permission denied: {place}\n"


class TestPsql:
    def test_it_opens_on_the_database(self, place):
        server = dev.start()
        command = [*COMMAND, "dev", "psql", "-XAtc", "SELECT current_database(), current_user"]
        assert subprocess.check_output(command, text=True) == f"{dev.DATABASE}|bookingdb_owner\n"
        assert dev.psql(server).parent.joinpath("postgres").is_file()

    def test_one_on_path_will_do(self, place, tmp_path, monkeypatch):
        (tmp_path / "psql").touch(mode=0o755)
        monkeypatch.setattr(dev, "programs_for", lambda directory: tmp_path / "no psql here")
        monkeypatch.setenv("PATH", str(tmp_path))
        assert dev.psql(dev.DevServer(place, place, 1)) == tmp_path / "psql"

    def test_without_one_it_says_so(self, place, monkeypatch):
        def none(directory):
            raise ServerError("No PostgreSQL was found")

        bookingdb("dev", "start")
        monkeypatch.setattr(dev, "programs_for", none)
        monkeypatch.setenv("PATH", os.devnull)
        result = bookingdb("dev", "psql")
        assert result.exit_code == 1
        assert result.stderr.startswith("There is no psql, neither")
