"""Bad input: a sentence with what to do, an exit code, nothing changed."""

import socket

import psycopg
import pytest
from deploy.catalogs import contents, next_transaction
from psycopg.conninfo import make_conninfo

import bookingdb as package
from bookingdb import __version__
from bookingdb.deploy import DeployError, Package, migrate, status
from bookingdb.modules import DEPENDENCIES


@pytest.fixture
def refused(empty_dsn, bookingdb):
    """Run a command that must be refused: exit code, words of the sentence, and nothing written."""

    def run(*arguments: str, code: int, says: str, dsn: str = empty_dsn) -> str:
        transaction = next_transaction(empty_dsn)
        result = bookingdb(*arguments, "--dsn", dsn)
        assert (result.exit_code, result.stdout) == (code, "")
        assert says in result.stderr
        assert "Traceback" not in result.stderr
        assert next_transaction(empty_dsn) == transaction
        return result.stderr

    return run


@pytest.mark.parametrize("command", ["migrate", "status", "verify"])
@pytest.mark.parametrize(
    ("dsn", "says"),
    [
        ("", "The DSN is empty"),
        ("no connection string", "not a connection string"),
        ("postgres:secret@host/club", "not a connection string"),
        ("postgresql://owner:secret@127.0.0.1:1/club", "No connection to the database"),
        ("postgresql://owner@no-such-host.invalid/club", "No connection to the database"),
        ("postgresql://owner@127.0.0.1:99999/club", "No connection to the database"),
        ("host=127.0.0.1 connect_timeout=soon", "No connection to the database"),
        ("host=127.0.0.1 colour=red", "not a connection string"),
    ],
)
def test_a_wrong_dsn(bookingdb, command: str, dsn: str, says: str) -> None:
    result = bookingdb(command, "--dsn", dsn)

    assert result.exit_code == 2
    assert says in result.stderr
    assert "secret" not in result.stderr


@pytest.mark.parametrize("command", ["migrate", "status"])
def test_a_database_that_is_missing(refused, empty_dsn, command: str) -> None:
    dsn = make_conninfo(empty_dsn, dbname="nowhere")

    refused(command, dsn=dsn, code=2, says='database "nowhere" does not exist')


def test_a_user_that_is_missing(refused, empty_dsn) -> None:
    refused("migrate", dsn=make_conninfo(empty_dsn, user="nobody"), code=2, says='role "nobody" does not exist')


def test_something_else_listens_there(bookingdb) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        result = bookingdb("migrate", "--dsn", f"host=127.0.0.1 port={port} dbname=x connect_timeout=2")

    assert result.exit_code == 2
    assert "No connection to the database" in result.stderr


@pytest.mark.parametrize("modules", ["gusmaster", "core,nope", "", "core,"])
def test_an_unknown_module(refused, modules: str) -> None:
    says = refused("migrate", "--modules", modules, code=2, says="unknown module")

    assert f"the modules are {', '.join(DEPENDENCIES)}" in says


@pytest.mark.parametrize("command", [["migrate"], ["migrate", "--dry-run"], ["rollback", "--yes"]])
def test_transactions_that_are_read_only_by_default(dsn, db, bookingdb, command: list[str]) -> None:
    db.execute(f"ALTER DATABASE {db.info.dbname} SET default_transaction_read_only = on")

    refused = bookingdb(*command, "--dsn", dsn)

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "read-only unless they say otherwise" in refused.stderr
    assert "Reset default_transaction_read_only" in refused.stderr
    assert "primary" not in refused.stderr
    assert status(dsn).up_to_date


@pytest.mark.parametrize("command", ["migrate", "status"])
@pytest.mark.parametrize("schema", ["", "pg_catalog", "pg_mine", "information_schema", "$user", "x" * 64, "ü" * 32])
def test_a_name_no_schema_can_have(refused, command: str, schema: str) -> None:
    refused(command, "--schema", schema, code=2, says="cannot be the schema")


@pytest.mark.parametrize("timeout", ["soon", "5 parsecs", "-1", ""])
def test_a_lock_timeout_that_is_none(refused, timeout: str) -> None:
    refused("migrate", "--lock-timeout", timeout, code=2, says="is not a lock timeout")


