"""A server for as long as a block runs."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from support.processes import bystander

from bookingdb.server import Server, ServerError, _folders, _supervisor, launch


def show(server: Server, *names: str) -> list[str]:
    with psycopg.connect(server.conninfo()) as connection:
        return [connection.execute(f"SHOW {name}").fetchone()[0] for name in names]


def test_it_is_fast_and_speaks_utf8_and_english():
    with launch() as server:
        assert show(server, "fsync", "synchronous_commit", "full_page_writes") == ["off", "off", "off"]
        assert show(server, "server_encoding", "lc_messages", "timezone") == ["UTF8", "C", "UTC"]
        assert int(show(server, "max_connections")[0]) >= 100


def test_settings_win():
    with launch(settings={"fsync": "on", "application_name": "a 'quoted' name"}) as server:
        assert show(server, "fsync", "application_name") == ["on", "a 'quoted' name"]


def test_nothing_remains_after_the_block(base):
    with launch() as server:
        assert server.directory.is_dir()
        assert server.log.is_file()
    assert list(base.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


def test_nothing_remains_after_an_error_in_the_block(base):
    with pytest.raises(RuntimeError, match="mine"), launch():
        raise RuntimeError("mine")
    assert list(base.iterdir()) == []


def test_an_open_connection_does_not_delay_the_end(base):
    with launch() as server:
        connection = psycopg.connect(server.conninfo())
    assert list(base.iterdir()) == []
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()


def test_only_this_user_can_reach_it():
    with launch() as server:
        assert stat.S_IMODE(Path(server.host).stat().st_mode) == 0o700
        assert show(server, "listen_addresses") == [""]


def test_several_at_once_are_independent(base):
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        servers = list(pool.map(stack.enter_context, [launch(), launch(), launch()]))
        for server in servers:
            with psycopg.connect(server.conninfo()) as connection:
                connection.execute("CREATE TABLE only_once ()")
        assert len({server.host for server in servers}) == 3
    assert list(base.iterdir()) == []


def test_what_postgresql_says_against_a_setting_is_told(base):
    with pytest.raises(ServerError, match="no_such_setting"), launch(settings={"no_such_setting": "1"}):
        pass
    assert list(base.iterdir()) == []


def test_the_environment_of_the_user_does_not_matter(monkeypatch):
    for name, value in {"PGPORT": "1", "PGDATA": "/nowhere", "LC_ALL": "xx_XX", "TZ": "Asia/Tokyo"}.items():
        monkeypatch.setenv(name, value)
    with launch() as server:
        assert show(server, "timezone", "lc_messages") == ["UTC", "C"]


def test_an_interrupt_of_the_terminal_ends_it_in_order(base):
    user = "import os, signal; from pathlib import Path; from bookingdb.server import _folders, launch\n"
    user += "_folders.SHARED_MEMORY = Path({!r})\n"
    user += "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # which a background job of a shell ignores
    user += "with launch(): print('up', flush=True); os.killpg(0, signal.SIGINT); signal.pause()"
    done = subprocess.run(
        [sys.executable, "-c", user.format(str(base))], capture_output=True, text=True, start_new_session=True
    )
    assert done.stdout == "up\n"
    assert done.stderr.endswith("KeyboardInterrupt\n")
    assert list(base.iterdir()) == []


class TestFolders:
    """The temporary folder decides the socket's path, which has at most 103 bytes."""

    @pytest.fixture(autouse=True)
    def no_shared_memory(self, monkeypatch):
        monkeypatch.setattr(_folders, "SHARED_MEMORY", Path("/nowhere"))

    def test_spaces_and_quotes(self, open_folder, monkeypatch):
        folder = open_folder / "it's a folder"
        folder.mkdir(mode=0o755)
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        with launch() as server:
            assert Path(server.host).parent == folder
            assert show(server, "fsync") == ["off"]

    @pytest.mark.parametrize("name", ["x" * 90, "a,b"])
    def test_a_path_that_cannot_hold_a_socket_is_passed_over(self, open_folder, monkeypatch, name):
        folder = open_folder / name
        folder.mkdir(mode=0o755)
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        with launch() as server:
            assert folder not in Path(server.host).parents
            assert show(server, "fsync") == ["off"]

    def test_no_folder_at_all(self, open_folder, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(open_folder / ("x" * 90)))
        monkeypatch.setattr(_folders, "SHORT_PATHS", ())
        with pytest.raises(ServerError, match="set TMPDIR"), launch():
            pass

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another user")
    def test_a_folder_closed_to_the_servers_user_is_passed_over(self, open_folder, monkeypatch):
        open_folder.chmod(0o700)
        monkeypatch.setattr(tempfile, "tempdir", str(open_folder))
        with launch() as server:
            assert open_folder not in Path(server.host).parents
        assert stat.S_IMODE(open_folder.stat().st_mode) == 0o700


