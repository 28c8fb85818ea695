"""``bookingdb worker`` as a process: its signals, what it prints, what it refuses."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo
from support.pgbouncer import PGBOUNCER, PORT, pgbouncer

from bookingdb.cli import main


def ids(stdout: str) -> list[str]:
    """Return the notifications that were printed."""
    return [line["notification_id"] for line in map(json.loads, stdout.splitlines()) if "notification_id" in line]


class TestOnce:
    def test_empties_the_queue_and_ends(self, outbox, start):
        outbox.queue_many(50)
        process = start("--once")
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == 0, stderr
        assert len(set(ids(stdout))) == 50
        assert outbox.statuses() == {"sent": 50}
        assert "50 sent" in stderr

    def test_with_nothing_to_do(self, start):
        process = start("--once")
        assert process.communicate(timeout=60)[0] == ""
        assert process.returncode == 0

    def test_prints_what_was_queued(self, outbox, start):
        queued = outbox.queue("class_cancelled", address="gro@home.example", payload={"name": "Yoga"})
        (line,) = start("--once").communicate(timeout=60)[0].splitlines()
        printed = json.loads(line)
        assert printed["notification_id"] == str(queued)
        assert (printed["type"], printed["address"], printed["payload"]) == (
            "class_cancelled",
            "gro@home.example",
            {"name": "Yoga"},
        )

    def test_as_the_service_role(self, outbox, start, dsn):
        """It may read who people are, and nobody else's row-level security hides them from it."""
        outbox.queue(user_id=outbox.person("Anna", "anna@home.example"))
        as_service = make_conninfo(dsn, options="-crole=service_role")
        handler = ["--handler", "python:worker.own_handlers:print_receivers"]
        process = start("--once", "--dsn", as_service, *handler, env=os.environ | {"PYTHONPATH": here()})
        stdout, stderr = process.communicate(timeout=60)
        assert stdout == "Anna anna@home.example\n", stderr
        assert process.returncode == 0

    def test_in_another_schema(self, outbox, start):
        process = start("--once", "--schema", "elsewhere")
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == 2
        assert "bookingdb migrate" in stderr


class TestJson:
    def test_logs_on_stderr_and_numbers_on_stdout(self, outbox, start):
        queued = outbox.queue()
        stdout, stderr = start("--once", "--json").communicate(timeout=60)
        metrics = json.loads(stdout.splitlines()[-1])
        assert (metrics["event"], metrics["sent"], metrics["failed"], metrics["dead"]) == ("metrics", 1, 0, 0)
        assert metrics["latency"]["max"] >= 0
        (log,) = map(json.loads, stderr.splitlines())
        assert (log["event"], log["level"], log["notification_id"]) == ("sent", "info", str(queued))

    @pytest.mark.parametrize("options", [["--json"], []])
    def test_logs_name_no_address_and_quote_no_payload(self, options, outbox, start):
        for kind in ("refused", "broken"):
            outbox.queue(kind, address="gro@secret.example", payload={"note": "s3cr3t"})
        handler = "python:worker.own_handlers:refuse_with_everything"
        process = start("--once", "--handler", handler, *options, env=os.environ | {"PYTHONPATH": here()})
        stdout, stderr = process.communicate(timeout=60)
        assert stderr.count("failed") >= 2
        assert "secret" not in stdout + stderr
        assert "s3cr3t" not in stdout + stderr
        errors = outbox.rows("SELECT last_error FROM notifications")
        assert all("gro@secret.example" in error for (error,) in errors)


def here() -> str:
    """Return where a process finds the tests' handlers and the package."""
    return os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])


class TestSignals:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_the_first_lets_it_finish_what_it_holds(self, number, outbox, start, tmp_path):
        outbox.queue()
        begun, go_on = fifo(tmp_path / "begun"), fifo(tmp_path / "go on")
        process = waiting(start, begun, go_on)
        begun.read_text()  # until the handler has begun
        outbox.queue_many(5)
        process.send_signal(number)
        assert "stopping" in process.stderr.readline()
        go_on.write_text("")
        process.communicate(timeout=30)
        assert process.returncode == 0
        assert outbox.statuses() == {"sent": 1, "pending": 5}

    def test_the_second_ends_it_at_once(self, outbox, start, tmp_path):
        outbox.queue()
        begun = fifo(tmp_path / "begun")
        process = waiting(start, begun, fifo(tmp_path / "never"))
        begun.read_text()
        process.send_signal(signal.SIGTERM)
        assert "stopping" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        assert process.returncode == 1
        assert outbox.statuses() == {"leased": 1}

    def test_none_is_given_when_it_is_killed_and_another_takes_over_after_the_lease(self, outbox, start, tmp_path):
        queued = outbox.queue()
        begun = fifo(tmp_path / "begun")
        process = waiting(start, begun, fifo(tmp_path / "never"))
        begun.read_text()
        process.kill()
        process.communicate()
        assert start("--once").communicate(timeout=60)[0] == ""
        assert outbox.end_leases(f"%:{process.pid}:%") == [queued]
        printed = json.loads(start("--once").communicate(timeout=60)[0])
        assert (printed["notification_id"], printed["attempts"]) == (str(queued), 2)
        assert outbox.statuses() == {"sent": 1}

    def test_an_idle_one_ends_at_once(self, start, outbox):
        outbox.queue()
        process = start("--poll-interval", "3600")
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        assert process.returncode == 0


def fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


def waiting(start, begun: Path, go_on: Path) -> "subprocess.Popen[str]":
    """Start a worker whose handler opens one pipe and then waits for the other."""
    pipes = {"PIPE_BEGUN": str(begun), "PIPE_GO_ON": str(go_on), "PYTHONPATH": here()}
    return start("--handler", "python:worker.own_handlers:wait", "--concurrency", "1", env=os.environ | pipes)


class TestRefusals:
    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            (["--handler", "pigeon"], "'pigeon' is no handler"),
            (["--handler", "smtp"], "BOOKINGDB_SMTP_HOST"),
            (["--handler", "webhook:http://club.example/"], "https://"),
            (["--handler", "webhook:https://club.example/"], "BOOKINGDB_WEBHOOK_SECRET"),
            (["--handler", "stdout:x"], "stdout takes nothing"),
            (["--handler", "python:nowhere:f"], "cannot be loaded"),
            (["--handler", "python:nothing"], "no handler 'nothing'"),
            (["--handler", "python:json:decoder"], "neither a function"),
            (["--concurrency", "0"], "--concurrency"),
            (["--templates", "/nowhere"], "--templates"),
        ],
    )
    def test_wrong_usage_is_a_sentence(self, options, sentence, start):
        process = start(*options, "--once")
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == 2
        assert sentence in stderr
        assert "Traceback" not in stderr

    def test_somebody_who_is_not_the_service(self, start, dsn):
        process = start("--once", "--dsn", make_conninfo(dsn, options="-crole=anon"))
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == 2
        assert "permission denied" in stderr
        assert "Traceback" not in stderr


@pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed")
def test_behind_a_transaction_pooler_it_polls(outbox, server, dsn, start):
    with pgbouncer(server, "transaction") as folder:
        process = start("--dsn", make_conninfo(dsn, host=str(folder), port=PORT, options=""), "--poll-interval", "0.1")
        assert "polling only" in process.stderr.readline()
        for _ in range(3):
            queued = outbox.queue()
            assert ids(process.stdout.readline()) == [str(queued)]
        assert outbox.rows("SELECT FROM pg_locks WHERE locktype = 'advisory'") == []
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        assert process.returncode == 0


def test_the_command_is_listed() -> None:
    assert "worker" in main.commands_by_name
