"""The doctor sees what was broken on purpose, and says what to do."""

import json

import psycopg
import pytest
from deploy.catalogs import next_transaction
from psycopg.conninfo import make_conninfo

from bookingdb.deploy import doctor

SERIOUS = {
    "missing function": ("DROP FUNCTION _new_id", "objects", "missing: function _new_id"),
    "edited function": ("ALTER FUNCTION _new_id COST 7", "objects", "edited by hand: function _new_id"),
    "schema closed": ("REVOKE USAGE ON SCHEMA bookingdb FROM anon", "roles", "cannot be used by anon"),
    "schema open": ("GRANT CREATE ON SCHEMA bookingdb TO PUBLIC", "owner", "may create objects"),
    "read only": (
        "ALTER ROLE CURRENT_USER IN DATABASE {} SET default_transaction_read_only = on",
        "server",
        "read-only",
    ),
}
SUSPICIOUS = {
    "unvalidated": (
        "ALTER TABLE employees ADD CONSTRAINT late CHECK (points < 1000000) NOT VALID",
        "constraints",
        "late was not checked",
    ),
    "stranger": ("CREATE FUNCTION helper() RETURNS int LANGUAGE sql RETURN 1", "objects", "unknown: function helper"),
    "isolation": (
        "ALTER ROLE CURRENT_USER IN DATABASE {} SET default_transaction_isolation = 'serializable'",
        "isolation",
        "serializable by default",
    ),
    "rule and trigger": (
        "CREATE RULE quiet AS ON UPDATE TO employees DO ALSO NOTHING; CREATE TRIGGER nosy BEFORE UPDATE ON sessions"
        " FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "triggers",
        "rule quiet on employees, trigger nosy on sessions",
    ),
    "statistics": (
        "ALTER TABLE audit_log SET (autovacuum_enabled = off);"
        "INSERT INTO audit_log (action, entity, entity_id)"
        " SELECT 'a', 'b', repeat('x', 1000) FROM generate_series(1, 2000)",
        "statistics",
        "never gathered for audit_log",
    ),
}


def test_a_healthy_installation(dsn, bookingdb) -> None:
    transaction = next_transaction(dsn)

    result = bookingdb("doctor", "--dsn", dsn)

    assert [(finding.check, finding.message) for finding in doctor(dsn) if finding.severity == "problem"] == []
    assert (result.exit_code, "Problems: 0" in result.stdout, "✗" in result.stdout) == (0, True, False)
    assert next_transaction(dsn) == transaction


@pytest.mark.parametrize("name", [*SERIOUS, *SUSPICIOUS])
def test_what_goes_wrong(dsn, db, bookingdb, name: str) -> None:
    statement, check, message = {**SERIOUS, **SUSPICIOUS}[name]
    db.execute(statement.format(db.info.dbname))

    result = bookingdb("doctor", "--json", "--dsn", dsn)
    findings = json.loads(result.stdout)["findings"]

    (found,) = [finding for finding in findings if message in finding["message"]]
    assert (found["check"], found["severity"]) == (check, "problem" if name in SERIOUS else "warning")
    assert found["advice"]
    assert result.exit_code == (1 if name in SERIOUS else 0)


@pytest.mark.parametrize(
    ("statement", "undo", "check", "message"),
    [
        ("ALTER ROLE anon SUPERUSER", "ALTER ROLE anon NOSUPERUSER", "API users", "anon is a superuser"),
        ("ALTER ROLE authenticated BYPASSRLS", "ALTER ROLE authenticated NOBYPASSRLS", "API users", "has BYPASSRLS"),
        ("GRANT service_role TO anon", "REVOKE service_role FROM anon", "API users", "has the rights of service_role"),
        (
            "ALTER TABLE guest_spots DISABLE TRIGGER ALL",
            "ALTER TABLE guest_spots ENABLE TRIGGER ALL",
            "triggers",
            "foreign keys of guest_spots are not checked",
        ),
        (
            "ALTER TABLE notifications OWNER TO postgres; ALTER FUNCTION _new_id OWNER TO postgres",
            "ALTER TABLE notifications OWNER TO bookingdb_owner; ALTER FUNCTION _new_id() OWNER TO bookingdb_owner",
            "ownership",
            'not owned by "bookingdb_owner": FUNCTION _new_id(), TABLE notifications',
        ),
    ],
)
def test_what_a_superuser_did(dsn, superuser_dsn, statement: str, undo: str, check: str, message: str) -> None:
    with psycopg.connect(superuser_dsn, autocommit=True) as conn:
        conn.execute(statement.encode())
        try:
            (found,) = [finding for finding in doctor(dsn) if finding.check == check]
        finally:
            conn.execute(undo.encode())

    assert (found.severity, message in found.message) == ("problem", True)
    assert all(part in (found.advice or "") for part in undo.split("; "))
    (found,) = [finding for finding in doctor(dsn) if finding.check == check]
    assert found.severity == "fine"


def test_an_extension_in_our_schema(dsn, superuser_dsn) -> None:
    with psycopg.connect(superuser_dsn, autocommit=True) as conn:
        conn.execute("CREATE EXTENSION btree_gist SCHEMA bookingdb")
        (found,) = [finding for finding in doctor(dsn) if finding.check == "btree_gist"]
        assert (found.severity, "in schema bookingdb" in found.message) == ("problem", True)

        conn.execute(found.advice.removeprefix("Run: "))

        (found,) = [finding for finding in doctor(dsn) if finding.check == "btree_gist"]
        assert found.severity == "fine"


def test_nothing_installed_and_nobody_of_ours(empty_dsn, dsn, superuser_dsn) -> None:
    assert "nothing is installed in this schema" in [finding.message for finding in doctor(empty_dsn)]
    with psycopg.connect(superuser_dsn, autocommit=True) as conn:
        conn.execute("CREATE ROLE stranger LOGIN")
        try:
            problems = {
                finding.check
                for finding in doctor(make_conninfo(dsn, user="stranger"))
                if finding.severity == "problem"
            }
            assert problems == {"owner", "objects"}
        finally:
            conn.execute("DROP ROLE stranger")
