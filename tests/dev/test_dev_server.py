"""A server that keeps its data, outlives who started it, and survives whatever is killed."""

import fcntl
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest
from support.processes import Watched, bystander, parent_of, server_and_its_processes

from bookingdb import dev
from bookingdb.deploy import migrate
from bookingdb.dev import DevServer
from bookingdb.server import OWNER, ServerError, _folders, _supervisor

START = "from bookingdb import dev; print(dev.start().dsn)"

linux = pytest.mark.skipif(sys.platform != "linux", reason="the end of a process is waited for with a pidfd")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another user")


def run(server: DevServer, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def supervisor_of(place: Path, starter: int) -> int:
    """Return the process that is about to start a server (Linux); its first form is a child of the starter."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # gone meanwhile
            text = command.read_bytes()
            pid = int(command.parent.name)
            if b"_supervisor.py" in text and os.fsencode(place) in text and parent_of(pid) != starter:
                return pid
    raise AssertionError("no supervisor")


def watch(server: DevServer) -> list[Watched]:
    return server_and_its_processes(server.pid, server.url("postgres", "postgres"))


class TestStart:
    def test_it_outlives_the_process_that_started_it(self, place):
        done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
        server = dev.find()
        assert done.stdout == f"{server.dsn}\n"
        assert run(server, "SELECT 1") == [(1,)]

    def test_the_dsn_leads_to_it_whatever_the_environment_says(self, place, monkeypatch):
        monkeypatch.setenv("PGHOSTADDR", "127.0.0.1")
        monkeypatch.setenv("PGPORT", "1")
        assert run(dev.start(), "SELECT current_database()") == [(dev.DATABASE,)]
        subprocess.run([dev.psql(dev.find()), "-Xc", "SELECT", dev.find().dsn], check=True, capture_output=True)

    def test_once_more_changes_nothing(self, place):
        first = dev.start()
        run(first, "CREATE TABLE kept ()")
        assert dev.start() == first
        assert run(first, "SELECT to_regclass('kept')::text") == [("kept",)]

    def test_eight_at_once_make_one(self, place):
        with ThreadPoolExecutor() as pool:
            servers = set(pool.map(lambda _: dev.start(), range(8)))
        assert servers == {dev.find()}

    def test_the_data_and_the_dsn_stay(self, place):
        first = dev.start()
        run(first, "CREATE TABLE kept AS SELECT 42 AS answer")
        dev.stop()
        second = dev.start()
        assert second.pid != first.pid
        assert second.dsn == first.dsn
        assert run(second, "SELECT answer FROM kept") == [(42,)]

    def test_it_is_safe_against_a_crash_and_closed_to_others(self, place):
        server = dev.start()
        shown = (
            "SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('listen_addresses')"
        )
        assert run(server, shown) == [("on", "on", "")]
        assert stat.S_IMODE(server.host.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.log.stat().st_mode) == 0o600

    def test_what_is_deployed_belongs_to_a_role_without_special_rights(self, place):
        server = dev.start()
        migrate(server.dsn, modules=["core"])
        owners = "SELECT DISTINCT tableowner, rolsuper FROM pg_tables JOIN pg_roles ON rolname = tableowner"
        assert run(server, f"{owners} WHERE schemaname = 'bookingdb'") == [(OWNER, False)]

    def test_a_database_that_was_dropped_is_made_again(self, place):
        server = dev.start()
        with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {dev.DATABASE}")
        dev.start()
        assert run(server, "SELECT 1") == [(1,)]


class TestStop:
    @linux
    def test_nothing_runs_afterwards(self, place):
        processes = watch(dev.start())
        assert dev.stop()
        for process in processes:
            process.wait_until_gone(1)
        assert dev.find() is None
        assert not (place / "data" / "postmaster.pid").exists()

    def test_open_connections_do_not_keep_it_running(self, place):
        with psycopg.connect(dev.start().dsn) as connection:
            assert dev.stop()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")

    def test_what_does_not_run_cannot_be_stopped(self, place):
        assert not dev.stop()
        assert not place.exists()
        dev.start()
        assert dev.stop()
        assert not dev.stop()

    def test_while_it_starts(self, place):
        """A stop waits for a start and the other way round: afterwards it runs or it does not."""
        with ThreadPoolExecutor() as pool:
            actions = [pool.submit(action) for action in (dev.start, dev.stop) * 3]
            for action in actions:
                action.result()
        server = dev.find()
        assert server is None or run(server, "SELECT 1") == [(1,)]

    def test_somebody_who_connects_and_goes_does_not_stop_it(self, place):
        server = dev.start()
        with socket.socket(socket.AF_UNIX) as visitor:
            visitor.connect(str(server.host / _supervisor.CONTROL))
        assert dev.find() == server
        assert run(server, "SELECT 1") == [(1,)]

    @linux
    def test_a_supervisor_that_does_not_answer(self, place, monkeypatch):
        supervisor = parent_of(dev.start().pid)
        monkeypatch.setattr(dev, "_PATIENCE", 0.1)
        os.kill(supervisor, signal.SIGSTOP)
        try:
            with pytest.raises(ServerError, match="does not answer"):
                dev.stop()
        finally:
            os.kill(supervisor, signal.SIGCONT)
        monkeypatch.undo()
        assert dev.stop(place)


@linux
class TestKill:
    @pytest.fixture
    def server(self, place):
        server = dev.start()
        run(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        return server

    def comes_back(self):
        assert run(dev.start(), "SELECT answer FROM kept") == [(42,)]

    def test_of_the_server(self, server):
        supervisor, *_ = watch(server)
        os.kill(server.pid, signal.SIGKILL)
        supervisor.wait_until_gone()
        assert dev.find() is None
        self.comes_back()

    def test_of_the_server_and_start_at_once(self, server):
        os.kill(server.pid, signal.SIGKILL)
        self.comes_back()

    def test_of_the_server_while_one_of_its_processes_works_on(self, server, place):
        """PostgreSQL must not start on data that a process of the former server may still write to."""
        supervisor = Watched(parent_of(server.pid))
        with closing(psycopg.connect(server.dsn)) as connection, ThreadPoolExecutor() as pool:
            worker = Watched(connection.info.backend_pid)
            os.kill(worker.pid, signal.SIGSTOP)
            try:
                os.kill(server.pid, signal.SIGKILL)
                supervisor.wait_until_gone()
                with (place / _folders.LOCK).open() as lock, pytest.raises(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                again = pool.submit(dev.start)
            finally:
                os.kill(worker.pid, signal.SIGCONT)
            assert run(again.result(), "SELECT answer FROM kept") == [(42,)]

    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
    def test_of_the_supervisor(self, server, how):
        processes = watch(server)
        os.kill(parent_of(server.pid), how)
        for process in processes:
            process.wait_until_gone()
        self.comes_back()

    def test_of_the_supervisor_and_start_at_once(self, server):
        os.kill(parent_of(server.pid), signal.SIGKILL)
        self.comes_back()

    def test_of_everything(self, server):
        supervisor = parent_of(server.pid)
        os.kill(supervisor, signal.SIGSTOP)
        os.kill(server.pid, signal.SIGKILL)
        os.kill(supervisor, signal.SIGKILL)
        self.comes_back()

    def test_of_the_supervisor_in_the_middle_of_the_first_start(self, place):
        with subprocess.Popen([sys.executable, "-c", START], stderr=subprocess.PIPE, text=True) as starter:
            while not (place / "unfinished" / "PG_VERSION").exists():
                assert starter.poll() is None
            os.kill(supervisor_of(place, starter.pid), signal.SIGKILL)
            assert "ended unexpectedly" in starter.communicate()[1]
        assert run(dev.start(), "SELECT 1") == [(1,)]

    def test_of_the_starter_in_the_middle_of_the_first_start(self, place):
        with subprocess.Popen([sys.executable, "-c", START], stdout=subprocess.DEVNULL) as starter:
            while not (place / "unfinished" / "PG_VERSION").exists():
                assert starter.poll() is None
            starter.kill()
        assert run(dev.start(), "SELECT 1") == [(1,)]

    def test_a_stale_pid_file_that_names_another_process_harms_nobody(self, server, place):
        processes = watch(server)
        os.kill(server.pid, signal.SIGKILL)
        for process in processes:
            process.wait_until_gone()
        pid_file = place / "data" / "postmaster.pid"
        with bystander(pid_file.stat().st_uid) as pid:
            pid_file.write_text(pid_file.read_text().replace(str(server.pid), str(pid), 1))
            assert dev.find() is None
            assert not dev.stop()
            self.comes_back()
            assert dev.stop()


class TestFolders:
    @pytest.mark.parametrize(
        ("name", "beside_data"), [('it\'s a "path" of 100 % fun&more=ü\\', True), ("a,b", False), ("long " * 30, False)]
    )
    def test_any_path(self, folder, name, beside_data):
        place = folder / name
        try:
            server = dev.start(place)
            assert dev.find(place) == server
            migrate(server.dsn, modules=["core"])
            assert len(os.fsencode(server.host / ".s.PGSQL.5432")) < 104
            assert stat.S_IMODE(server.host.stat().st_mode) == 0o700
            assert (server.host == place / "run") is beside_data
        finally:
            dev.stop(place)
            shutil.rmtree(_folders.socket_folder(place), ignore_errors=True)

    def test_a_socket_folder_elsewhere_goes_with_the_server(self, folder):
        place = folder / ("long " * 30)
        socket_folder = dev.start(place).host
        assert socket_folder.parent != place

        assert dev.stop(place)

        assert not socket_folder.exists()
        assert dev.find(place) is None
        assert not dev.stop(place)

    @pytest.mark.skipif(sys.platform != "linux", reason="file names are Unicode there")
    def test_a_name_that_is_no_utf8(self, folder):
        place = folder / os.fsdecode(b"caf\xe9")
        with pytest.raises(ServerError, match=r"is not UTF-8: choose another folder"):
            dev.start(place)
        assert not place.exists()
        assert dev.find(place) is None

    @pytest.mark.parametrize("laid", ["link", "open"])
    def test_a_socket_folder_that_is_not_private_is_not_trusted(self, folder, laid):
        place = folder / ("long " * 30)
        socket_folder = _folders.socket_folder(place)
        try:
            if laid == "link":
                socket_folder.symlink_to(folder)
            else:
                socket_folder.mkdir()
                socket_folder.chmod(0o777)
            assert dev.find(place) is None
            with pytest.raises(ServerError, match="is not private"):
                dev.start(place)
        finally:
            socket_folder.unlink() if laid == "link" else socket_folder.rmdir()

    def test_a_folder_of_other_files_is_left_alone(self, folder):
        (folder / "letter").write_text("dear")
        with pytest.raises(ServerError, match="holds other files"):
            dev.start(folder)
        assert [path.name for path in folder.iterdir()] == ["letter"]

    def test_a_file_where_the_folder_should_be(self, folder):
        (folder / "file").touch()
        with pytest.raises(ServerError, match="Not a directory"):
            dev.start(folder / "file")

    @as_root
    def test_a_folder_that_the_servers_user_cannot_enter(self, tmp_path):
        with pytest.raises(ServerError, match=r"closed to the user postgres|closed to the user nobody"):
            dev.start(tmp_path / "dev")
        assert list(tmp_path.iterdir()) == []

    def test_the_default(self, monkeypatch):
        for variable in (dev.DIRECTORY_VARIABLE, "XDG_STATE_HOME"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        monkeypatch.setenv("HOME", "/home/me")
        assert dev.default_directory() == Path("/home/me/.local/state/bookingdb/dev")
        monkeypatch.setenv("XDG_STATE_HOME", "/home/me/state")
        assert dev.default_directory() == Path("/home/me/state/bookingdb/dev")
        monkeypatch.setenv(dev.DIRECTORY_VARIABLE, "here")
        assert dev.default_directory() == Path("here")


ORDINARY = """
import os
from bookingdb import dev
server = dev.start()
print(os.geteuid(), (server.directory / "data").stat().st_uid, server.directory.stat().st_mode & 0o777, server.dsn)
assert dev.start() == server
assert dev.stop()
"""


as_somebody = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="root and setpriv are needed")


def as_nobody(program: str, folder: Path, uid: int = 65534) -> subprocess.CompletedProcess[str]:
    """Run Python as an ordinary user, whose home is ``folder``."""
    os.chown(folder, uid, uid)
    ordinary = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    ordinary += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]  # the interpreter may lie in root's home
    environment = {name: value for name, value in os.environ.items() if name != dev.DIRECTORY_VARIABLE}
    return subprocess.run(
        [*ordinary, sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment | {"HOME": str(folder), "XDG_STATE_HOME": ""},
    )


@as_somebody
def test_an_ordinary_user_runs_it_as_themself(folder):
    done = as_nobody(ORDINARY, folder)
    assert done.stdout.split()[:3] == ["65534", "65534", str(0o700)], done.stderr
    assert f"host={folder}/.local/state/bookingdb/dev/run" in done.stdout


@as_somebody
def test_root_finds_and_stops_an_ordinary_users(folder):
    done = as_nobody("from bookingdb import dev; print(dev.start().dsn)", folder)
    place = folder / ".local/state/bookingdb/dev"
    try:
        server = dev.find(place)
        assert server, done.stderr
        assert done.stdout == f"{server.dsn}\n"
        assert run(server, "SELECT 1") == [(1,)]
        assert dev.stop(place)
    finally:
        again = as_nobody(ORDINARY, folder)
    assert dev.find(place) is None
    assert again.returncode == 0, again.stderr


@as_somebody
def test_a_user_id_without_a_name(folder):
    done = as_nobody("from bookingdb import dev; dev.start()", folder, uid=54321)
    assert "user ID 54321: user does not exist" in done.stderr
