"""Whoever is killed, nothing remains and nobody else is touched."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.processes import Watched, bystander, only_child_of, parent_of, server_and_its_processes

from bookingdb.server import launch
from bookingdb.server._supervisor import PREFIX

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the end of a process is waited for with a pidfd")

USER = """
import sys
from pathlib import Path
from bookingdb.server import _folders, launch
_folders.SHARED_MEMORY = Path(sys.argv[1])
with launch() as server:
    print(server.pid, server.conninfo(), sep="\\n", flush=True)
    sys.stdin.read()
"""


def start_user(base: Path, **arguments: Any) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", USER, str(base)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **arguments)


def test_kill_of_the_user(base):
    with start_user(base) as user:
        watched = server_and_its_processes(int(user.stdout.readline()), user.stdout.readline())
        user.kill()
    for process in watched:
        process.wait_until_gone()
    assert list(base.iterdir()) == []


@pytest.mark.parametrize("moment", ["*", "*/unfinished/PG_VERSION", "*/log", "*/data/postmaster.pid"])
def test_kill_of_the_user_while_the_server_starts(base, moment):
    with start_user(base) as user:
        while not list(base.glob(moment)):
            assert user.poll() is None
        supervisor = Watched(only_child_of(user.pid))
        user.kill()
    supervisor.wait_until_gone()
    assert list(base.iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_kill_of_the_supervisor(base, how):
    with launch() as server:
        watched = server_and_its_processes(server.pid, server.conninfo())
        os.kill(parent_of(server.pid), how)
        for process in watched:
            process.wait_until_gone()
    assert list(base.iterdir()) == []


def test_kill_of_the_supervisor_while_the_server_starts(base):
    with start_user(base, stderr=subprocess.PIPE) as user:
        while not list(base.glob("*/unfinished/PG_VERSION")):
            assert user.poll() is None
        os.kill(only_child_of(user.pid), signal.SIGKILL)
        _, errors = user.communicate(timeout=30)
    assert "ServerError" in errors
    assert "ended unexpectedly" in errors


def test_kill_of_both_leaves_a_folder_that_the_next_start_sweeps(base):
    with start_user(base) as user:
        watched = server_and_its_processes(int(user.stdout.readline()), user.stdout.readline())
        user.send_signal(signal.SIGSTOP)  # so that it cannot tidy up in between
        os.kill(watched[0].pid, signal.SIGKILL)
        user.kill()
    for process in watched:
        process.wait_until_gone()
    (left,) = base.iterdir()
    with launch():
        assert not left.exists()
    assert list(base.iterdir()) == []


def test_kill_of_the_server(base):
    with launch() as server:
        watched = server_and_its_processes(server.pid, server.conninfo())
        segment = (server.directory / "postmaster.pid").read_text().splitlines()[6].split()
        assert segment in shared_memory_segments()
        os.kill(server.pid, signal.SIGKILL)
        for process in watched[1:]:
            process.wait_until_gone()
    assert list(base.iterdir()) == []
    assert segment not in shared_memory_segments()


def shared_memory_segments() -> list[list[str]]:
    """Return key and id of the System V segments there are."""
    return [line.split()[:2] for line in Path("/proc/sysvipc/shm").read_text().splitlines()]


def test_sweeping_touches_neither_processes_nor_other_folders(base):
    (base / "bookingdb-notes").mkdir()
    (base / "elsewhere").mkdir()
    (base / "elsewhere" / "letter").write_text("dear")
    (base / f"{PREFIX}link").symlink_to(base / "elsewhere")
    stale = base / f"{PREFIX}abcdefgh" / "data"
    stale.mkdir(parents=True)
    with bystander(os.geteuid()) as pid:
        (stale / "postmaster.pid").write_text(f"{pid}\n{stale}\n")
        with launch():
            assert not stale.exists()
    assert {path.name for path in base.iterdir()} == {"bookingdb-notes", "elsewhere", f"{PREFIX}link"}
    assert (base / "elsewhere" / "letter").read_text() == "dear"
