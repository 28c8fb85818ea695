"""What runs once: yoyo's migrations.

A migration and yoyo's mark for it are committed apart, so each migration also writes its own row into
``applied_migrations``. That row is the truth; yoyo's marks are brought in line with it.
"""

import getpass
import glob
import io
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any

import psycopg
from psycopg import Connection
from yoyo import read_migrations  # type: ignore[import-untyped]
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend  # type: ignore[import-untyped]
from yoyo.connections import parse_uri  # type: ignore[import-untyped]
from yoyo.migrations import Migration, MigrationList, default_migration_table  # type: ignore[import-untyped]

from bookingdb.deploy.connection import Target, connect
from bookingdb.deploy.errors import DeployError, explain
from bookingdb.deploy.files import MigrationFile, Package
from bookingdb.deploy.roles import API_ROLES

_OUR_LOCK = -1
"""Stands in yoyo's lock for the process that holds it: a deployer, who is alone because of the advisory lock."""
_LOCK_TIMEOUT = 10.0
_YOYO_TABLES = ["_yoyo_migration", "_yoyo_log", "_yoyo_version", "yoyo_lock"]


def is_installed(conn: Connection[Any], schema: str) -> bool:
    """Tell whether the schema has our table of applied migrations (and not somebody else's of the same name)."""
    (columns,) = conn.execute(
        """
        SELECT count(*)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relname = 'applied_migrations' AND c.relkind = 'r'
        AND a.attname IN ('migration_id', 'applied_at', 'checksum')
        """,
        [schema],
    ).fetchall()[0]
    return bool(columns == 3)


def applied(conn: Connection[Any]) -> dict[str, str | None]:
    """Return the applied migrations with the checksum of their file; None where that is not recorded yet."""
    return dict(conn.execute("SELECT migration_id, checksum FROM applied_migrations ORDER BY migration_id").fetchall())


def settled(conn: Connection[Any], schema: str, files: Iterable[MigrationFile]) -> bool:
    """Tell whether every one of ``files`` is applied, marked as such by yoyo, and has its checksum recorded.

    A lock that a killed deployer or rollback left in yoyo's table is also something to do.
    """
    tables = "SELECT to_regclass('_yoyo_migration') IS NOT NULL AND to_regclass('yoyo_lock') IS NOT NULL"
    if not is_installed(conn, schema) or conn.execute(tables).fetchone() != (True,):
        return False
    left = conn.execute("SELECT FROM yoyo_lock WHERE pid = %s", [_OUR_LOCK]).fetchone()
    if _open_tables(conn) or left is not None:
        return False
    marked = {migration_id for (migration_id,) in conn.execute("SELECT migration_id FROM _yoyo_migration")}
    known = applied(conn)
    return all(known.get(file.id) and file.id in marked for file in files)


def apply(
    target: Target,
    conn: Connection[Any],
    package: Package,
    files: Collection[MigrationFile],
    report: Callable[[str], None],
) -> None:
    """Apply those of ``files`` that have left no row yet; ``conn`` is the one that holds the advisory lock."""
    backend = _backend(target)
    try:
        with backend.lock(), redirect_stdout(io.StringIO()):  # yoyo prints the rows of any SELECT
            backend.ensure_internal_schema_updated()
            _close_tables(conn)
            migrations = _read(package, {file.id for file in files})
            _agree(backend, migrations, applied(conn) if is_installed(conn, target.schema) else {})
            for migration in backend.to_apply(migrations):
                report(f"Migration {migration.id}")
                _apply_one(backend, migration)
    finally:
        backend.connection.close()
    _record_checksums(conn, files)


def undo(target: Target, conn: Connection[Any], package: Package, work: Callable[[], None]) -> None:
    """Do ``work``, which undoes migrations and deletes their rows, in one transaction; then yoyo's marks follow.

    Killed between the two, the rows are right and the marks are not: ``apply`` brings them in line.
    """
    backend = _backend(target)
    try:
        with backend.lock(), redirect_stdout(io.StringIO()):
            backend.ensure_internal_schema_updated()
            with conn.transaction():
                work()
            files = package.migration_files()
            left = applied(conn) if is_installed(conn, target.schema) else {}
            _agree(backend, _read(package, {file.id for file in files}), left)
    finally:
        backend.connection.close()


