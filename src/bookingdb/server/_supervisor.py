"""Runs one PostgreSQL server and stops it in order, either for the process that started this one or for everybody.

*For one user*: only a survivor can clean up after a user that was killed. Standard input is the lifeline, a pipe whose
other end the user holds: its end means stop, whatever became of the user. Every trace of the server is removed.

*Lasting*: this process leaves its user and listens on a socket of its own. Who connects is told what runs here, and
may ask for its end.

Should this process be killed, the kernel ends the server (Linux). What a throw-away server leaves is deleted by the
user or by the next start: the lock of its folder is then free. Kept data are locked too, by all of the server's
processes, so that no other server starts on them before the last one is gone.

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
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, TypedDict

PREFIX = "bookingdb-server-"
DATA = "data"
LOG = "log"
CONTROL = "control"  # the socket of a lasting server's supervisor
STOP = b"stop"
PORT = 5432  # only names the socket: nothing listens on the network
SUPERUSER = "postgres"
_PATIENCE = 60.0  # seconds for a start, or for a stop
_PATIENCE_FOR_OTHERS = 10.0  # seconds for the end of an earlier server, or for somebody who connects and says nothing
_PR_SET_PDEATHSIG = 1
_IPC_RMID = 0


class Lasting(TypedDict):
    """What a server needs that outlives its user."""

    folder: str  # of its sockets
    starting: int  # the descriptor of a lock that is held until the server is ready


class Order(TypedDict):
    """What the user wants run."""

    bindir: str
    base: str  # where a folder for the sockets (and throw-away data) is made
    sweep: list[str]  # where folders of dead servers may lie
    account: tuple[int, int] | None  # uid and gid to run as
    directory: str | None  # the folder of data to keep, if any
    lock: str | None  # the lock file of that folder
    settings: dict[str, str]
    lasting: Lasting | None


class Started(TypedDict):
    """The answer, one line on standard output; a line with an ``error`` otherwise."""

    folder: str
    data: str
    log: str
    pid: int


class Failed(Exception):
    """The server did not start; the message says why."""


def main(order: Order) -> None:
    """Run the server that ``order`` describes until its time has come."""
    if order["lasting"] and os.fork():
        os._exit(0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.umask(0o077)
    for base in order["sweep"]:
        sweep(Path(base))
    with folder_of(order) as folder:
        try:
            with data_in_use(order) as locks:
                run(order, folder, locks)
        except (Failed, OSError, subprocess.SubprocessError) as error:
            answer({"error": str(error)})


def answer(line: dict[str, Any]) -> None:
    with suppress(BrokenPipeError):  # nobody is left to read it
        os.write(sys.stdout.fileno(), as_line(line))


def as_line(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode() + b"\n"


def folder_of(order: Order) -> AbstractContextManager[Path]:
    """Return the folder of the server's sockets."""
    if order["lasting"]:
        return nullcontext(Path(order["lasting"]["folder"]))
    return own_folder(Path(order["base"]), order)


@contextmanager
def own_folder(base: Path, order: Order) -> Iterator[Path]:
    """Make a folder that is locked for as long as this process lives, and deleted at the end."""
    folder, lock = _locked_folder(base)
    give_to_server(folder, order)
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


@contextmanager
def data_in_use(order: Order) -> Iterator[tuple[int, ...]]:
    """Lock the data that are kept; the server's processes inherit the lock, which is free when the last one is gone."""
    if not order["lock"]:
        yield ()
        return
    lock = os.open(order["lock"], os.O_RDWR)
    deadline = time.monotonic() + _PATIENCE_FOR_OTHERS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Failed(f"another server runs on the data in {order['directory']}") from None
            time.sleep(0.02)
    yield (lock,)  # closed by the end of this process


def run(order: Order, folder: Path, locks: tuple[int, ...]) -> None:
    """Start the server with its socket in ``folder``, say so, and stop it when its time has come."""
    home = Path(order["directory"] or folder)
    data, log = home / DATA, home / LOG
    child = how_to_start(order, folder, locks)
    if not data.exists():
        initialize(order, home / "unfinished", data, child)
    forget_stale_pid(data, folder)
    with open_log(order, log) as output:
        server = subprocess.Popen(command(order, folder, data), stdout=output, **child)
    try:
        wait_until_ready(server, data, log, for_somebody=not order["lasting"])
        started = Started(folder=str(folder), data=str(data), log=str(log), pid=server.pid)
        if order["lasting"]:
            _asker = serve(server, started, order["lasting"])  # hears by the end of the connection that it is done
        else:
            answer(dict(started))
            sys.stdin.buffer.read()
    finally:
        stop(server, signal.SIGINT if order["directory"] else signal.SIGQUIT)
        if not order["directory"]:
            release_shared_memory(data)


