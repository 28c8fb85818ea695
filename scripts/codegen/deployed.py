"""A database to read the catalog of."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from bookingdb.deploy import migrate
from bookingdb.server import launch


@contextmanager
def connection() -> Iterator[psycopg.Connection[Any]]:
    """Connect to a throw-away server on which everything is deployed."""
    with launch() as server:
        migrate(server.conninfo())
        with psycopg.connect(server.conninfo(options="-csearch_path=bookingdb,pg_temp")) as connection:
            yield connection
