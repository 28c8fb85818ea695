"""``bookingdb verify``: exit code 0 and a word when all is well, 1 and what is broken when it is not."""

import json

import psycopg
import pytest
from click.testing import CliRunner, Result

from bookingdb.cli import main


def verify(dsn: str, *options: str) -> Result:
    return CliRunner().invoke(main, ["verify", "--dsn", dsn, *options])


@pytest.fixture
def broken_dsn(dsn: str, superuser_dsn: str) -> str:
    """A database where somebody has more points than their history says, as only a superuser can bring about."""
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("INSERT INTO employees (name, email) VALUES ('Pinocchio', 'pinocchio@club.example')")
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE employees SET points = points + 1")
    return dsn


def test_a_healthy_database(dsn):
    result = verify(dsn)
    assert result.exit_code == 0
    assert "Every invariant holds" in result.output


def test_a_healthy_database_for_machines(dsn):
    result = verify(dsn, "--json")
    assert (result.exit_code, json.loads(result.output)) == (0, [])


def test_a_broken_invariant_is_shown(broken_dsn):
    result = verify(broken_dsn)
    assert result.exit_code == 1
    assert "I2" in result.output
    assert "Broken in 1 place" in result.output


def test_a_broken_invariant_for_machines(broken_dsn, db):
    result = verify(broken_dsn, "--json")
    assert result.exit_code == 1
    (row,) = json.loads(result.output)
    ((employee,),) = db.execute("SELECT id::text FROM employees").fetchall()
    assert (row["invariant"], row["entity_id"]) == ("I2", employee)
    assert set(row) == {"invariant", "entity", "entity_id", "details"}


def test_a_schema_without_the_package(dsn):
    result = verify(dsn, "--schema", "elsewhere")
    assert result.exit_code == 2
    assert "bookingdb migrate" in result.output
    assert "Traceback" not in result.output


def test_somebody_who_is_not_the_service(dsn, superuser_dsn, db):
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute(f'CREATE ROLE "{connection.info.dbname}_onlooker" LOGIN')
        connection.execute(f'GRANT USAGE ON SCHEMA bookingdb TO "{connection.info.dbname}_onlooker"')
    result = verify(psycopg.conninfo.make_conninfo(dsn, user=f"{db.info.dbname}_onlooker"))
    assert result.exit_code == 2
    assert "verify_invariants" in result.output


def test_an_unreachable_server():
    result = verify("host=/nowhere dbname=none")
    assert result.exit_code == 2
    assert "/nowhere" in result.output
    assert "Traceback" not in result.output