class TestDirectory:
    """With a directory the data stay."""

    def test_the_next_launch_continues_safely(self, open_folder):
        data = open_folder / ("a rather long name " * 8)
        with launch(directory=data) as server, psycopg.connect(server.conninfo()) as connection:
            assert show(server, "fsync", "synchronous_commit") == ["on", "on"]
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        with launch(directory=data) as server, psycopg.connect(server.conninfo()) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        assert not Path(server.host).exists()

    def test_what_was_committed_survives_a_kill_of_the_server(self, open_folder):
        data = open_folder / "data"
        with launch(directory=data) as server, psycopg.connect(server.conninfo(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
            os.kill(server.pid, signal.SIGKILL)
        with launch(directory=data) as server, psycopg.connect(server.conninfo()) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)

    def test_an_empty_folder_may_be_a_closed_one(self, open_folder):
        data = open_folder / "empty"
        data.mkdir(mode=0o700)
        with launch(directory=data) as server:
            assert show(server, "fsync") == ["on"]
            assert server.directory.parent == data

    def test_somebody_elses_folder_is_left_alone(self, open_folder):
        (open_folder / "letter").write_text("dear")
        before = open_folder.stat()
        with pytest.raises(ServerError, match="choose a new"), launch(directory=open_folder):
            pass
        after = open_folder.stat()
        assert [path.name for path in open_folder.iterdir()] == ["letter"]
        assert (after.st_uid, after.st_mode) == (before.st_uid, before.st_mode)

    def test_data_that_are_in_use_are_not_started_twice(self, open_folder, monkeypatch):
        monkeypatch.setattr(_supervisor, "_PATIENCE_FOR_OTHERS", 0)
        with launch(directory=open_folder):
            order = {"directory": str(open_folder), "lock": str(open_folder / _folders.LOCK)}
            with pytest.raises(_supervisor.Failed, match="another server"), _supervisor.data_in_use(order):
                pass

    def test_data_of_a_version_that_is_not_here(self, open_folder):
        with launch(directory=open_folder) as server:
            pass
        (server.directory / "PG_VERSION").write_text("99\n")
        with pytest.raises(ServerError, match=r"are PostgreSQL 99's\. No PostgreSQL 99"), launch(directory=open_folder):
            pass


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere PostgreSQL itself decides what its pid file means")
class TestStalePidFile:
    def test_another_process_with_that_number_is_neither_touched_nor_in_the_way(self, open_folder):
        with launch(directory=open_folder) as server:
            os.kill(server.pid, signal.SIGKILL)
        pid_file = server.directory / "postmaster.pid"
        with bystander(server.directory.stat().st_uid) as pid:
            pid_file.write_text(pid_file.read_text().replace(str(server.pid), str(pid), 1))
            with launch(directory=open_folder) as again:
                assert show(again, "fsync") == ["on"]

    def test_a_server_that_was_started_by_hand_is_left_alone(self, open_folder):
        with launch(directory=open_folder) as server:
            pass
        by_hand = {"user": server.directory.stat().st_uid, "cwd": server.directory, "check": True}
        pg_ctl = [server.bindir / "pg_ctl", "-D", server.directory, "-l", "log"]
        options = f"-c listen_addresses= -k {server.directory}"
        subprocess.run([*pg_ctl, "-w", "-o", options, "start"], stdout=subprocess.DEVNULL, **by_hand)
        try:
            with pytest.raises(ServerError, match="Is another postmaster"), launch(directory=open_folder):
                pass
            with psycopg.connect(f"host={server.directory} user=postgres dbname=postgres") as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        finally:
            subprocess.run([*pg_ctl, "-m", "immediate", "stop"], stdout=subprocess.DEVNULL, **by_hand)
