"""A migrated database for every test, in milliseconds: one is deployed to, and every test gets a copy of it.

The pytest plugin hands them out as fixtures. Without pytest:

>>> with databases() as supply, supply.fresh() as dsn:
...     database = bookingdb.connect(dsn)
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from typing import Any, LiteralString

import psycopg
from psycopg import Connection, errors, sql
from psycopg.conninfo import make_conninfo

from bookingdb import _conninfo
from bookingdb.deploy import DeployError, migrate
from bookingdb.deploy.errors import WRONG_USAGE, no_connection, sentences
from bookingdb.server import OWNER, Server, create_owner, launch

__all__ = ["Databases", "databases", "throw_away_server"]

_PREFIX = "bookingdb_test_"


@contextmanager
def throw_away_server() -> Iterator[Server]:
    """Run a server for tests, with the role that owns what is deployed there."""
    with launch(settings={"autovacuum": "off"}) as server:
        with psycopg.connect(server.conninfo()) as connection:
            create_owner(connection)
        yield server


@contextmanager
def databases(
    dsn: str | None = None,
    *,
    schema: str = "bookingdb",
    modules: Iterable[str] | None = None,
    prepare: Callable[[str], object] | None = None,
) -> Iterator["Databases"]:
    """Yield a supply of databases with these modules deployed, on a throw-away server or on the one of ``dsn``.

    The user of ``dsn`` needs the right to make databases. ``prepare`` is called once, with the DSN of the database that
    all others are copies of. Raises ``DeployError`` or ``ServerError``, whose message says what to do.
    """
    with ExitStack() as stack:
        if dsn is None:
            dsn = stack.enter_context(throw_away_server()).conninfo(user=OWNER)
        _check(dsn)
        name = _PREFIX + secrets.token_hex(4)
        try:
            # The name tells others that this run is alive, and whose the databases called like it are.
            connection = stack.enter_context(psycopg.connect(dsn, autocommit=True, application_name=name))
        except psycopg.Error as error:
            raise no_connection(error) from error
        supply = Databases(connection, dsn, name)
        with sentences("Making a database for tests"):
            supply._drop_abandoned()
            stack.callback(supply._drop, name)
            supply._create(name, "template1")
        migrate(supply._dsn_of(name), schema=schema, modules=modules)
        if prepare:
            prepare(supply._dsn_of(name))
        supply._seal()
        yield supply


def _check(dsn: str) -> None:
    try:
        _conninfo.check(dsn)
    except ValueError as error:
        raise DeployError(str(error), _conninfo.FORM, exit_code=WRONG_USAGE) from None


class Databases:
    """A supply of databases that begin as copies of one."""

    def __init__(self, connection: Connection[Any], dsn: str, template: str) -> None:
        self._connection = connection
        self._dsn = dsn
        self._template = template
        self._numbers = count(1)

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Make a database, yield its DSN, and drop it, whoever is still connected to it."""
        name = f"{self._template}_{next(self._numbers)}"
        self._create(name, self._template)
        try:
            yield self._dsn_of(name)
        finally:
            self._drop(name)

    def _dsn_of(self, name: str) -> str:
        return make_conninfo(self._dsn, dbname=name)

    def _create(self, name: str, template: str) -> None:
        try:
            # Copying the files takes half the time of copying through the log, which is the default.
            self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
        except errors.InsufficientPrivilege as error:
            user = self._connection.info.user
            raise DeployError(
                f"The user {user} may not make databases for tests.",
                f"Run as a superuser: ALTER ROLE {sql.Identifier(user).as_string()} CREATEDB;",
                exit_code=WRONG_USAGE,
            ) from error

    def _seal(self) -> None:
        """Let nobody into the template any more: it can be copied only while nobody is connected."""
        self._execute("ALTER DATABASE {} ALLOW_CONNECTIONS false", self._template)
        self._connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [self._template]
        )

    def _drop(self, name: str) -> None:
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _drop_abandoned(self) -> None:
        """Drop what killed test runs of this user have left: databases whose run is not connected any more."""
        for (name,) in self._connection.execute(_ABANDONED, {"prefix": _PREFIX}).fetchall():
            with suppress(errors.ObjectInUse, errors.InvalidCatalogName):  # another run is dropping it too
                self._drop(name)

    def _execute(self, command: LiteralString, *names: str) -> None:
        self._connection.execute(sql.SQL(command).format(*map(sql.Identifier, names)))


_ABANDONED = """
    SELECT d.datname
      FROM pg_database d
     WHERE starts_with(d.datname, %(prefix)s) AND pg_get_userbyid(d.datdba) = current_user
       AND NOT EXISTS (SELECT FROM pg_stat_activity run
                        WHERE starts_with(run.application_name, %(prefix)s)
                          AND starts_with(d.datname, run.application_name))
"""