def test_tables_of_somebody_else(refused, superuser, empty_dsn) -> None:
    superuser.execute("CREATE SCHEMA bookingdb AUTHORIZATION bookingdb_owner")
    superuser.execute("CREATE TABLE bookingdb.profiles (id int)")
    superuser.execute("CREATE TABLE bookingdb.employees (id int)")

    says = refused("migrate", code=1, says="relation employees, relation profiles")

    assert "another --schema" in says
    refused("migrate", "--dry-run", code=1, says="relation employees, relation profiles")


def test_a_table_of_somebody_else_that_is_named_like_our_records(refused, owner, empty_dsn) -> None:
    owner.execute("CREATE SCHEMA bookingdb")
    owner.execute("CREATE TABLE bookingdb.applied_migrations (name text)")

    refused("migrate", code=1, says="relation applied_migrations")


def test_functions_and_types_of_somebody_else(refused, owner) -> None:
    owner.execute("CREATE SCHEMA bookingdb")
    owner.execute("CREATE FUNCTION caller_id(int) RETURNS int LANGUAGE sql RETURN 1")
    owner.execute("CREATE TYPE ensure_profile_result AS (a int)")

    refused("migrate", code=1, says="function caller_id, type ensure_profile_result")


def test_a_trigger_of_somebody_else_that_a_new_version_would_replace(empty_dsn, tree, owner) -> None:
    tree.things()
    tree.function("f", returns="trigger", body="BEGIN RETURN NEW; END")
    migrate(empty_dsn, package=tree.package())
    owner.execute("CREATE TRIGGER t BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION f()")
    trigger = "CREATE OR REPLACE TRIGGER t BEFORE UPDATE ON things FOR EACH ROW EXECUTE FUNCTION f();"
    tree.function("f", returns="trigger", body="BEGIN RETURN NEW; END", after=trigger)

    with pytest.raises(DeployError, match="bookingdb did not make: trigger t on things"):
        migrate(empty_dsn, package=tree.package())


def test_a_database_that_a_newer_version_deployed(empty_dsn, tree) -> None:
    extra = tree.migration("0002.core-new", "CREATE TABLE news (id int);")
    tree.function("f")
    migrate(empty_dsn, package=tree.package("1.10.0"))
    before = contents(empty_dsn)

    with pytest.raises(DeployError, match=r"newer: bookingdb 1\.10\.0 deployed it, this is 1\.9\.0"):
        migrate(empty_dsn, package=tree.package("1.9.0"))
    extra.unlink()
    with pytest.raises(DeployError, match=r"newer: .* does not know its 0002\.core-new"):
        migrate(empty_dsn, package=tree.package("1.10.0"))

    assert contents(empty_dsn) ^ before == set()


def test_a_newer_database_ends_the_command_with_1(refused, empty_dsn, owner) -> None:
    migrate(empty_dsn)
    owner.execute("INSERT INTO applied_migrations (migration_id) VALUES ('9999.core-later')")

    says = refused("migrate", code=1, says="The database is newer")

    assert __version__ in says


def test_a_migration_edited_after_it_was_applied(empty_dsn, tree) -> None:
    tree.things()
    tree.function("f")
    migrate(empty_dsn, package=tree.package())
    before = contents(empty_dsn)
    tree.migration("0002.core-things", "CREATE TABLE things (id int PRIMARY KEY, owner text, amount bigint);")

    with pytest.raises(DeployError, match=r"Edited after they were applied: 0002\.core-things"):
        migrate(empty_dsn, package=tree.package())

    assert contents(empty_dsn) ^ before == set()
    states = {item.name: item.state for item in status(empty_dsn, package=tree.package()).items}
    assert states["0002.core-things"] == "outdated"


def test_a_table_that_is_gone(empty_dsn, owner, refused) -> None:
    migrate(empty_dsn)
    owner.execute("DROP TABLE notification_failures CASCADE")

    for dry in ([], ["--dry-run"]):
        says = refused("migrate", *dry, code=1, says="Tables are gone that were made once: notification_failures.")
        assert "migrations/0002.notifications-tables.sql" in says

    text = (Package.installed().migrations / "0002.notifications-tables.sql").read_text("utf-8")
    owner.execute(text[text.index("CREATE TABLE notification_failures") :].partition(";")[0].encode())
    owner.execute("ALTER TABLE notification_failures ENABLE ROW LEVEL SECURITY")
    migrate(empty_dsn)
    assert status(empty_dsn).up_to_date


