"""A standby takes no writes: what only looks works there, what changes something says where to go."""

import json
from collections.abc import Iterator

import psycopg
import pytest
from support.whole_server import standby_of, whole_server

from bookingdb.deploy import doctor, migrate


@pytest.fixture(scope="module")
def standby() -> Iterator[str]:
    """The DSN of a standby whose primary has been deployed to."""
    with whole_server() as primary:
        migrate(primary.url())
        with standby_of(primary) as follower:
            yield follower.url()


def test_it_is_one(standby) -> None:
    with psycopg.connect(standby) as conn:
        assert conn.execute("SELECT pg_is_in_recovery()").fetchall() == [(True,)]


def test_the_doctor_says_so_and_finds_nothing_else(standby) -> None:
    found = [finding for finding in doctor(standby) if finding.check == "server" and finding.severity != "fine"]

    assert [(finding.severity, finding.advice) for finding in found] == [("warning", "Connect to the primary.")]
    assert "a read-only standby" in found[0].message
    assert [finding for finding in doctor(standby) if finding.severity == "problem"] == []


@pytest.mark.parametrize("command", [["migrate"], ["migrate", "--dry-run"], ["rollback", "--yes"]])
def test_what_changes_something_is_refused(standby, bookingdb, command: list[str]) -> None:
    refused = bookingdb(*command, "--dsn", standby)

    assert refused.exit_code == 2
    assert "The server is a read-only standby." in refused.stderr
    assert "Connect to the primary." in refused.stderr


@pytest.mark.parametrize("command", ["status", "verify", "history", "doctor"])
def test_what_only_looks_works(standby, bookingdb, command: str) -> None:
    result = bookingdb(command, "--json", "--dsn", standby)

    assert result.exit_code == 0
    assert "error" not in json.loads(result.stdout)
