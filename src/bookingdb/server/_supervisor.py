"""Runs one PostgreSQL server for the process that started this one, and removes every trace of it afterwards.

Only a survivor can clean up after a user that was killed. Standard input is the lifeline, a pipe whose other end the
user holds: its end means stop, whatever became of the user. Should this process be killed, the kernel ends the server
(Linux), and the folder, whose lock is then free, is deleted by the user or by the next start.

Run by its path, isolated from everybody's import path: standard library only.
"""

import ctypes
import fcntl
import json
import locale
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypedDict

PREFIX = "bookingdb-server-"
LOG = "log"
PORT = 5432  # only names the socket: nothing listens on the network
SUPERUSER = "postgres"
_PATIENCE = 60.0  # seconds for a start, or for a stop
_PR_SET_PDEATHSIG = 1
_IPC_RMID = 0


class Order(TypedDict):
    """What the user wants run."""

    bindir: str
    base: str  # where the server's folder is made
    sweep: list[str]  # where folders of dead servers may lie
    account: tuple[int, int] | None  # uid and gid to run as
    directory: str | None  # the data folder to keep, if any
    settings: dict[str, str]


class Started(TypedDict):
    """The answer, one line on standard output; a line with an ``error`` otherwise."""

    folder: str
    data: str
    pid: int


class Failed(Exception):
    """The server did not start; the message says why."""


def main(order: Order) -> None:
    """Run the server that ``order`` describes until standard input ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for base in order["sweep"]:
        sweep(Path(base))
    with own_folder(Path(order["base"])) as folder:
        try:
            run(order, folder)
        except (Failed, OSError, subprocess.SubprocessError) as error:
            answer({"error": str(error)})


def answer(line: dict[str, Any]) -> None:
    with suppress(BrokenPipeError):  # nobody is left to read it
        os.write(sys.stdout.fileno(), json.dumps(line).encode() + b"\n")


@contextmanager
def own_folder(base: Path) -> Iterator[Path]:
    """Make a folder that is locked for as long as this process lives, and deleted at the end."""
    folder, lock = _locked_folder(base)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _locked_folder(base: Path) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        with suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():  # nobody swept it between its creation and our lock
                return folder, lock
            os.close(lock)


def sweep(base: Path) -> None:
    """Delete the folders that nobody locks any more: those of supervisors that were killed."""
    for folder in base.glob(PREFIX + "*"):
        with suppress(OSError):  # in use, or another user's
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def run(order: Order, folder: Path) -> None:
    """Start the server with its socket and log in ``folder``, say so, and stop it when the lifeline ends."""
    bindir, throw_away = Path(order["bindir"]), order["directory"] is None
    data = Path(order["directory"] or folder / "data")
    child = how_to_start(order, folder)
    give_to_server(folder, order)
    if not (data / "PG_VERSION").exists():
        prepare(data, order)
        initialize(bindir, data, child, safely=not throw_away)
    settings = order["settings"] | {
        "port": str(PORT),
        "listen_addresses": "",
        "unix_socket_directories": f'"{folder}"',
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    with (folder / LOG).open("wb") as log:
        server = subprocess.Popen([bindir / "postgres", "-D", data, *options], stdout=log, **child)
    try:
        wait_until_ready(server, data, folder / LOG)
        answer(dict(Started(folder=str(folder), data=str(data), pid=server.pid)))
        sys.stdin.buffer.read()
    finally:
        stop(server, signal.SIGQUIT if throw_away else signal.SIGINT)
        if throw_away:
            release_shared_memory(data)


def how_to_start(order: Order, folder: Path) -> dict[str, Any]:
    """Return the arguments of Popen for PostgreSQL's programs, the same for all of them."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    arguments: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stderr": subprocess.STDOUT,
        "cwd": folder,
        "env": environment | {"LC_ALL": "C"},
        "preexec_fn": tie_to_this_process(),
        # Each of them holds the answer's pipe, whose end thus tells the user that the last one is gone.
        "pass_fds": (os.dup(sys.stdout.fileno()),),
    }
    if order["account"]:
        uid, gid = order["account"]
        arguments |= {"user": uid, "group": gid, "extra_groups": []}
    return arguments


def tie_to_this_process() -> Any:
    """Return what a child does first: ask the kernel to be ended when this process dies, where the kernel can."""
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def tie() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
        if os.getppid() != parent:  # it died before the request
            os._exit(1)

    return tie


def give_to_server(folder: Path, order: Order) -> None:
    if order["account"]:
        os.chown(folder, *order["account"])


def prepare(data: Path, order: Order) -> None:
    """Make the data folder, or take an empty one; anything else in it is somebody's and stays untouched."""
    data.mkdir(parents=True, exist_ok=True)
    if any(data.iterdir()):
        raise Failed(f"{data} is neither empty nor a PostgreSQL data folder: choose another one")
    give_to_server(data, order)


def initialize(bindir: Path, data: Path, child: dict[str, Any], *, safely: bool) -> None:
    options = ["--username", SUPERUSER, "--auth=trust", "--encoding=UTF8", f"--locale={utf8_locale()}"]
    options += ["--lc-messages=C", "--no-instructions", *([] if safely else ["--no-sync"])]
    done = subprocess.run(
        [bindir / "initdb", "-D", data, *options], stdout=subprocess.PIPE, text=True, errors="replace", **child
    )
    if done.returncode != 0:
        raise Failed(f"initdb says: {last_lines(done.stdout)}")


def utf8_locale() -> str:
    try:
        locale.setlocale(locale.LC_ALL, "C.UTF-8")
    except locale.Error:
        return "C"
    return "C.UTF-8"


def wait_until_ready(server: subprocess.Popen[bytes], data: Path, log: Path) -> None:
    """Wait for the server's own word: the last line of its pid file, as pg_ctl does."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise Failed(f"its log says: {last_lines(log.read_text(errors='replace'))}")
        with suppress(FileNotFoundError):
            lines = (data / "postmaster.pid").read_text().splitlines()
            if lines[:1] == [str(server.pid)] and lines[7:] and lines[7].strip() == "ready":
                return
        if select.select([sys.stdin], [], [], 0.01)[0]:
            sys.exit(1)  # the user has gone
    raise Failed(f"it was not ready after {_PATIENCE:.0f} seconds; its log says: {last_lines(log.read_text())}")


def stop(server: subprocess.Popen[bytes], how: signal.Signals) -> None:
    server.send_signal(how)
    try:
        server.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def release_shared_memory(data: Path) -> None:
    """Remove the one System V segment (56 bytes) that a server leaves when it is killed; its pid file says which."""
    with suppress(FileNotFoundError, IndexError):  # no file: it ended in order
        _key, segment = (data / "postmaster.pid").read_text().splitlines()[6].split()
        ctypes.CDLL(None).shmctl(int(segment), _IPC_RMID, None)


def last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-10:])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
