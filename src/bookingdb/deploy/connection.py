"""Connections of the deployer: opened, checked for a pooler, and set up alike whatever the role's own settings are."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from psycopg import Connection, IsolationLevel, errors, sql

from bookingdb import _conninfo
from bookingdb.deploy.errors import WRONG_USAGE, DeployError, no_connection

SETTINGS = {
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "check_function_bodies": "on",
    # how definitions are printed
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "1",
    "quote_all_identifiers": "off",
}
"""Settings of every connection; those the server does not know are left out."""

Pooler = Literal["session pooler", "transaction pooler"] | None

_ROUNDS = 5


@dataclass(frozen=True)
class Target:
    """Where to deploy to."""

    conninfo: str
    schema: str
    lock_timeout: str = "5s"
    role: str | None = None
    """The owner of the installation, where that is not the user who connects."""

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a connection to it."""
        # temporary tables last: they must not shadow ours
        search_path = f"{sql.Identifier(self.schema).as_string()}, pg_temp"
        return SETTINGS | {"search_path": search_path, "lock_timeout": self.lock_timeout}


@contextmanager
def writing(target: Target) -> Iterator[Connection[Any]]:
    """Yield a connection in autocommit mode that may change the database."""
    with closing(connect(target)) as conn:
        yield conn


@contextmanager
def reading(target: Target, *, any_pooler: bool) -> Iterator[Connection[Any]]:
    """Yield a connection inside a read-only transaction; a transaction pooler will do if ``any_pooler``."""
    with closing(_open(target.conninfo)) as conn:
        if not any_pooler:
            _refuse_transaction_pooler(conn, target)
        conn.read_only = True
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        with conn.transaction():
            _apply_settings(conn, target, local=True)
            yield conn


def connect(target: Target) -> Connection[Any]:
    """Open a connection in autocommit mode; refuse a transaction pooler before anything is set on it."""
    conn = _open(target.conninfo)
    try:
        _refuse_transaction_pooler(conn, target)
        act_as(conn, target.role)
        _apply_settings(conn, target, local=False)
        conn.execute("SET row_security TO off")  # an error instead of rows that are silently left out
        with suppress(errors.InvalidParameterValue):  # not every platform of a server can do it
            # when this process is killed, its statements end too, and with them their locks
            conn.execute("SET client_connection_check_interval TO '1s'")
    except BaseException:
        conn.close()
        raise
    return conn


def act_as(conn: Connection[Any], role: str | None) -> None:
    """Continue as ``role``; None changes nothing."""
    if role is not None:
        conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))


def pooler(conninfo: str) -> Pooler:
    """Return what is between this process and the server."""
    with closing(_open(conninfo)) as conn:
        return _pooler(conn, conninfo)


def _refuse_transaction_pooler(conn: Connection[Any], target: Target) -> None:
    """Refuse a pooler that gives a session another server process for every transaction.

    A session lock taken there would stay behind in the pool, and settings would reach other people's sessions.
    """
    if _pooler(conn, target.conninfo) == "transaction pooler":
        raise DeployError(
            "This is a transaction pooler: every transaction may run in another server process.",
            "Connect to the database itself or to a pooler in session mode (Supabase: port 5432, not 6543).",
            exit_code=WRONG_USAGE,
        )


def _pooler(conn: Connection[Any], conninfo: str) -> Pooler:
    if conn.info.backend_pid == _server_process(conn):
        return None
    with closing(_open(conninfo)) as other:
        mine: set[int] = set()
        for _ in range(_ROUNDS):
            mine.add(_server_process(conn))
            if len(mine) > 1 or _server_process(other) in mine:
                return "transaction pooler"
    return "session pooler"


def _open(conninfo: str) -> Connection[Any]:
    defaults = {"connect_timeout": "10"} | _parse(conninfo)
    try:
        return psycopg.connect(
            conninfo,
            autocommit=True,
            prepare_threshold=None,  # the plans of prepared statements would not survive what is changed here
            application_name="bookingdb",
            client_encoding="utf8",
            connect_timeout=defaults["connect_timeout"],
        )
    except psycopg.Error as error:
        raise no_connection(error) from error


def _parse(conninfo: str) -> dict[str, str]:
    try:
        return _conninfo.check(conninfo)
    except ValueError as error:
        raise DeployError(str(error), _conninfo.FORM, exit_code=WRONG_USAGE) from None


def _server_process(conn: Connection[Any]) -> int:
    row = conn.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    return int(row[0])


def _apply_settings(conn: Connection[Any], target: Target, *, local: bool) -> None:
    settings = target.settings
    try:
        conn.execute(
            "SELECT set_config(s.name, given.value, %s)"
            " FROM pg_settings s JOIN unnest(%s::text[], %s::text[]) AS given (name, value) USING (name)",
            [local, list(settings), list(settings.values())],
        )
    except errors.InvalidParameterValue as error:
        raise DeployError(
            f"{target.lock_timeout!r} is not a lock timeout.", "Write it like 5s or 500ms.", exit_code=WRONG_USAGE
        ) from error
