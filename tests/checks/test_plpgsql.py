"""plpgsql_check over every function and trigger: columns that do not exist, wrong types, writes in STABLE functions."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

CHECK_EVERYTHING = """
    WITH found AS (
        SELECT p.proname, t.tgrelid, t.tables, f.lineno, f.level, f.message,
               count(*) OVER (PARTITION BY p.oid, f.lineno, f.message) AS found_on
        FROM pg_proc p
        JOIN pg_language l ON l.oid = p.prolang AND l.lanname = 'plpgsql'
        LEFT JOIN (
            SELECT tgfoid, tgrelid, tgoldtable, tgnewtable, count(*) OVER (PARTITION BY tgfoid) AS tables
            FROM (SELECT DISTINCT tgfoid, tgrelid, tgoldtable, tgnewtable FROM pg_trigger WHERE NOT tgisinternal) used
        ) t ON t.tgfoid = p.oid,
        LATERAL plpgsql_check.plpgsql_check_function_tb(
            p.oid, coalesce(t.tgrelid, 0), oldtable => t.tgoldtable, newtable => t.tgnewtable,
            extra_warnings => true, performance_warnings => false, security_warnings => true) f
        WHERE p.pronamespace = 'bookingdb'::regnamespace
          -- RETURN QUERY EXECUTE fills the columns, which plpgsql_check cannot see.
          AND NOT (p.proretset AND f.message ~ '^OUT variable .* is maybe unmodified$')
          -- What a module contributes by name takes what it is asked with, whether it needs it or not.
          AND NOT (p.proname ~ '^_[a-z]+_(person_rows|erase_person)$' AND f.message ~ '^unused parameter')
    )
    SELECT format('%s%s, line %s: %s: %s', proname, ' on ' || tgrelid::regclass, lineno, level, message)
    FROM found
    -- A trigger function on several tables looks at TG_TABLE_NAME first: a field is missing when none of them has it.
    WHERE NOT (message ~ '^record "(new|old)" has no field' AND found_on < tables)
    ORDER BY 1
"""
"""A trigger function is checked once for each table it is used on; its lines count from the body's first."""


@pytest.fixture
def checked(superuser_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """The superuser's connection to a database with plpgsql_check in a schema of its own."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        available = "SELECT FROM pg_available_extensions WHERE name = 'plpgsql_check'"
        if connection.execute(available).fetchone() is None:
            pytest.skip("this server has no plpgsql_check; Debian's package is postgresql-15-plpgsql-check")
        connection.execute("CREATE SCHEMA plpgsql_check")
        connection.execute("CREATE EXTENSION plpgsql_check SCHEMA plpgsql_check")
        yield connection


def findings(connection: psycopg.Connection[Any]) -> list[str]:
    """Return what plpgsql_check finds."""
    return [row[0] for row in connection.execute(CHECK_EVERYTHING)]


def test_every_function_is_correct(checked: psycopg.Connection[Any]) -> None:
    assert "\n".join(findings(checked)) == ""


def test_a_missing_column_is_found_in_a_function(checked: psycopg.Connection[Any]) -> None:
    checked.execute(
        "CREATE FUNCTION wrong() RETURNS text LANGUAGE plpgsql STABLE AS"
        " $$ BEGIN RETURN (SELECT p.no_such_column FROM profiles p); END $$"
    )
    assert "wrong, line 1: error: column p.no_such_column does not exist" in findings(checked)


def test_a_missing_column_is_found_in_a_trigger_of_several_tables(checked: psycopg.Connection[Any]) -> None:
    checked.execute(
        "CREATE FUNCTION wrong() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.no_such_column := 1; RETURN NEW; END $$;"
        "CREATE TRIGGER wrong BEFORE INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION wrong();"
        "CREATE TRIGGER wrong BEFORE INSERT ON settings FOR EACH ROW EXECUTE FUNCTION wrong()"
    )
    for table in ("profiles", "settings"):
        assert f'wrong on {table}, line 1: error: record "new" has no field "no_such_column"' in findings(checked)
