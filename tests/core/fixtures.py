"""Fixtures of every test that looks at all functions; a folder's conftest.py imports them."""

from collections.abc import Callable
from typing import TypeAlias

import psycopg
import pytest
from gusmester.club import Club

from bookingdb.server import Server
from core.examples import Examples
from core.server_log import ServerLog

CallerOf: TypeAlias = Callable[[str], psycopg.Connection]


@pytest.fixture
def examples(club: Club) -> Examples:
    """A club in which every function can be called."""
    return Examples(club)


@pytest.fixture
def caller_of(examples: Examples, db: psycopg.Connection, as_user: Callable[[str], psycopg.Connection]) -> CallerOf:
    """Return the connection on which a function's example is called."""

    def connection(function: str) -> psycopg.Connection:
        user_id = examples.user_id(function)
        return as_user(user_id) if user_id else db

    return connection


@pytest.fixture
def log(server: Server) -> ServerLog:
    """The server's log, from now on."""
    return ServerLog(server.log)
