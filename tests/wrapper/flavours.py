"""One test for both wrappers, with and without a pooler: the synchronous one is awaited as if it were the other."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool, ConnectionPool

import bookingdb


class Awaited:
    """A synchronous object whose methods are awaited, like those of its asynchronous twin."""

    def __init__(self, target: Any) -> None:
        self.target = target

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.target, name)
        if not callable(member):
            return member
        if name == "as_user":  # no twin of it is awaited
            return lambda user_id: Awaited(member(user_id))
        return _awaited(member)


def _awaited(function: Callable[..., Any]) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return call


class Flavour(Protocol):
    """Makes databases, connections and pools."""

    async def connect(self, to: Any, *args: Any, **kwargs: Any) -> Any:
        """Return a database."""

    def database(self, to: Any, *args: Any, **kwargs: Any) -> Any:
        """Return a database in a block that closes it."""

    def connection(self, dsn: str, **kwargs: Any) -> Any:
        """Return a psycopg connection in a block that closes it."""

    def pool(self, dsn: str, **kwargs: Any) -> Any:
        """Return a pool in a block that closes it."""


class Asynchronous:
    """aconnect(), AsyncConnection, AsyncConnectionPool."""

    async def connect(self, to: Any, *args: Any, **kwargs: Any) -> Any:
        return await bookingdb.aconnect(to, *args, **kwargs)

    @asynccontextmanager
    async def database(self, to: Any, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        async with await bookingdb.aconnect(to, *args, **kwargs) as database:
            yield database

    @asynccontextmanager
    async def connection(self, dsn: str, **kwargs: Any) -> AsyncIterator[Any]:
        async with await psycopg.AsyncConnection.connect(dsn, **kwargs) as connection:
            yield connection

    @asynccontextmanager
    async def pool(self, dsn: str, **kwargs: Any) -> AsyncIterator[Any]:
        async with AsyncConnectionPool(dsn, open=False, **kwargs) as pool:
            yield pool


class Synchronous:
    """connect(), Connection, ConnectionPool."""

    async def connect(self, to: Any, *args: Any, **kwargs: Any) -> Any:
        return Awaited(bookingdb.connect(to.target if isinstance(to, Awaited) else to, *args, **kwargs))

    @asynccontextmanager
    async def database(self, to: Any, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        with (await self.connect(to, *args, **kwargs)).target as database:
            yield Awaited(database)

    @asynccontextmanager
    async def connection(self, dsn: str, **kwargs: Any) -> AsyncIterator[Any]:
        with psycopg.connect(dsn, **kwargs) as connection:
            yield Awaited(connection)

    @asynccontextmanager
    async def pool(self, dsn: str, **kwargs: Any) -> AsyncIterator[Any]:
        with ConnectionPool(dsn, open=False, **kwargs) as pool:
            yield Awaited(pool)


class Pooled:
    """A flavour whose way to the server leads through a pooler in transaction mode."""

    def __init__(self, flavour: Flavour, server: str, pooler: str, port: int) -> None:
        self._flavour = flavour
        self._server = server
        self._pooler = {"host": pooler, "port": port, "options": ""}

    async def connect(self, to: Any, *args: Any, **kwargs: Any) -> Any:
        return await self._flavour.connect(self._through(to), *args, **kwargs)

    def database(self, to: Any, *args: Any, **kwargs: Any) -> Any:
        return self._flavour.database(self._through(to), *args, **kwargs)

    def connection(self, dsn: str, **kwargs: Any) -> Any:
        return self._flavour.connection(self._through(dsn), prepare_threshold=None, **kwargs)

    def pool(self, dsn: str, kwargs: dict[str, Any] | None = None, **settings: Any) -> Any:
        unprepared = {"prepare_threshold": None} | (kwargs or {})
        return self._flavour.pool(self._through(dsn), kwargs=unprepared, **settings)

    def _through(self, to: Any) -> Any:
        leads_there = isinstance(to, str) and f"host={self._server} " in to
        return make_conninfo(to, **self._pooler) if leads_there else to
