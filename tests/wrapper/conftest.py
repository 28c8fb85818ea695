"""Tests of the wrapper, most of them run four times: synchronously and asynchronously, directly and through a pooler.

The pooler is PgBouncer in transaction mode, where it is installed. A test of something that poolers do not offer is
marked as `unpooled`, with what that is.

A test that is a coroutine is run by asyncio.run(), which is all the asynchronous half needs.
"""

import asyncio
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from support.pgbouncer import PGBOUNCER, PORT, pgbouncer, spread
from wrapper.flavours import Asynchronous, Flavour, Pooled, Synchronous
from wrapper.proxy import Proxy

from bookingdb.server import Server

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine function to its end."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    parameters = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in parameters}))
    return True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what uses a flavour in all of them."""
    if "flavour" not in metafunc.fixturenames:
        return
    flavours = ["sync", "async"]
    if not metafunc.definition.get_closest_marker("unpooled"):
        flavours += ["sync, pooled", "async, pooled"]
    metafunc.parametrize("flavour", flavours, indirect=True)


@pytest.fixture
def flavour(request: pytest.FixtureRequest) -> Flavour:
    """The synchronous or the asynchronous wrapper, directly or through the pooler."""
    name, _, pooled = request.param.partition(", ")
    flavour: Flavour = {"sync": Synchronous, "async": Asynchronous}[name]()
    return request.getfixturevalue("pooled_flavour")(flavour) if pooled else flavour


@pytest.fixture(scope="session")
def pooler(server: Server) -> Iterator[str]:
    """The folder of the socket of a pooler in transaction mode, one for the test process."""
    if PGBOUNCER is None:
        pytest.skip("pgbouncer is not installed")
    with pgbouncer(server, "transaction") as folder:
        yield str(folder)


@pytest.fixture
def pooled_flavour(server: Server, pooler: str, dsn: str) -> Callable[[Flavour], Flavour]:
    """Lead a flavour through the pooler, whose next transactions run in different processes of the server."""
    spread(make_conninfo(dsn, host=pooler, port=PORT, options=""))
    return lambda flavour: Pooled(flavour, server.host, pooler, PORT)


@pytest.fixture
def user() -> UUID:
    """The login of an employee, an admin with 300 points."""
    return uuid4()


@pytest.fixture
def employee(db: psycopg.Connection, user: UUID) -> UUID:
    """That employee."""
    rows = db.execute(
        "INSERT INTO employees (user_id, name, email, is_admin) VALUES (%s, 'Ada', 'ada@club.example', true)"
        " RETURNING id",
        [user],
    )
    ((employee,),) = rows.fetchall()
    return UUID(str(employee))


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    """Something between client and server that counts, and can cut the line."""
    with Proxy(f"{server.host}/.s.PGSQL.{server.port}") as proxy:
        yield proxy
