"""Run as a script: deploy again and again, each time killed before another one of its statements, then run again.

    python killing.py DSN OLD NEW FIRST STEP

From a schema that has the package in folder OLD (or nothing, for "-") to the package in folder NEW. The deployer is
killed before its statement FIRST, FIRST + STEP and so on, until it gets through. Prints how often it was killed; ends
with 1 and prints the difference when running it again did not lead to what an undisturbed run leads to.
"""

import itertools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
from catalogs import contents

from bookingdb.deploy import Package, migrate


def package(folder: str) -> Package:
    return Package(Path(folder, "sql"), Path(folder, "migrations"), "1.0.0")


def in_child(work: Callable[[], object]) -> int:
    """Do some work in a process of its own; return how that ended."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return os.waitpid(child, 0)[1]


def killed_before(statement: int, work: Callable[[], object]) -> bool:
    """Do some work until its n-th statement; tell whether there was one."""
    execute, numbers = psycopg.Cursor.execute, itertools.count(1)

    def counted(cursor: psycopg.Cursor, *args: object, **kwargs: object) -> psycopg.Cursor:
        if next(numbers) == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(cursor, *args, **kwargs)

    def run() -> None:
        psycopg.Cursor.execute = counted
        work()

    ended = in_child(run)
    assert ended in (0, signal.SIGKILL), f"ended with {ended} instead of being killed"
    return ended == signal.SIGKILL


def main(dsn: str, old: str, new: str, first: str, step: str) -> int:
    def install(schema: str) -> None:
        if old != "-":
            migrate(dsn, schema=schema, package=package(old))

    install("undisturbed")
    migrate(dsn, schema="undisturbed", package=package(new))
    expected = contents(dsn, "undisturbed")
    for kills, statement in enumerate(range(int(first), sys.maxsize, int(step))):
        schema = f"killed_{statement}"
        install(schema)
        if not killed_before(statement, lambda: migrate(dsn, schema=schema, package=package(new))):  # noqa: B023
            sys.stdout.write(str(kills))
            return 0
        migrate(dsn, schema=schema, package=package(new))
        if difference := contents(dsn, schema) ^ expected:
            sys.stdout.write("\n".join([f"killed before statement {statement}:", *sorted(difference)]))
            return 1
        with psycopg.connect(dsn) as conn:
            conn.execute(f"DROP SCHEMA {schema} CASCADE")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
