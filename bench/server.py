"""The benchmark's server: a durable one of its own, and the core that it shares with one client."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from bookingdb.deploy import migrate
from bookingdb.server import Server, launch

OWNER = "bench_owner"
_SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",  # no checkpoint that only one of two compared runs would pay for
    "checkpoint_timeout": "1h",
}


@contextmanager
def bench_server() -> Iterator[Server]:
    """Run a server whose data lie on a disk (TMPDIR says which), so that a durable commit costs what it costs."""
    with (
        tempfile.TemporaryDirectory(prefix="bookingdb-bench-", ignore_cleanup_errors=True) as folder,
        launch(settings=_SETTINGS, directory=Path(folder)) as server,
    ):
        with psycopg.connect(server.conninfo()) as connection:
            connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE")
        yield server


def create_database(server: Server, name: str) -> None:
    """Create a database of the owner's, who is no superuser."""
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER)))


def install(server: Server, name: str, *modules: str) -> str:
    """Create a database with modules in it; return the owner's connection string, who calls as the service."""
    create_database(server, name)
    conninfo = server.conninfo(name, user=OWNER)
    migrate(conninfo, modules=modules)
    return conninfo


@contextmanager
def one_core(server: Server) -> Iterator[bool]:
    """Keep this process and the connections opened meanwhile on one core, where the system can; yield whether it does.

    For figures of one client: moving between cores is most of their noise.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield False
        return
    everywhere, here = os.sched_getaffinity(0), {max(os.sched_getaffinity(0))}
    for pid in (0, server.pid):
        os.sched_setaffinity(pid, here)
    try:
        yield True
    finally:
        for pid in (0, server.pid):
            os.sched_setaffinity(pid, everywhere)
