"""Installing, again and in part."""

import json

import psycopg
import pytest
from deploy.catalogs import contents, next_transaction
from psycopg.conninfo import make_conninfo

from bookingdb.deploy import migrate, status


def test_the_whole_package_on_an_empty_database(empty_dsn, bookingdb) -> None:
    result = bookingdb("migrate", "--dsn", empty_dsn)

    assert result.exit_code == 0
    assert "0001.core-tables" in result.stdout
    assert "created" in result.stdout
    assert bookingdb("status", "--exit-code", "--dsn", empty_dsn).exit_code == 0


def test_twice_writes_nothing_at_all(empty_dsn, bookingdb) -> None:
    migrate(empty_dsn)
    before, transaction = contents(empty_dsn), next_transaction(empty_dsn)

    result = bookingdb("migrate", "--dsn", empty_dsn)

    assert next_transaction(empty_dsn) == transaction
    assert contents(empty_dsn) ^ before == set()
    assert result.exit_code == 0
    assert "Nothing to do" in result.stdout
    assert result.stderr == ""


def test_a_dry_run_on_an_empty_database_writes_nothing(empty_dsn, bookingdb) -> None:
    transaction = next_transaction(empty_dsn)

    dry = json.loads(bookingdb("migrate", "--dry-run", "--json", "--dsn", empty_dsn).stdout)

    assert next_transaction(empty_dsn) == transaction
    assert dry["dry_run"]
    wet = json.loads(bookingdb("migrate", "--json", "--dsn", empty_dsn).stdout)
    assert wet == dry | {"dry_run": False}


def test_a_dry_run_says_what_a_run_then_does(empty_dsn, tree) -> None:
    tree.things()
    tree.function("gone")
    tree.function("kept")
    edited = tree.function("edited")
    migrate(empty_dsn, package=tree.package())
    (tree.root / "sql/functions/core/gone.sql").unlink()
    tree.function("added")
    edited.write_text(edited.read_text().replace("RETURN 1", "RETURN 2"))
    tree.policy("things")
    transaction = next_transaction(empty_dsn)

    dry = migrate(empty_dsn, package=tree.package(), dry_run=True)

    assert next_transaction(empty_dsn) == transaction
    assert {(change.action, change.name) for change in dry.changes} == {
        ("dropped", "gone"),
        ("created", "added"),
        ("changed", "edited"),
        ("created", "things"),
    }
    assert migrate(empty_dsn, package=tree.package()).changes == dry.changes


def test_a_module_brings_what_it_needs_and_nothing_else(empty_dsn, bookingdb) -> None:
    bookingdb("migrate", "--modules", "notifications", "--dsn", empty_dsn)

    assert set(status(empty_dsn).modules) == {"core", "notifications"}
    assert status(empty_dsn).up_to_date


def test_a_part_and_then_all_is_the_same_as_all(empty_dsn) -> None:
    migrate(empty_dsn, schema="in_parts", modules=["core"])
    migrate(empty_dsn, schema="in_parts")
    migrate(empty_dsn, schema="at_once")

    assert contents(empty_dsn, "in_parts") ^ contents(empty_dsn, "at_once") == set()


def test_installed_modules_stay_up_to_date_unasked(empty_dsn, tree) -> None:
    tree.function("note", module="notifications")
    tree.migration("0002.notifications-tables", "CREATE TABLE notes (id int);")
    migrate(empty_dsn, package=tree.package(), modules=["notifications"])
    tree.function("note", module="notifications", body="BEGIN RETURN 2; END")

    result = migrate(empty_dsn, package=tree.package(), modules=["core"])

    assert [change.name for change in result.changes] == ["note"]


@pytest.mark.parametrize("schema", ["My Club", 'quo"ted, 100% "', "it's; Ünïcode"])
def test_odd_but_legal_schema_names(empty_dsn, bookingdb, schema: str) -> None:
    assert bookingdb("migrate", "--schema", schema, "--dsn", empty_dsn).exit_code == 0
    assert bookingdb("status", "--schema", schema, "--exit-code", "--dsn", empty_dsn).exit_code == 0
    with psycopg.connect(empty_dsn) as conn:
        name = psycopg.sql.Identifier(schema)
        assert conn.execute(psycopg.sql.SQL("SELECT * FROM {}.verify_invariants()").format(name)).fetchall() == []


