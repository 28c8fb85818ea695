"""The doctor sees what was broken on purpose, and says what to do."""

import json
from dataclasses import replace

import psycopg
import pytest
from deploy.catalogs import next_transaction
from psycopg.conninfo import make_conninfo
from support.whole_server import europe_can_be_covered, server_without_europe

from bookingdb.deploy import Finding, Package, doctor, migrate, status
from bookingdb.deploy.health import server

SERIOUS = {
    "missing function": ("DROP FUNCTION _new_id", "objects", "missing: function _new_id"),
    "edited function": ("ALTER FUNCTION _new_id COST 7", "objects", "edited by hand: function _new_id"),
    "schema closed": ("REVOKE USAGE ON SCHEMA bookingdb FROM anon", "roles", "cannot be used by anon"),
    "schema open": ("GRANT CREATE ON SCHEMA bookingdb TO PUBLIC", "owner", "may create objects"),
    "private function granted": (
        "GRANT EXECUTE ON FUNCTION _new_id TO anon",
        "objects",
        "edited by hand: function _new_id",
    ),
    "function granted to all": (
        "GRANT EXECUTE ON FUNCTION verify_invariants TO PUBLIC",
        "objects",
        "edited by hand: function verify_invariants",
    ),
    "function not granted": (
        "REVOKE EXECUTE ON FUNCTION verify_invariants FROM service_role",
        "objects",
        "edited by hand: function verify_invariants",
    ),
    "table granted": ("GRANT INSERT ON employees TO anon", "objects", "edited by hand: policy employees"),
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
            "ALTER TABLE bookingdb.guest_spots ENABLE TRIGGER ALL",
            "triggers",
            "foreign keys of guest_spots are not checked",
        ),
        (
            "ALTER TABLE notifications OWNER TO postgres; ALTER FUNCTION _new_id OWNER TO postgres",
            "ALTER TABLE bookingdb.notifications OWNER TO bookingdb_owner;"
            " ALTER FUNCTION bookingdb._new_id OWNER TO bookingdb_owner",
            "ownership",
            'not owned by "bookingdb_owner": FUNCTION _new_id, TABLE notifications',
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
        conn.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        conn.execute("ALTER EXTENSION btree_gist SET SCHEMA bookingdb")
        (found,) = [finding for finding in doctor(dsn) if finding.check == "btree_gist"]
        assert (found.severity, "in schema bookingdb" in found.message) == ("problem", True)

        conn.execute(found.advice.removeprefix("Run: "))

        (found,) = [finding for finding in doctor(dsn) if finding.check == "btree_gist"]
        assert found.severity == "fine"


def sql_of(advice: str) -> str:
    """Return the statements of an advice: what follows its words."""
    return advice.partition(": " if ": " in advice else ":\n")[2]


def test_an_extension_that_is_missing(dsn, db, bookingdb) -> None:
    db.execute("DROP EXTENSION btree_gist CASCADE")
    missing = found_by_doctor(dsn, "btree_gist")
    assert (missing.severity, "missing, though calendar and credits cannot do without it" in missing.message) == (
        "problem",
        True,
    )

    db.execute(sql_of(missing.advice).encode())
    migrate(dsn)

    assert found_by_doctor(dsn, "btree_gist").severity == "fine"
    assert status(dsn).up_to_date


def test_an_extension_that_no_installed_module_needs(empty_dsn) -> None:
    migrate(empty_dsn, modules=["gusmester"])

    found = found_by_doctor(empty_dsn, "btree_gist")

    assert (found.severity, found.message) == ("fine", "not installed")


BROKEN = {
    "constraints": (
        "ALTER TABLE {}.employees ADD CONSTRAINT late CHECK (points < 1000000) NOT VALID;"
        "CREATE UNIQUE INDEX late ON {}.employees (id);"
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{}.late'::regclass"
    ),
    "triggers": "ALTER TABLE {}.guest_spots DISABLE TRIGGER ALL",
    "ownership": "ALTER TABLE {}.notifications OWNER TO postgres; ALTER FUNCTION {}._new_id OWNER TO postgres",
    "roles": "REVOKE USAGE ON SCHEMA {} FROM anon",
    "statistics": (
        "INSERT INTO {}.audit_log (action, entity, entity_id)"
        " SELECT 'a', 'b', repeat('x', 1000) FROM generate_series(1, 2000)"
    ),
}


@pytest.mark.parametrize("check", BROKEN)
def test_what_it_says_can_be_run_as_it_stands(empty_dsn, superuser, check: str) -> None:
    schema = "The Club"
    migrate(empty_dsn, schema=schema)
    superuser.execute(BROKEN[check].replace("{}", '"The Club"'))

    def advice() -> list[str]:
        given = [finding.advice or "" for finding in doctor(empty_dsn, schema=schema) if finding.check == check]
        return [text for text in given if schema in text]

    assert advice()
    for text in advice():
        for statement in sql_of(text).split(";"):
            superuser.execute(statement)
    assert advice() == []


def test_statistics_that_are_old(dsn, db) -> None:
    db.execute("ALTER TABLE audit_log SET (autovacuum_enabled = off)")
    rows = "SELECT 'a', 'b', repeat('x', 1000) FROM generate_series(1, %s)"
    insert = f"INSERT INTO audit_log (action, entity, entity_id) {rows}"
    db.execute(insert, [36])
    db.execute("ANALYZE audit_log")
    db.execute(insert, [2000])
    db.execute("SELECT pg_stat_force_next_flush()")

    (old,) = [finding for finding in doctor(dsn) if finding.check == "statistics" and "audit_log" in finding.message]
    assert (old.severity, old.message) == ("warning", "old for audit_log")
    db.execute(sql_of(old.advice).encode())
    db.execute("SELECT pg_stat_force_next_flush()")

    assert [finding for finding in doctor(dsn) if "audit_log" in finding.message] == []


def test_a_table_that_somebody_has_locked(dsn) -> None:
    with psycopg.connect(dsn) as holder:
        holder.execute("LOCK bookingdb.employees")

        findings = doctor(dsn, lock_timeout="100ms")

    (found,) = [finding for finding in findings if finding.check == "statistics" and "lock" in finding.message]
    assert (found.severity, "not looked at" in found.message) == ("warning", True)
    assert {"server", "objects", "Supabase", "triggers"} - {finding.check for finding in findings} == {"Supabase"}


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


def found_by_doctor(dsn: str, check: str, package: Package | None = None) -> Finding:
    (finding,) = [finding for finding in doctor(dsn, package=package) if finding.check == check]
    return finding


def test_without_plpgsql(empty_dsn, superuser_dsn) -> None:
    with psycopg.connect(make_conninfo(superuser_dsn, dbname="empty"), autocommit=True) as conn:
        conn.execute("DROP EXTENSION plpgsql")
    missing = found_by_doctor(empty_dsn, "PL/pgSQL")
    assert (missing.severity, missing.message) == ("problem", "missing in this database")

    with psycopg.connect(empty_dsn, autocommit=True) as conn:
        conn.execute(missing.advice.removeprefix("Run: "))

    assert found_by_doctor(empty_dsn, "PL/pgSQL").severity == "fine"


@pytest.mark.parametrize(
    ("exposed", "message", "advised"),
    [("public, bookingdb", "is exposed", False), ("public, storage", "is not exposed", True)],
)
def test_the_schemas_of_supabases_api(dsn, superuser_dsn, exposed: str, message: str, advised: bool) -> None:
    assert "Supabase" not in [finding.check for finding in doctor(dsn)]
    with psycopg.connect(superuser_dsn, autocommit=True) as conn:
        conn.execute("CREATE ROLE authenticator")
        try:
            conn.execute(f"ALTER ROLE authenticator SET pgrst.db_schemas = '{exposed}'")
            found = found_by_doctor(dsn, "Supabase")
        finally:
            conn.execute("DROP ROLE authenticator")

    assert (message in found.message, "exposed schemas" in (found.advice or "")) == (True, advised)


@pytest.mark.parametrize(
    ("ours", "severity", "advice"),
    [("0.0.1", "problem", "Install bookingdb {}."), ("99.0", "warning", "Run bookingdb migrate")],
)
def test_another_version_deployed_here(dsn, ours: str, severity: str, advice: str) -> None:
    theirs = Package.installed().version

    found = found_by_doctor(dsn, "package", replace(Package.installed(), version=ours))

    assert (found.severity, found.message) == (severity, f"{theirs} deployed here, this is {ours}")
    assert advice.format(theirs) in found.advice


@pytest.mark.parametrize(
    ("oldest", "newest", "severity", "message", "advice"),
    [(99, 100, "problem", "is too old", "99 or newer"), (10, 11, "warning", "tested up to 11", "on a copy first")],
)
def test_a_server_that_is_too_old_or_too_new(
    dsn, monkeypatch, oldest: int, newest: int, severity: str, message: str, advice: str
) -> None:
    monkeypatch.setattr(server, "OLDEST", oldest)
    monkeypatch.setattr(server, "NEWEST", newest)

    found = found_by_doctor(dsn, "server")

    assert (found.severity, message in found.message, advice in found.advice) == (severity, True, True)


@pytest.mark.skipif(not europe_can_be_covered(), reason="time zones cannot be hidden here: that takes a mount")
def test_a_server_without_time_zones() -> None:
    with server_without_europe() as crippled:
        found = found_by_doctor(crippled.url(), "time zones")

    assert (found.severity, "does not know Europe/Oslo" in found.message) == ("problem", True)
    assert "Install the tzdata package" in found.advice


def test_a_server_with_time_zones(dsn) -> None:
    assert found_by_doctor(dsn, "time zones").severity == "fine"
