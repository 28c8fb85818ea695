"""Run as a script: roll back again and again, each time killed before another one of its statements, then migrate.

    python killing_rollbacks.py DSN PACKAGE TO FIRST STEP

TO is the migration that stays, or "-" for none. Prints how often it was killed; ends with 1 and prints the difference
when migrating did not lead back to where it began.
"""

import sys

import psycopg
from catalogs import contents
from killing import killed_before, package

from bookingdb.deploy import migrate, rollback


def main(dsn: str, folder: str, to: str, first: str, step: str) -> int:
    files = package(folder)
    goal = {"steps": 99} if to == "-" else {"to": to}
    for kills, statement in enumerate(range(int(first), sys.maxsize, int(step))):
        schema = f"killed_{statement}"
        migrate(dsn, schema=schema, package=files)
        expected = contents(dsn, schema)

        def undo(schema: str = schema) -> None:
            rollback(dsn, schema=schema, package=files, confirm=lambda _: None, **goal)

        if not killed_before(statement, undo):
            sys.stdout.write(str(kills))
            return 0
        migrate(dsn, schema=schema, package=files)
        if difference := contents(dsn, schema) ^ expected:
            sys.stdout.write("\n".join([f"killed before statement {statement}:", *sorted(difference)]))
            return 1
        with psycopg.connect(dsn) as conn:
            conn.execute(f"DROP SCHEMA {schema} CASCADE")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
