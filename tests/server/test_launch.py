"""A server for as long as a block runs."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import pytest

import bookingdb.server
from bookingdb.server import Server, ServerError, launch


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
    user = "import os, signal, bookingdb.server as b; from pathlib import Path; b.SHARED_MEMORY = Path({!r})\n"
    user += "with b.launch(): print('up', flush=True); os.killpg(0, signal.SIGINT); signal.pause()"
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
        monkeypatch.setattr(bookingdb.server, "SHARED_MEMORY", Path("/nowhere"))

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
        monkeypatch.setattr(bookingdb.server, "_SHORT_PATHS", ())
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

    def test_somebody_elses_folder_is_left_alone(self, open_folder):
        (open_folder / "letter").write_text("dear")
        before = open_folder.stat()
        with pytest.raises(ServerError, match="choose another one"), launch(directory=open_folder):
            pass
        after = open_folder.stat()
        assert [path.name for path in open_folder.iterdir()] == ["letter"]
        assert (after.st_uid, after.st_mode) == (before.st_uid, before.st_mode)

    def test_a_process_that_a_stale_pid_file_names_is_not_touched(self, open_folder):
        data = open_folder / "data"
        with launch(directory=data):
            pid_file = (data / "postmaster.pid").read_text()
        with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as innocent:
            (data / "postmaster.pid").write_text("\n".join([str(innocent.pid), *pid_file.splitlines()[1:], ""]))
            with suppress(ServerError), launch(directory=data):
                pass
            assert innocent.communicate(b"still here") == (b"still here", None)