def command(order: Order, folder: Path, data: Path) -> list[str]:
    quoted = str(folder).replace('"', '""')
    settings = order["settings"] | {
        "port": str(PORT),
        "listen_addresses": "",
        "unix_socket_directories": f'"{quoted}"',
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    return [f"{order['bindir']}/postgres", "-D", str(data), *options]


def open_log(order: Order, log: Path) -> Any:
    """Return where the server writes its log: a lasting server's own words and this process's go to the same file."""
    return nullcontext(sys.stderr) if order["lasting"] else log.open("wb")


def how_to_start(order: Order, folder: Path, locks: tuple[int, ...]) -> dict[str, Any]:
    """Return the arguments of Popen for PostgreSQL's programs, the same for all of them."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    arguments: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stderr": subprocess.STDOUT,
        "cwd": folder,
        "env": environment | {"LC_ALL": "C"},
        "preexec_fn": tie_to_this_process(),
        # Each of them holds the answer's pipe, whose end thus tells the user that the last one is gone.
        "pass_fds": (os.dup(sys.stdout.fileno()), *locks),
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


def initialize(order: Order, unfinished: Path, data: Path, child: dict[str, Any]) -> None:
    """Make the data folder, which appears whole or not at all."""
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    give_to_server(unfinished, order)
    options = ["--username", SUPERUSER, "--auth=trust", "--encoding=UTF8", f"--locale={utf8_locale()}"]
    options += ["--lc-messages=C", "--no-instructions", *([] if order["directory"] else ["--no-sync"])]
    done = subprocess.run(
        [f"{order['bindir']}/initdb", "-D", unfinished, *options],
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
        **child,
    )
    if done.returncode != 0:
        raise Failed(f"initdb says: {last_lines(done.stdout)}")
    unfinished.rename(data)
    if order["directory"]:
        sync(data.parent)


def sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def utf8_locale() -> str:
    try:
        locale.setlocale(locale.LC_ALL, "C.UTF-8")
    except locale.Error:
        return "C"
    return "C.UTF-8"


def forget_stale_pid(data: Path, folder: Path) -> None:
    """Delete the pid files of a server that was killed, of its data and of its socket in ``folder``.

    PostgreSQL would refuse to start if any process of its user has that number by now. None of our servers runs, for
    we hold the lock; one that somebody started by hand works in its data folder.
    """
    file = data / "postmaster.pid"
    if sys.platform != "linux":
        return
    with suppress(OSError):  # no such file, no such process, or another user's
        pid = file.read_text().partition("\n")[0]
        if Path(f"/proc/{pid}/cwd").samefile(data):
            return
    file.unlink(missing_ok=True)
    (folder / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)


def wait_until_ready(server: subprocess.Popen[bytes], data: Path, log: Path, *, for_somebody: bool) -> None:
    """Wait for the server's own word: the last line of its pid file, as pg_ctl does."""
    lifeline = [sys.stdin] if for_somebody else []
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise Failed(f"its log says: {last_lines(log.read_text(errors='replace'))}")
        with suppress(FileNotFoundError):
            lines = (data / "postmaster.pid").read_text().splitlines()
            if lines[:1] == [str(server.pid)] and lines[7:] and lines[7].strip() == "ready":
                return
        if select.select(lifeline, [], [], 0.01)[0]:
            sys.exit(1)  # the user has gone
    raise Failed(f"it was not ready after {_PATIENCE:.0f} seconds; its log says: {last_lines(log.read_text())}")


def serve(server: subprocess.Popen[bytes], started: Started, lasting: Lasting) -> socket.socket | None:
    """Answer whoever connects until the server has ended, or somebody asks for its end, whom this returns."""
    control = Path(lasting["folder"], CONTROL)
    control.unlink(missing_ok=True)  # of a supervisor that was killed
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(control))
        listener.listen()
        answer(dict(started))
        os.close(lasting["starting"])
        try:
            child_ended = wake_at_childs_end()
            while server.poll() is None:
                ready, _, _ = select.select([listener.fileno(), child_ended], [], [])
                if child_ended in ready:
                    os.read(child_ended, 1024)
                if listener.fileno() in ready and (asker := receive(listener, started)):
                    return asker
            return None
        finally:
            control.unlink(missing_ok=True)


def wake_at_childs_end() -> int:
    """Return a descriptor that becomes readable when a child has ended."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return readable


def receive(listener: socket.socket, started: Started) -> socket.socket | None:
    """Tell the next one who connects what runs here; return the connection if the server is to stop."""
    asker, _ = listener.accept()
    asker.settimeout(_PATIENCE_FOR_OTHERS)
    with suppress(OSError):  # they have gone, or say nothing
        asker.sendall(as_line(dict(started)))
        if asker.recv(len(STOP)) == STOP:
            return asker
    asker.close()
    return None


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
