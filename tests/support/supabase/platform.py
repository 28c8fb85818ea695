"""What Supabase sets up before a developer comes: a server with its roles, and databases for projects."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from bookingdb.server import Server, launch
from support.supabase.cli import CommandLine
from support.supabase.clients import Clients
from support.supabase.node import NPM, installed, listening, node

SQL = NPM.parent / "sql"
ADMIN = "supabase_admin"
DEVELOPER = "postgres"


@dataclass(frozen=True)
class Platform:
    """A server of Supabase's."""

    server: Server
    relay: int
    """The port on 127.0.0.1 that leads to it."""

    @contextmanager
    def project(self, *, granted: bool = False) -> Iterator["Project"]:
        """Make a project; with ``granted``, new objects in ``public`` are the API's, as before October 2026."""
        name = f"project_{next(_numbers)}"
        with self._admin("postgres") as connection:
            _create(connection, name, template="supabase_granted" if granted else "supabase")
        try:
            yield Project(self, name)
        finally:
            with self._admin("postgres") as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def dsn(self, name: str, user: str) -> str:
        return self.server.conninfo(name, user=user)

    def _admin(self, name: str) -> psycopg.Connection:
        return psycopg.connect(self.dsn(name, ADMIN), autocommit=True)

    def _make_template(self, name: str, *files: str) -> None:
        with self._admin("postgres") as connection:
            _create(connection, name, template="template0")
        with self._admin(name) as connection:
            for file in files:
                connection.execute((SQL / f"{file}.sql").read_bytes())
        with self.api(name, "public"):  # makes the tables of Supabase Auth, and what the command line makes for itself
            pass
        with self._admin(name) as connection:
            connection.execute("DROP SCHEMA supabase_migrations CASCADE")

    @contextmanager
    def api(self, database: str, schemas: str) -> Iterator[str]:
        """Serve a database over HTTP; yield the URL."""
        functions = str(SQL / "auth.sql")
        with listening("api.mjs", self.server.host, database, functions, schemas) as port:
            yield f"http://127.0.0.1:{port}"


@dataclass(frozen=True)
class Project:
    """A developer's project."""

    platform: Platform
    database: str

    @property
    def dsn(self) -> str:
        """Its database, for the developer's ``postgres``."""
        return self.platform.dsn(self.database, DEVELOPER)

    @property
    def admin_dsn(self) -> str:
        """Its database, for Supabase's superuser."""
        return self.platform.dsn(self.database, ADMIN)

    @property
    def url(self) -> str:
        """Its database, for programs that want a URL."""
        return f"postgresql://{DEVELOPER}:unused@127.0.0.1:{self.platform.relay}/{self.database}?sslmode=disable"

    def command_line(self, folder: Path) -> CommandLine:
        """Return Supabase's command line for this project, its files in ``folder``."""
        return CommandLine(folder, self.url)

    @contextmanager
    def clients(self, schemas: str = "public") -> Iterator[Clients]:
        """Serve the project, and run supabase-js beside it."""
        with self.platform.api(self.database, schemas) as url, node("clients.mjs", url) as (steps, answers):
            yield Clients(url, steps, answers)


_numbers = count(1)


def _create(connection: psycopg.Connection, name: str, *, template: str) -> None:
    command = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
    connection.execute(command.format(*map(sql.Identifier, (name, DEVELOPER, template))))


@contextmanager
def supabase_platform() -> Iterator[Platform]:
    """Run a server of Supabase's."""
    installed()
    with launch(settings={"autovacuum": "off", "wal_level": "logical", "max_wal_senders": "1"}) as server:
        _name_superuser(server)
        with psycopg.connect(server.conninfo(user=ADMIN), autocommit=True) as connection:
            connection.execute((SQL / "roles.sql").read_bytes())
        with listening("relay.mjs", f"{server.host}/.s.PGSQL.{server.port}") as relay:
            platform = Platform(server, relay)
            platform._make_template("supabase", "database", "auth", "nothing_granted")
            platform._make_template("supabase_granted", "database", "auth")
            yield platform


def _name_superuser(server: Server) -> None:
    """Leave the name ``postgres`` to the developer, who is no superuser."""
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute("CREATE ROLE namer SUPERUSER LOGIN")
    with psycopg.connect(server.conninfo(user="namer"), autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} RENAME TO {}").format(*map(sql.Identifier, (server.user, ADMIN))))
    with psycopg.connect(server.conninfo(user=ADMIN), autocommit=True) as connection:
        connection.execute("DROP ROLE namer")
