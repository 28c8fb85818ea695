"""What a check is given, and what it answers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from psycopg import Connection, sql

from bookingdb.deploy.files import DatabaseObject, Package
from bookingdb.modules import resolve

Severity = Literal["fine", "warning", "problem"]

_NAMES_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """The outcome of one check: what was found, and what to do unless it is fine."""

    check: str
    severity: Severity
    message: str
    advice: str | None = None


@dataclass(frozen=True)
class Patient:
    """The installation that is looked at."""

    conninfo: str
    conn: Connection[Any]
    schema: str
    package: Package
    lock_timeout: str

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.conn.execute(query.encode(), parameters).fetchall()

    def value(self, query: str, *parameters: object) -> Any:
        """Return the first value of a query."""
        return self.rows(query, *parameters)[0][0]

    def quoted(self) -> str:
        """Return the name of the schema as SQL has it."""
        return sql.Identifier(self.schema).as_string(self.conn)

    def relations(self) -> list[str]:
        """Return the names of our tables, and of what else migrations make."""
        return sorted({name for file in self.package.migration_files() for name in file.relations})

    def declared(self) -> set[DatabaseObject]:
        """Return everything that the files of ``sql/`` declare."""
        return {declared for file in self.package.objects(resolve(None)) for declared in file.objects}

    def installed_owner(self) -> str | None:
        """Return who owns what is installed."""
        rows = self.rows(
            "SELECT pg_get_userbyid(relowner)::text FROM pg_class"
            " WHERE relnamespace = to_regnamespace(quote_ident(%s)) AND relname = 'applied_migrations'",
            self.schema,
        )
        return str(rows[0][0]) if rows else None


Check = Callable[[Patient], Iterator[Finding]]


def few(names: Sequence[str]) -> str:
    """Name the first of them, and say how many more there are."""
    rest = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
