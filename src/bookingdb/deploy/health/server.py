"""The server, the way to it, and what it has installed."""

from collections.abc import Iterator

from psycopg import errors

from bookingdb.deploy import extensions
from bookingdb.deploy.connection import pooler
from bookingdb.deploy.errors import WRITABLE
from bookingdb.deploy.health._patient import Finding, Patient

OLDEST, NEWEST = 15, 18
"""Versions of PostgreSQL."""


def version_and_standby(patient: Patient) -> Iterator[Finding]:
    """A version that bookingdb runs on, and a server that takes writes."""
    version = patient.conn.info.server_version // 10000
    name = f"PostgreSQL {patient.value('SHOW server_version')}"
    if version < OLDEST:
        yield Finding("server", "problem", f"{name} is too old", f"Upgrade it to {OLDEST} or newer.")
    elif version > NEWEST:
        yield Finding("server", "warning", f"{name}: bookingdb is tested up to {NEWEST}", "Try it on a copy first.")
    else:
        yield Finding("server", "fine", name)
    if patient.value("SELECT pg_is_in_recovery()"):
        yield Finding("server", "warning", "a read-only standby: nothing can be booked here", "Connect to the primary.")
    elif patient.value("SHOW default_transaction_read_only") == "on":
        yield Finding(
            "server",
            "problem",
            "transactions are read-only unless they say otherwise",
            WRITABLE,
        )


def connection(patient: Patient) -> Iterator[Finding]:
    """A pooler in between, and of which kind."""
    found = pooler(patient.conninfo)
    if found == "transaction pooler":
        yield Finding(
            "connection",
            "warning",
            "through a transaction pooler: calls work, migrate and rollback do not",
            "Deploy on a direct connection or a pooler in session mode (Supabase: port 5432, not 6543).",
        )
    else:
        yield Finding("connection", "fine", f"through a {found}" if found else "direct")


def isolation(patient: Patient) -> Iterator[Finding]:
    """The isolation level that transactions have by default."""
    level = patient.value("SHOW default_transaction_isolation")
    if level == "read committed":
        yield Finding("isolation", "fine", level)
    else:
        yield Finding(
            "isolation",
            "warning",
            f"{level} by default: calls that wait for one another fail with 40001 and have to be repeated",
            "Reset default_transaction_isolation to read committed (ALTER DATABASE …, ALTER ROLE …).",
        )


def plpgsql(patient: Patient) -> Iterator[Finding]:
    """The language of the functions."""
    if patient.rows("SELECT FROM pg_language WHERE lanname = 'plpgsql'"):
        yield Finding("PL/pgSQL", "fine", "installed")
    else:
        yield Finding("PL/pgSQL", "problem", "missing in this database", "Run: CREATE EXTENSION plpgsql;")


def btree_gist(patient: Patient) -> Iterator[Finding]:
    """The extension, in no schema that may be dropped."""
    rows = patient.rows(
        "SELECT nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'btree_gist'"
    )
    if not rows:
        yield _without_btree_gist(patient)
        return
    ((place,),) = rows
    if place == "extensions":
        yield Finding("btree_gist", "fine", "in schema extensions")
        return
    own = place == patient.schema
    yield Finding(
        "btree_gist",
        "problem" if own else "warning",
        f"in schema {place}" + (": dropping that schema would take other schemas' constraints along" if own else ""),
        "Run: CREATE SCHEMA IF NOT EXISTS extensions; ALTER EXTENSION btree_gist SET SCHEMA extensions;",
    )


def _without_btree_gist(patient: Patient) -> Finding:
    needing = [file for file in patient.package.migration_files() if "btree_gist" in file.extensions]
    relations = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(%s))"
    existing = {name for (name,) in patient.rows(relations, patient.schema)}
    modules = sorted({file.module for file in needing if file.relations & existing})
    if not modules:
        return Finding("btree_gist", "fine", "not installed")
    message = f"missing, though {' and '.join(modules)} cannot do without it"
    advice = f"Run this, then bookingdb migrate:\n{extensions.script('btree_gist')}"
    return Finding("btree_gist", "problem", message, advice)


def time_zones(patient: Patient) -> Iterator[Finding]:
    """Time zone data, links to older names included."""
    try:
        with patient.conn.transaction():
            patient.value("SELECT now() AT TIME ZONE 'Europe/Oslo'")
    except errors.InvalidParameterValue:
        yield Finding(
            "time zones",
            "problem",
            "the server does not know Europe/Oslo: its time zone data are missing",
            "Install the tzdata package (with its legacy names) where the server runs, and restart it.",
        )
    else:
        yield Finding("time zones", "fine", "known to the server")
