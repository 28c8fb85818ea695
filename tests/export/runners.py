"""Applying an exported file, in the ways in which others do it."""

from pathlib import Path

import psycopg
from pglast.parser import split

Way = str
WAYS = ["as a whole", "statement by statement", "in one transaction"]


def apply(dsn: str, path: Path, way: Way = "as a whole") -> None:
    """Apply a file: all of it sent at once, or each statement by itself as psql and the Supabase CLI do."""
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as conn:
        match way:
            case "as a whole":
                conn.execute(path.read_bytes())
            case "statement by statement":
                for statement in split_statements(path):
                    conn.execute(statement.encode())
            case _:
                with conn.pipeline():
                    for statement in split_statements(path):
                        conn.execute(statement.encode())


def split_statements(path: Path) -> list[str]:
    """Return the statements of a file."""
    return list(split(path.read_text("utf-8")))