def test_a_table_that_a_new_migration_makes_again(empty_dsn, tree, owner) -> None:
    tree.things()
    tree.policy("things")
    migrate(empty_dsn, package=tree.package())
    owner.execute("DROP TABLE things")
    tree.migration("0003.core-things-again", "CREATE TABLE things (id int PRIMARY KEY, owner text);")

    assert migrate(empty_dsn, package=tree.package()).migrations == ["0003.core-things-again"]


def test_a_migration_that_does_not_note_itself_down(empty_dsn, tree) -> None:
    (tree.root / "migrations" / "0002.core-silent.sql").write_text("-- depends: 0001.core-tables\nSELECT 1;\n")

    with pytest.raises(DeployError, match=r"Migrations without a row in applied_migrations: 0002\.core-silent"):
        migrate(empty_dsn, package=tree.package())


def test_the_disk_is_full(superuser, bookingdb, empty_dsn, tree) -> None:
    migrate(empty_dsn, modules=["core"])
    before = contents(empty_dsn)
    superuser.execute(
        "CREATE FUNCTION public.full() RETURNS event_trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$;"
        "CREATE EVENT TRIGGER full_disk ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION')"
        " EXECUTE FUNCTION public.full()"
    )

    result = bookingdb("migrate", "--dsn", empty_dsn)

    assert result.exit_code == 1
    assert "disk is full" in result.stderr
    functions = {line for line in before if line.startswith("functions: ")}
    assert {line for line in contents(empty_dsn) if line.startswith("functions: ")} == functions
    superuser.execute("DROP EVENT TRIGGER full_disk")
    assert bookingdb("migrate", "--dsn", empty_dsn).exit_code == 0
    assert bookingdb("status", "--exit-code", "--dsn", empty_dsn).exit_code == 0


def test_a_server_that_goes_away(bookingdb, empty_dsn, superuser) -> None:
    superuser.execute(
        "CREATE FUNCTION public.leave() RETURNS event_trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); END $$;"
        "CREATE EVENT TRIGGER leave ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION public.leave()"
    )

    result = bookingdb("migrate", "--dsn", empty_dsn)

    assert result.exit_code == 1
    assert "connection to the database is gone" in result.stderr
    superuser.execute("DROP EVENT TRIGGER leave")
    assert bookingdb("migrate", "--dsn", empty_dsn).exit_code == 0


def test_a_lock_that_somebody_holds(bookingdb, empty_dsn, owner, tree) -> None:
    migrate(empty_dsn)
    owner.execute("DROP POLICY profiles_own ON profiles")
    with psycopg.connect(empty_dsn) as reader:
        reader.execute("SELECT FROM bookingdb.profiles")

        result = bookingdb("migrate", "--lock-timeout", "200ms", "--dsn", empty_dsn)

    assert result.exit_code == 1
    assert "policies/core/profiles.sql was not deployed: somebody held a lock" in result.stderr
    assert not status(empty_dsn).up_to_date
    assert bookingdb("migrate", "--dsn", empty_dsn).exit_code == 0
    assert status(empty_dsn).up_to_date


@pytest.mark.parametrize(
    "somebodys",
    [
        "CREATE DOMAIN bookingdb.erase_person_result AS integer",
        "CREATE TYPE bookingdb.erase_person_result AS ENUM ('yes', 'no')",
        "CREATE AGGREGATE bookingdb.booking_stats (integer) (sfunc = int4pl, stype = integer)",
    ],
)
def test_somebodys_object_of_another_kind_is_not_replaced(empty_dsn, somebodys) -> None:
    with psycopg.connect(empty_dsn) as connection:
        connection.execute("CREATE SCHEMA bookingdb")
        connection.execute(somebodys)
    with pytest.raises(DeployError, match="that bookingdb did not make"):
        migrate(empty_dsn)
    with psycopg.connect(empty_dsn) as connection:
        made = "SELECT tablename FROM pg_tables WHERE schemaname = 'bookingdb'"
        assert connection.execute(made).fetchall() == []


@pytest.mark.parametrize(
    "dsn", ["postgresql://owner:p@ssSECRET@127.0.0.1:1/club", "postgresql://owner:sec%zzSECRET@127.0.0.1:1/club"]
)
def test_a_password_is_never_repeated(dsn) -> None:
    with pytest.raises(DeployError) as refused:
        migrate(dsn)
    with pytest.raises(ValueError, match="DSN") as also_refused:
        package.connect(dsn)
    assert "SECRET" not in f"{refused.value} {refused.value.hint} {also_refused.value}"
