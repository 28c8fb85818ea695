"""Tests of the wrapper, most of them run twice: synchronously and asynchronously.

A test that is a coroutine is run by asyncio.run(), which is all the asynchronous half needs.
"""

import asyncio
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from wrapper.flavours import Asynchronous, Flavour, Synchronous
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


@pytest.fixture(params=[Synchronous, Asynchronous], ids=["sync", "async"])
def flavour(request: pytest.FixtureRequest) -> Flavour:
    """The synchronous or the asynchronous wrapper."""
    made: Flavour = request.param()
    return made


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
