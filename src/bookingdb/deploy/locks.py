"""One deployer at a time."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import Connection


def lock_key(schema: str) -> int:
    """Return the key of the advisory lock that keeps deployers of a schema apart."""
    return int.from_bytes(hashlib.sha256(f"bookingdb deploys to {schema}".encode()).digest()[:8], "big", signed=True)


@contextmanager
def alone(conn: Connection[Any], schema: str, lock_timeout: str, report: Callable[[str], None]) -> Iterator[None]:
    """Wait until nobody else deploys to the schema, and keep them out.

    The lock belongs to the session: it ends with this process, however that ends.
    """
    key = lock_key(schema)
    if conn.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone() == (False,):
        report(f'Somebody else deploys to schema "{schema}"; waiting for them to finish')
        conn.execute("SET lock_timeout TO 0")  # it would end the wait here, too
        conn.execute("SELECT pg_advisory_lock(%s)", [key])
        conn.execute("SELECT set_config('lock_timeout', %s, false)", [lock_timeout])
    try:
        yield
    finally:
        with suppress(psycopg.Error):  # a connection that is lost has lost its lock, too
            conn.execute("SELECT pg_advisory_unlock(%s)", [key])