def _open_tables(conn: Connection[Any]) -> list[str]:
    """Return those of yoyo's own tables that have no row-level security yet."""
    rows = conn.execute(
        "SELECT c.oid::regclass::text"
        " FROM unnest(%s::text[]) AS yoyo (name) JOIN pg_class c ON c.oid = to_regclass(yoyo.name)"
        " WHERE pg_get_userbyid(c.relowner) = current_user AND NOT c.relrowsecurity",
        [_YOYO_TABLES],
    )
    return [name for (name,) in rows]


def _close_tables(conn: Connection[Any]) -> None:
    """Keep the API roles out of yoyo's tables: in ``public``, default privileges may have let them in."""
    with conn.transaction():
        for table in _open_tables(conn):
            conn.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY".encode())
            conn.execute(f"REVOKE ALL ON {table} FROM PUBLIC, {', '.join(API_ROLES)}".encode())
            # lets nobody in; a table without any policy looks forgotten to Supabase's advisor
            conn.execute(f"CREATE POLICY nobody ON {table} FOR SELECT TO service_role USING (false)".encode())


def _read(package: Package, wanted: Collection[str]) -> MigrationList:
    """Return the wanted migrations; yoyo passes over files it cannot read, so they are counted."""
    found = read_migrations(glob.escape(str(package.migrations)))
    if missed := {file.id for file in package.migration_files()} - {migration.id for migration in found}:
        raise DeployError(f"yoyo does not see the migrations {', '.join(sorted(missed))}: install the package again.")
    return found.filter(lambda migration: migration.id in wanted)


def _agree(backend: PostgresqlPsycopgBackend, migrations: MigrationList, applied: Collection[str]) -> None:
    """Bring yoyo's marks in line with the rows the migrations wrote."""
    marked = {migration.id for migration in backend.to_rollback(migrations)}
    backend.mark_migrations(migrations.filter(lambda migration: migration.id in set(applied) - marked))
    backend.unmark_migrations(migrations.filter(lambda migration: migration.id in marked - set(applied)))


def _apply_one(backend: PostgresqlPsycopgBackend, migration: Migration) -> None:
    try:
        backend.apply_one(migration)
    except psycopg.Error as error:
        raise explain(error, f"Migration {migration.id} failed and was rolled back") from error


def _record_checksums(conn: Connection[Any], files: Collection[MigrationFile]) -> None:
    known = applied(conn)
    if unmarked := [file.id for file in files if file.id not in known]:
        raise DeployError(f"Migrations without a row in applied_migrations: {', '.join(unmarked)}")
    for file in files:
        conn.execute(
            "UPDATE applied_migrations SET checksum = %s WHERE migration_id = %s AND checksum IS NULL",
            [file.checksum, file.id],
        )


def _backend(target: Target) -> PostgresqlPsycopgBackend:
    """Return yoyo's backend over our own connections, which take every DSN and have our settings."""
    _have_a_name()

    class Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]
        """yoyo's backend with a lock that a killed deployer does not leave behind for ever."""

        _is_locked: bool

        def connect(self, _uri: object) -> Connection[Any]:
            return connect(target)

        @contextmanager
        def lock(self, timeout: float = _LOCK_TIMEOUT) -> Iterator[None]:
            if self._is_locked:
                yield
                return
            _release_lock(self)
            _take_lock(self, timeout)
            self._is_locked = True
            try:
                yield
            finally:
                self._is_locked = False
                with suppress(psycopg.OperationalError):  # the connection is gone: the next deployer releases it
                    _release_lock(self)

    backend = Backend(parse_uri("postgresql+psycopg://"), default_migration_table)
    backend.init_database()
    return backend


def _have_a_name() -> None:
    """yoyo asks who runs it, and would fail between a migration and its mark where a user id has no name."""
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["LOGNAME"] = "bookingdb"


def _take_lock(backend: PostgresqlPsycopgBackend, timeout: float) -> None:
    """Wait for whoever runs yoyo itself, then keep others from doing so."""
    give_up = time.monotonic() + timeout
    insert = "INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), :ours) ON CONFLICT DO NOTHING"
    while backend.execute(insert, {"ours": _OUR_LOCK}).rowcount == 0:
        if time.monotonic() > give_up:
            (pid,) = backend.execute("SELECT max(pid) FROM yoyo_lock").fetchone()
            raise DeployError(
                f"Somebody runs yoyo itself here (process {pid}).",
                "Wait for it. If it was killed, remove its lock with: yoyo break-lock",
            )
        time.sleep(0.2)


def _release_lock(backend: PostgresqlPsycopgBackend) -> None:
    backend.execute("DELETE FROM yoyo_lock WHERE pid = :ours", {"ours": _OUR_LOCK})
