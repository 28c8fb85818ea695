"""Somebody changed the database by hand: status says so and shows it, migrate makes again what is missing and undoes
the rest with --force only."""

import psycopg
import pytest
from deploy.catalogs import contents, next_transaction
from psycopg.conninfo import make_conninfo

from bookingdb.deploy import DeployError, Item, StatusResult, migrate, status

EDITS = {
    "function body": (
        "CREATE OR REPLACE FUNCTION caller_id() RETURNS uuid LANGUAGE sql STABLE RETURN NULL::uuid",
        ("function", "caller_id"),
    ),
    "function option": ("ALTER FUNCTION caller_id() COST 7", ("function", "caller_id")),
    "function search path": ("ALTER FUNCTION caller_id() RESET search_path", ("function", "caller_id")),
    "function comment": ("COMMENT ON FUNCTION caller_id IS 'mine'", ("function", "caller_id")),
    "function grant": ("GRANT EXECUTE ON FUNCTION verify_invariants TO anon", ("function", "verify_invariants")),
    "function grant to all": ("GRANT EXECUTE ON FUNCTION _fail TO PUBLIC", ("function", "_fail")),
    "function grant to somebody": ("GRANT EXECUTE ON FUNCTION _fail TO pg_monitor", ("function", "_fail")),
    "function revoked": ("REVOKE ALL ON FUNCTION caller_id FROM authenticated", ("function", "caller_id")),
    "function dropped": ("DROP FUNCTION _new_id", ("function", "_new_id")),
    "second signature": (
        "CREATE FUNCTION caller_id(int) RETURNS int LANGUAGE sql RETURN 1",
        ("function", "caller_id"),
    ),
    "trigger disabled": ("ALTER TABLE profiles DISABLE TRIGGER profiles_timezone", ("function", "check_timezone")),
    "trigger dropped": ("DROP TRIGGER profiles_timezone ON profiles", ("function", "check_timezone")),
    "trigger replaced": (
        "CREATE OR REPLACE TRIGGER profiles_timezone BEFORE DELETE ON profiles"
        " FOR EACH ROW EXECUTE FUNCTION check_timezone()",
        ("function", "check_timezone"),
    ),
    "policy changed": ("ALTER POLICY profiles_own ON profiles USING (true)", ("policy", "profiles")),
    "policy dropped": ("DROP POLICY profiles_own ON profiles", ("policy", "profiles")),
    "policy added": ("CREATE POLICY hole ON profiles USING (true)", ("policy", "profiles")),
    "row security off": ("ALTER TABLE profiles DISABLE ROW LEVEL SECURITY", ("policy", "profiles")),
    "row security forced": ("ALTER TABLE profiles FORCE ROW LEVEL SECURITY", ("policy", "profiles")),
    "table grant": ("GRANT SELECT ON profiles TO anon", ("policy", "profiles")),
    "table grant to all": ("GRANT UPDATE ON profiles TO PUBLIC", ("policy", "profiles")),
    "table grant to somebody": ("GRANT SELECT ON profiles TO pg_monitor WITH GRANT OPTION", ("policy", "profiles")),
    "sequence grant": ("GRANT USAGE ON SEQUENCE refusals_not_found TO anon", ("policy", "settings")),
    "sequence grant to somebody": ("GRANT UPDATE ON SEQUENCE refusals_not_found TO pg_monitor", ("policy", "settings")),
    "column grant": ("GRANT SELECT (email) ON profiles TO anon", ("policy", "profiles")),
    "constraint dropped": (
        "ALTER TABLE guest_spots DROP CONSTRAINT unique_session_guest_spot",
        ("constraint", "unique_session_guest_spot"),
    ),
    "index replaced": (
        "DROP INDEX unique_active_gusmester_booking;"
        "CREATE INDEX unique_active_gusmester_booking ON gusmester_bookings (employee_id)",
        ("constraint", "unique_active_gusmester_booking"),
    ),
    "schema locked": ("REVOKE USAGE ON SCHEMA bookingdb FROM anon", ("schema", "bookingdb")),
}


ONLY_MISSING = {
    "function revoked",
    "function dropped",
    "trigger dropped",
    "policy dropped",
    "constraint dropped",
    "schema locked",
}
"""Nothing was put there that making it again would take away."""


