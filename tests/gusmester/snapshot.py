"""Whether anything at all was written: every row of every table, and the transaction that wrote it."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

Snapshot = dict[str, tuple[int, str]]


def snapshot(connection: psycopg.Connection) -> Snapshot:
    """Return the number and a checksum of the rows of each table of the schema."""
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
    each = sql.SQL(" UNION ALL ").join(
        sql.SQL(
            "SELECT {}, count(*), coalesce(md5(string_agg(t.xmin || t::text, ' ' ORDER BY t::text)), '') FROM {} t"
        ).format(sql.Literal(table), sql.Identifier(table))
        for (table,) in tables
    )
    return {table: (rows, checksum) for table, rows, checksum in connection.execute(each)}


@contextmanager
def nothing_written(connection: psycopg.Connection) -> Iterator[None]:
    """Assert that the block wrote no row; ``connection`` must be able to see it if it did."""
    before = snapshot(connection)
    yield
    assert snapshot(connection) == before
