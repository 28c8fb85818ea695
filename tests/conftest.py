"""One server per test process, one migrated template database on it, a fresh clone of that for every test.

`db` is the owner's connection (a service caller); `as_user`, `as_anon` and `as_service` open connections of the API
roles; `connect` opens more of the owner's. All are autocommit and closed by the fixtures.
"""

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pytest_postgresql import factories
from pytest_postgresql.janitor import DatabaseJanitor
from support.threads import cancel

from bookingdb.deploy import migrate
from bookingdb.dev import DIRECTORY_VARIABLE
from bookingdb.server import OWNER, Server
from bookingdb.testing import throw_away_server

SEARCH_PATH = "-csearch_path=bookingdb,pg_temp"

Connect = Callable[..., psycopg.Connection]


@pytest.fixture(scope="session", autouse=True)
def no_development_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep commands that are given no DSN away from the development server of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DIRECTORY_VARIABLE, str(tmp_path_factory.getbasetemp() / "no server"))
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The throw-away server of this test process."""
    with throw_away_server() as server:
        yield server


@pytest.fixture(scope="session")
def server_details(server: Server) -> SimpleNamespace:
    """The server in the words of pytest-postgresql."""
    return SimpleNamespace(
        host=server.host,
        port=server.port,
        user=server.user,
        password=None,
        options="",
        maintenance_dbname="postgres",
        template_dbname=None,
    )


def give_to_owner(connection: psycopg.Connection) -> None:
    """Make the owner, who is no superuser, the owner of the connection's database."""
    database = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, sql.Identifier(OWNER)))


def deploy(host: str, port: int, user: str, dbname: str, **_: Any) -> None:
    """Fill the template database as an installation does: through the deployer, without superuser rights."""
    with psycopg.connect(host=host, port=port, user=user, dbname=dbname) as connection:
        give_to_owner(connection)
    migrate(make_conninfo(host=host, port=port, user=OWNER, dbname=dbname))


template = factories.postgresql_noproc(depends_on="server_details", dbname="bookingdb", load=[deploy])
clone = factories.postgresql("template")


@pytest.fixture
def superuser_dsn(server: Server, clone: psycopg.Connection) -> str:
    """The test's own database, as PostgreSQL's superuser."""
    return server.conninfo(clone.info.dbname, options=SEARCH_PATH)


@pytest.fixture
def dsn(superuser_dsn: str, clone: psycopg.Connection) -> str:
    """The test's own database, as its owner."""
    give_to_owner(clone)
    clone.commit()
    return make_conninfo(superuser_dsn, user=OWNER)


@pytest.fixture
def empty_dsn(server: Server) -> Iterator[str]:
    """A database of the owner's with nothing in it."""
    janitor = DatabaseJanitor(host=server.host, port=server.port, user=server.user, dbname="empty")
    with janitor:
        with psycopg.connect(server.conninfo("empty")) as connection:
            give_to_owner(connection)
        yield server.conninfo("empty", user=OWNER)


@pytest.fixture
def connect(dsn: str) -> Iterator[Connect]:
    """Open connections of the owner; parameters are those of psycopg.connect."""
    opened: list[psycopg.Connection] = []

    def open_one(**parameters: Any) -> psycopg.Connection:
        opened.append(psycopg.connect(dsn, **{"autocommit": True} | parameters))
        return opened[-1]

    yield open_one
    cancel(opened)  # a thread may still wait in one of them
    for connection in opened:
        connection.close()


@pytest.fixture
def db(connect: Connect) -> psycopg.Connection:
    """The owner's connection: the service, acting for anybody."""
    return connect()


def act_as(connection: psycopg.Connection, role: str, **claims: str) -> psycopg.Connection:
    """Make ``role`` with these claims the caller for the rest of the session, as PostgREST does per transaction."""
    connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [json.dumps(claims | {"role": role})])
    return connection


@pytest.fixture
def as_user(connect: Connect) -> Callable[[UUID | str], psycopg.Connection]:
    """Open a connection of the end user with this id."""
    return lambda user_id: act_as(connect(), "authenticated", sub=str(user_id))


@pytest.fixture
def as_anon(connect: Connect) -> Callable[[], psycopg.Connection]:
    """Open a connection of somebody who is not signed in."""
    return lambda: act_as(connect(), "anon")


@pytest.fixture
def as_service(connect: Connect) -> Callable[[], psycopg.Connection]:
    """Open a connection of the service role."""
    return lambda: act_as(connect(), "service_role")