def off(result: StatusResult) -> list[Item]:
    return [item for item in result.items if item.state != "up to date"]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_seen_and_undone(dsn, db, edit: str) -> None:
    statement, (kind, name) = EDITS[edit]
    before = contents(dsn)
    db.execute(statement)
    assert contents(dsn) ^ before, "the edit changes nothing"

    (item,) = off(status(dsn))
    if edit not in ONLY_MISSING:
        edited = contents(dsn)
        with pytest.raises(DeployError, match=f"Edited by hand: {kind} {name}. Nothing was changed"):
            migrate(dsn)
        assert contents(dsn) ^ edited == set()
    result = migrate(dsn, force=edit not in ONLY_MISSING)

    assert bool(item.diff) == (kind != "schema" and item.state == "edited by hand")
    assert (item.kind, item.name) == (kind, name)
    assert item.state == ("missing" if edit in ("function dropped", "constraint dropped") else "edited by hand")
    assert [(change.action, change.kind, change.name) for change in result.changes] == (
        [] if kind == "schema" else [("restored", kind, name)]
    )
    assert contents(dsn) ^ before == set()
    assert off(status(dsn)) == []


def test_status_of_what_somebody_else_made(dsn, db, bookingdb) -> None:
    db.execute("CREATE FUNCTION helper() RETURNS int LANGUAGE sql RETURN 1")

    (item,) = off(status(dsn))
    shown = bookingdb("status", "--exit-code", "--dsn", dsn)

    assert (item.kind, item.name, item.state) == ("function", "helper", "unknown")
    assert shown.exit_code == 1
    assert "unknown" in shown.stdout
    assert not migrate(dsn).changed
    assert db.execute("SELECT helper()").fetchall() == [(1,)]


def test_functions_of_an_extension_are_nobodys_edit(superuser_dsn, dsn) -> None:
    with psycopg.connect(superuser_dsn, autocommit=True) as conn:
        conn.execute("ALTER EXTENSION btree_gist SET SCHEMA bookingdb")

    assert status(dsn).up_to_date


def test_status_writes_nothing_and_says_nothing_is_installed(empty_dsn, bookingdb) -> None:
    transaction = next_transaction(empty_dsn)

    shown = bookingdb("status", "--dsn", empty_dsn)
    checked = bookingdb("status", "--exit-code", "--dsn", empty_dsn)

    assert next_transaction(empty_dsn) == transaction
    assert shown.exit_code == 0
    assert "Nothing is installed" in shown.stdout
    assert checked.exit_code == 1


def test_status_writes_nothing(dsn) -> None:
    transaction = next_transaction(dsn)

    assert status(dsn).up_to_date
    assert next_transaction(dsn) == transaction


def test_the_service_may_ask_for_the_status_and_strangers_may_not(superuser_dsn, dsn, bookingdb) -> None:
    with psycopg.connect(superuser_dsn, autocommit=True) as conn:
        conn.execute("CREATE ROLE monitor LOGIN IN ROLE service_role")
        conn.execute("CREATE ROLE stranger LOGIN")
    try:
        assert status(make_conninfo(dsn, user="monitor")).up_to_date
        refused = bookingdb("status", "--dsn", make_conninfo(dsn, user="stranger"))
        assert refused.exit_code == 2
        assert "may not see what is installed" in refused.stderr
    finally:
        with psycopg.connect(superuser_dsn, autocommit=True) as conn:
            conn.execute("DROP ROLE monitor; DROP ROLE stranger")


def test_status_lists_what_is_to_be_done(empty_dsn, tree, bookingdb) -> None:
    tree.things()
    tree.function("outdated")
    tree.function("gone")
    migrate(empty_dsn, package=tree.package())
    tree.function("outdated", body="BEGIN RETURN 2; END")
    (tree.root / "sql/functions/core/gone.sql").unlink()
    tree.function("missing")
    tree.migration("0003.core-more", "CREATE TABLE more (id int);")

    found = {(item.kind, item.name, item.state) for item in off(status(empty_dsn, package=tree.package()))}

    assert found == {
        ("function", "outdated", "outdated"),
        ("function", "gone", "outdated"),
        ("function", "missing", "missing"),
        ("migration", "0003.core-more", "missing"),
    }


def test_status_of_a_newer_database(empty_dsn, tree) -> None:
    extra = tree.migration("0002.core-new", "CREATE TABLE news (id int);")
    migrate(empty_dsn, package=tree.package("2.0.0"))
    extra.unlink()

    result = status(empty_dsn, package=tree.package("1.0.0"))

    assert [(item.name, item.state) for item in off(result)] == [("0002.core-new", "unknown")]
