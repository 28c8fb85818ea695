"""What the package has put on record, as its owner sees it."""

from typing import Any

import psycopg
from gusmester.calls import ask
from psycopg import sql


def value(connection: psycopg.Connection, query: Any, parameters: Any = None) -> Any:
    """Return the first column of a query's one row."""
    row = connection.execute(query, parameters).fetchone()
    assert row is not None, "the query returned no row"
    return row[0]


def tables(db: psycopg.Connection) -> list[str]:
    """Return the names of all tables of the schema."""
    query = """
        SELECT relname FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') ORDER BY relname
    """
    return [name for (name,) in db.execute(query)]


def all_text(db: psycopg.Connection, *without: str) -> str:
    """Return every row of every table as one text, except of the tables ``without``."""
    return "\n".join(
        f"{table}: {row}"
        for table in tables(db)
        if table not in without
        for (row,) in db.execute(sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(table)))
    )


def audited(db: psycopg.Connection) -> int:
    """Return how many effects are on record."""
    return int(value(db, "SELECT count(*) FROM audit_log"))


def stats(connection: psycopg.Connection, since: str = "2000-01-01", until: str = "2099-12-31") -> dict[str, int]:
    """Return what booking_stats() counts between two instants: module.metric -> value."""
    counted = ask(connection, "booking_stats", p_from=since, p_to=until)
    return {f"{row['module']}.{row['metric']}": row["value"] for row in counted}


def refusals(connection: psycopg.Connection, reason: str) -> int:
    """Return how many calls were refused for ``reason`` since installation."""
    return stats(connection)[f"core.failures.{reason}"]