def test_two_schemas_of_one_database_are_two_tenants(empty_dsn) -> None:
    migrate(empty_dsn)
    migrate(empty_dsn, schema="other")
    with psycopg.connect(empty_dsn, autocommit=True) as conn:
        conn.execute("DROP SCHEMA other CASCADE")

    assert status(empty_dsn).up_to_date


def test_settings_of_the_role_do_not_get_in_the_way(empty_dsn, superuser, tree) -> None:
    tree.things()
    tree.function("f", parameters="p_for interval DEFAULT '1 day', p_at timestamptz DEFAULT '2020-02-01 00:00+00'")
    tree.constraint(
        "positive",
        violations="SELECT FROM pg_sleep(0.3) WHERE false;",
        add="ALTER TABLE things ADD CONSTRAINT positive CHECK (amount > 0);",
    )
    for setting in (
        "search_path = pg_temp, public",
        "statement_timeout = '200ms'",
        "lock_timeout = '1ms'",
        "check_function_bodies = off",
        "default_transaction_isolation = serializable",
        "row_security = off",
        "datestyle = 'SQL, DMY'",
        "intervalstyle = sql_standard",
        "quote_all_identifiers = on",
        "timezone = 'Asia/Tokyo'",
    ):
        superuser.execute(f"ALTER ROLE bookingdb_owner IN DATABASE empty SET {setting}")

    migrate(empty_dsn, package=tree.package())
    superuser.execute("ALTER ROLE bookingdb_owner IN DATABASE empty RESET ALL")

    assert status(empty_dsn, package=tree.package()).up_to_date


def test_a_superuser_installs(empty_dsn) -> None:
    superuser_dsn = make_conninfo(empty_dsn, user="postgres")

    migrate(superuser_dsn)

    assert status(superuser_dsn).up_to_date


def test_a_superuser_deploys_as_the_owner(empty_dsn, tree, owner) -> None:
    migrate(empty_dsn, package=tree.package(), modules=["core"])
    tree.things()
    tree.function("made_by_superuser")

    migrate(make_conninfo(empty_dsn, user="postgres"), package=tree.package())

    owners = owner.execute(
        "SELECT relowner::regrole::text FROM pg_class WHERE relname = 'things'"
        " UNION ALL SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'made_by_superuser'"
    ).fetchall()
    assert owners == [("bookingdb_owner",)] * 2
    assert owner.execute("SELECT DISTINCT applied_by FROM function_versions").fetchall() == [("postgres",)]


def test_the_history_tells_every_version(empty_dsn, tree, owner) -> None:
    tree.function("f")
    migrate(empty_dsn, package=tree.package("1.0.0"))
    tree.function("f", body="BEGIN RETURN 2; END")
    migrate(empty_dsn, package=tree.package("1.1.0"))
    owner.execute("ALTER FUNCTION f COST 7")
    migrate(empty_dsn, package=tree.package("1.1.0"), force=True)
    (tree.root / "sql/functions/core/f.sql").unlink()
    migrate(empty_dsn, package=tree.package("1.2.0"))
    tree.function("f")
    migrate(empty_dsn, package=tree.package("1.3.0"))

    rows = owner.execute("SELECT version, action, package_version, applied_by FROM function_versions ORDER BY id")
    assert rows.fetchall() == [
        (1, "created", "1.0.0", "bookingdb_owner"),
        (2, "changed", "1.1.0", "bookingdb_owner"),
        (3, "restored", "1.1.0", "bookingdb_owner"),
        (4, "dropped", "1.2.0", "bookingdb_owner"),
        (5, "created", "1.3.0", "bookingdb_owner"),
    ]


def test_the_version_of_the_package(bookingdb) -> None:
    assert bookingdb("--version").stdout.startswith("bookingdb, version ")
