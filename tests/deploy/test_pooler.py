"""PgBouncer between the deployer and the database, where it is installed (Debian: apt-get install pgbouncer)."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from deploy.catalogs import next_transaction
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bookingdb.deploy import migrate, status
from bookingdb.server import Server

PGBOUNCER = shutil.which("pgbouncer", path=os.environ["PATH"] + ":/usr/sbin")
pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed")

SETTINGS = """
[databases]
* = host={host} port={port}
[pgbouncer]
pool_mode = {mode}
default_pool_size = 4
listen_addr =
unix_socket_dir = {folder}
listen_port = 6432
auth_type = trust
auth_file = {folder}/users
logfile =
pidfile = {folder}/pid
"""


@contextmanager
def pgbouncer(server: Server, mode: str) -> Iterator[Path]:
    """Run a pooler before the server; yield the folder of its socket."""
    with tempfile.TemporaryDirectory(prefix="pgb", dir="/tmp") as name:  # short, for a socket
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "users").write_text('"bookingdb_owner" ""\n"postgres" ""\n')
        (folder / "ini").write_text(SETTINGS.format(host=server.host, port=server.port, mode=mode, folder=folder))
        account = ["-u", Path(server.host).owner()] if os.geteuid() == 0 else []
        with subprocess.Popen([str(PGBOUNCER), "-q", *account, str(folder / "ini")], stderr=subprocess.PIPE) as pooler:
            try:
                while not (folder / ".s.PGSQL.6432").exists():
                    assert pooler.poll() is None, pooler.stderr and pooler.stderr.read()
                    time.sleep(0.02)
                yield folder
            finally:
                pooler.kill()


@pytest.fixture
def through(server: Server, empty_dsn: str) -> Iterator[Callable[[str], str]]:
    """Return how to reach the empty database through a pooler in the given mode."""
    with ExitStack() as stack:
        yield lambda mode: make_conninfo(empty_dsn, host=str(stack.enter_context(pgbouncer(server, mode))), port=6432)


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_transaction_pooler_is_refused_and_left_clean(empty_dsn, superuser, through, bookingdb, mode: str) -> None:
    dsn = through(mode)
    transaction = next_transaction(empty_dsn)

    refused = bookingdb("migrate", "--dsn", dsn)

    assert refused.exit_code == 2
    assert "This is a transaction pooler" in refused.stderr
    assert next_transaction(empty_dsn) == transaction
    assert superuser.execute("SELECT FROM pg_locks WHERE locktype = 'advisory'").fetchall() == []
    with psycopg.connect(dsn, autocommit=True) as somebody_else:
        assert somebody_else.execute("SHOW search_path").fetchall() == [('"$user", public',)]


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_a_busy_transaction_pooler_is_refused(through, bookingdb, options: list[str]) -> None:
    dsn = through("transaction")
    with ExitStack() as stack:
        for _ in range(2):  # they keep two of the four server processes
            stack.enter_context(psycopg.connect(dsn)).execute("SELECT 1")

        refused = bookingdb("migrate", *options, "--dsn", dsn)

    assert refused.exit_code == 2
    assert "This is a transaction pooler" in refused.stderr


def test_status_through_a_transaction_pooler(empty_dsn, through) -> None:
    dsn = through("transaction")
    migrate(empty_dsn)

    assert status(dsn).up_to_date
    with psycopg.connect(dsn, autocommit=True) as somebody_else:
        assert somebody_else.execute("SHOW search_path").fetchall() == [('"$user", public',)]


def test_a_session_pooler_is_fine(through) -> None:
    dsn = through("session")

    migrate(dsn)

    assert conninfo_to_dict(dsn)["port"] == "6432"
    assert status(dsn).up_to_date
    assert not migrate(dsn).changed
