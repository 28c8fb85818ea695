"""yoyo by hand, and what it leaves behind."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from deploy.catalogs import contents
from deploy.tree import Tree
from psycopg.conninfo import conninfo_to_dict
from yoyo.migrations import get_migration_hash

from bookingdb._resources import resource_dir
from bookingdb.deploy import DeployError, migrate, migrations, status


def yoyo(dsn: str, command: str, schema: str, *arguments: str, folder: Path | None = None) -> None:
    """Run yoyo itself on migrations, the package's own unless told otherwise, as docs/deploying.md says."""
    parts = conninfo_to_dict(dsn)
    query = urlencode({"host": parts["host"], "port": parts["port"], "schema": f"{schema},pg_temp"})
    url = f"postgresql+psycopg://{parts['user']}@/{parts['dbname']}?{query}"
    options = ["--batch", "--no-config-file", "--database", url, *arguments]
    run = [sys.executable, "-m", "yoyo", command, *options, str(folder or resource_dir("migrations"))]
    subprocess.run(run, check=True, capture_output=True, text=True, timeout=60)


def test_yoyo_makes_the_tables_and_migrate_the_rest(empty_dsn, owner) -> None:
    owner.execute("CREATE SCHEMA by_hand")
    yoyo(empty_dsn, "apply", "by_hand")
    shipped = {path.stem for path in resource_dir("migrations").glob("*.sql") if not path.stem.endswith(".rollback")}
    unmarked = owner.execute("SELECT migration_id FROM by_hand.applied_migrations WHERE checksum IS NULL").fetchall()
    assert {migration for (migration,) in unmarked} == shipped
    assert not status(empty_dsn, schema="by_hand").up_to_date

    result = migrate(empty_dsn, schema="by_hand")

    assert result.migrations == []
    assert status(empty_dsn, schema="by_hand").up_to_date
    migrate(empty_dsn, schema="by_bookingdb")
    assert contents(empty_dsn, "by_hand") ^ contents(empty_dsn, "by_bookingdb") == set()


def test_yoyo_finds_nothing_to_do_after_migrate(empty_dsn, owner) -> None:
    migrate(empty_dsn)
    before = contents(empty_dsn)

    yoyo(empty_dsn, "apply", "bookingdb")

    assert contents(empty_dsn) ^ before == set()


def test_tables_rolled_back_with_yoyo_come_back(empty_dsn, owner, tree) -> None:
    path = tree.migration("0002.core-things", "CREATE TABLE things (id int, owner text);")
    path.with_suffix(".rollback.sql").write_text(
        "DROP TABLE things;\nDELETE FROM applied_migrations WHERE migration_id = '0002.core-things';"
    )
    tree.function("f")
    tree.policy("things")
    migrate(empty_dsn, package=tree.package())
    before = contents(empty_dsn)
    yoyo(empty_dsn, "rollback", "bookingdb", "--revision", "0002.core-things", folder=path.parent)
    assert owner.execute("SELECT to_regclass('things')").fetchall() == [(None,)]

    result = migrate(empty_dsn, package=tree.package())

    assert result.migrations == ["0002.core-things"]
    assert [(change.action, change.name) for change in result.changes] == [("restored", "things")]
    assert contents(empty_dsn) ^ before == set()


@pytest.mark.parametrize("lost", ["yoyo's mark", "every mark of yoyo's", "yoyo's tables"])
def test_what_yoyo_forgot_is_marked_and_not_applied_again(empty_dsn, owner, lost: str) -> None:
    migrate(empty_dsn)
    before = contents(empty_dsn)
    match lost:
        case "yoyo's mark":
            owner.execute("DELETE FROM _yoyo_migration WHERE migration_id = '0002.notifications-tables'")
        case "every mark of yoyo's":
            owner.execute("DELETE FROM _yoyo_migration")
        case "yoyo's tables":
            owner.execute("DROP TABLE _yoyo_migration, _yoyo_log, _yoyo_version, yoyo_lock")

    result = migrate(empty_dsn)

    assert result.migrations == []
    assert contents(empty_dsn) ^ before == set()


def test_a_mark_without_its_migration_does_not_count(empty_dsn, owner, tree) -> None:
    tree.function("f")
    migrate(empty_dsn, package=tree.package())
    tree.things()
    mark = [get_migration_hash("0002.core-things"), "0002.core-things"]
    owner.execute("INSERT INTO _yoyo_migration VALUES (%s, %s, now())", mark)

    assert migrate(empty_dsn, package=tree.package()).migrations == ["0002.core-things"]
    assert owner.execute("SELECT FROM things").fetchall() == []


def test_a_lock_that_a_killed_deployer_left(empty_dsn, tree, owner) -> None:
    migrate(empty_dsn, package=tree.package())
    owner.execute("INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), -1)")
    tree.things()

    migrate(empty_dsn, package=tree.package())

    assert owner.execute("SELECT FROM yoyo_lock").fetchall() == []


def test_somebody_runs_yoyo_itself(empty_dsn, tree, owner, monkeypatch) -> None:
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", 0.3)
    migrate(empty_dsn, package=tree.package())
    owner.execute("INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 4711)")
    tree.things()

    with pytest.raises(DeployError, match=r"Somebody runs yoyo itself here \(process 4711\)"):
        migrate(empty_dsn, package=tree.package())

    assert owner.execute("SELECT to_regclass('things')").fetchall() == [(None,)]
    owner.execute("DELETE FROM yoyo_lock")
    migrate(empty_dsn, package=tree.package())
    assert owner.execute("SELECT FROM things").fetchall() == []


def test_another_application_that_uses_yoyo_in_the_same_schema(empty_dsn, tree, owner) -> None:
    tree.function("f")
    migrate(empty_dsn, package=tree.package())
    owner.execute("INSERT INTO _yoyo_migration VALUES ('theirs', '0001.theirs', now())")
    tree.things()

    assert migrate(empty_dsn, package=tree.package()).migrations == ["0002.core-things"]
    assert not migrate(empty_dsn, package=tree.package()).changed


@pytest.mark.parametrize("folder", ["with [brackets]", "with 'quotes' and %", "mit Ümlaut"])
def test_odd_paths(empty_dsn, tmp_path, folder: str) -> None:
    tree = Tree(tmp_path / folder)
    tree.things()

    assert len(migrate(empty_dsn, package=tree.package()).migrations) == 2


def test_a_user_without_a_name(empty_dsn, tree, monkeypatch) -> None:
    """A container's user id may have no name: yoyo would fail between a migration and its mark."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda uid: {}[uid])

    migrate(empty_dsn, package=tree.package())

    with psycopg.connect(empty_dsn) as conn:
        assert conn.execute("SELECT DISTINCT username FROM bookingdb._yoyo_log").fetchall() == [("bookingdb",)]
