"""``bookingdb demo``: one command, no server left behind, never a traceback."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from click.testing import CliRunner, Result

from bookingdb.cli import main
from bookingdb.demo._shared import Chapter, Stage


def demo() -> Result:
    return CliRunner().invoke(main, ["demo"])


def test_ends_with_every_invariant_kept():
    result = demo()
    assert result.exit_code == 0, result.output
    assert "1 booked, 49 refused politely" in result.output
    assert "The invoice came 3 times; 1 allocation was made." in result.output
    assert "He has 1 session now, and 0 credits." in result.output
    assert "0 deadlocks. Together they had 165 credits, and have 165." in result.output
    assert "4 of 4 places are taken." in result.output
    assert "Every invariant holds" in result.output


def test_a_broken_invariant_fails_the_demo(monkeypatch):
    def miracle(stage: Stage) -> Iterator[Chapter]:
        stage.sql("INSERT INTO employees (name, email) VALUES ('Pinocchio', 'pinocchio@club.example')")
        stage.sql("SET session_replication_role = replica")
        stage.sql("UPDATE employees SET points = points + 1")
        yield Chapter("A miracle", "Points out of nothing.", ("points",), stage.sql("SELECT points FROM employees"))

    monkeypatch.setattr("bookingdb.cli.demo.WEEKS", {"gusmester": miracle})
    result = demo()
    assert result.exit_code == 1
    assert "A miracle" in result.output
    assert "I2" in result.output


def test_without_a_server_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("BOOKINGDB_PG_BIN", str(tmp_path))
    result = demo()
    assert result.exit_code == 1
    assert str(tmp_path) in result.output.replace("\n", "")
    assert result.exception is None or isinstance(result.exception, SystemExit)


SLEEPING_WEEK = """
from bookingdb import demo
from bookingdb.cli import main
from bookingdb.demo._shared import Chapter

def week(stage):
    yield Chapter("Night", "Everybody sleeps.", ("points",), [])
    stage.sql("SELECT pg_sleep(60)")

demo.WEEKS["gusmester"] = week
main()
"""


class Demo:
    """``bookingdb demo`` in a process of its own, known with all it starts by a mark in the environment."""

    def __init__(self, program: str = "from bookingdb.cli import main; main()") -> None:
        self.mark = str(uuid.uuid4())
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, "demo"],
            env=os.environ | {"BOOKINGDB_DEMO_TEST": self.mark, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        with self.process:  # reaps it and closes its pipes
            pass

    def running(self) -> list[int]:
        """Everything of this demo that runs: the process itself, its server and the server's processes."""
        found = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            try:
                if self.mark.encode() in environ.read_bytes():
                    found.append(int(environ.parent.name))
            except OSError:  # gone meanwhile, or not ours to read
                continue
        return found

    def interrupt(self) -> None:
        """Press Ctrl-C, and see that nothing is left and no traceback was printed."""
        self.process.send_signal(signal.SIGINT)
        output, errors = self.process.communicate(timeout=30)
        assert self.process.returncode == 130, output + errors
        assert "Traceback" not in output + errors
        deadline = time.monotonic() + 10  # a supervisor that was only just started ends a moment after its user
        while self.running() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert self.running() == []


needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")


@needs_proc
def test_ctrl_c_in_the_middle_of_a_week():
    with Demo(SLEEPING_WEEK) as demo:
        assert any("Everybody sleeps" in line for line in demo.process.stdout)
        assert len(demo.running()) > 2
        demo.interrupt()


@needs_proc
def test_ctrl_c_while_the_server_starts():
    with Demo() as demo:
        while demo.process.poll() is None and len(demo.running()) < 2:
            time.sleep(0.01)
        demo.interrupt()
