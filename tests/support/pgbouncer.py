"""PgBouncer before a server, where it is installed (Debian: apt-get install pgbouncer)."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

import psycopg

from bookingdb.server import Server

PGBOUNCER = shutil.which("pgbouncer", path=os.environ["PATH"] + ":/usr/sbin")
PORT = 6432

Mode = Literal["session", "transaction", "statement"]

_SETTINGS = """
[databases]
* = host={host} port={port}
[pgbouncer]
pool_mode = {mode}
default_pool_size = 4
server_round_robin = 1
listen_addr =
unix_socket_dir = {folder}
listen_port = {pooler_port}
auth_type = trust
auth_file = {folder}/users
logfile =
pidfile = {folder}/pid
"""


def spread(conninfo: str) -> None:
    """Have the pooler connect several times, so that consecutive transactions run in different server processes."""
    with ExitStack() as stack:
        for _ in range(3):
            connection = stack.enter_context(psycopg.connect(conninfo, prepare_threshold=None))
            connection.execute("SELECT")  # in a transaction, which keeps the process


@contextmanager
def pgbouncer(server: Server, mode: Mode) -> Iterator[Path]:
    """Run a pooler before the server; yield the folder of its socket."""
    with tempfile.TemporaryDirectory(prefix="pgb", dir="/tmp") as name:  # short, for a socket
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "users").write_text('"bookingdb_owner" ""\n"postgres" ""\n')
        settings = {"host": server.host, "port": server.port, "mode": mode, "folder": folder, "pooler_port": PORT}
        (folder / "ini").write_text(_SETTINGS.format(**settings))
        account = ["-u", Path(server.host).owner()] if os.geteuid() == 0 else []
        with subprocess.Popen([str(PGBOUNCER), "-q", *account, str(folder / "ini")], stderr=subprocess.PIPE) as pooler:
            try:
                while not (folder / f".s.PGSQL.{PORT}").exists():
                    assert pooler.poll() is None, pooler.stderr and pooler.stderr.read()
                    time.sleep(0.02)
                yield folder
            finally:
                pooler.kill()
