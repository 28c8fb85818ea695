"""The next release: what has changed since the last export, and nothing else, however it is to be brought about.

The deployer's own tests of changes run here as well, by exported files.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from deploy import test_changes as of_the_deployer
from deploy.catalogs import contents
from deploy.tree import Tree
from export.runners import apply

from bookingdb.deploy import DeployError, migrate, status
from bookingdb.export import Exported, export_supabase, project

test_an_added_parameter = of_the_deployer.test_an_added_parameter_leaves_one_function_with_its_grants
test_an_added_parameter_without_grants = of_the_deployer.test_an_added_parameter_where_the_file_names_no_grants
test_a_changed_signature = of_the_deployer.test_a_changed_signature
test_a_result_type_changes_with_its_function = of_the_deployer.test_a_result_type_changes_with_its_function
test_a_trigger_function_changes_with_its_trigger = of_the_deployer.test_a_trigger_function_changes_with_its_trigger
test_a_trigger_goes = of_the_deployer.test_a_trigger_that_is_not_declared_any_more_goes
test_a_trigger_moves = of_the_deployer.test_a_trigger_moves_to_another_file
test_files_come_in_the_order_they_need = of_the_deployer.test_files_come_in_the_order_they_need
test_what_makes_way_comes_back = of_the_deployer.test_what_depends_on_a_replaced_function_makes_way_and_comes_back


@pytest.fixture
def export(folder: Path, tree: Tree) -> Callable[..., Exported]:
    """Export the tree into the folder."""
    return lambda version="1.0.0", **options: export_supabase(folder, package=tree.package(version), **options)


@pytest.fixture
def deploy(export, empty_dsn: str, tree: Tree, owner: psycopg.Connection) -> Callable[[], list[tuple[str, str]]]:
    """Export the tree, apply that, and return what changed; an upgrade must end where a fresh installation ends."""

    def run() -> list[tuple[str, str]]:
        result = export()
        apply(empty_dsn, result.file)
        assert status(empty_dsn, package=tree.package()).up_to_date
        assert not migrate(empty_dsn, package=tree.package()).changed
        assert export().file is None
        migrate(empty_dsn, schema="fresh", package=tree.package())
        assert contents(empty_dsn) ^ contents(empty_dsn, "fresh") == set()
        owner.execute("DROP SCHEMA fresh CASCADE")
        return [(change.action, change.name) for change in result.changes]

    return run


def test_nothing_changed(export, folder: Path, tree: Tree) -> None:
    tree.function("f")
    first = export()
    before = [path.read_bytes() for path in folder.iterdir()]

    again = export()

    assert first.changed
    assert not again.changed
    assert (again.file, again.changes, again.migrations) == (None, [], [])
    assert [path.read_bytes() for path in folder.iterdir()] == before


def test_only_what_changed(deploy, export, tree: Tree, folder: Path) -> None:
    for name in ("f", "g"):
        tree.function(name)
    deploy()
    tree.function("f", body="BEGIN RETURN 2; END")
    tree.migration("0002.core-more", "CREATE TABLE more (id int);")

    assert deploy() == [("changed", "f")]
    newest = max(folder.iterdir()).read_text()
    assert "CREATE TABLE more" in newest
    assert "RETURN 2" in newest
    assert "FUNCTION g" not in newest
    assert "CREATE TABLE profiles" not in newest


def test_a_constraint_that_changes_and_one_that_goes(deploy, tree: Tree, owner: psycopg.Connection) -> None:
    tree.things()
    tree.function("f")
    add = "ALTER TABLE things ADD CONSTRAINT {} CHECK (amount > {}) NOT VALID;"
    look = "SELECT id FROM things WHERE amount <= {};"
    tree.constraint("c", add.format("c", 0), look.format(0), "ALTER TABLE things VALIDATE CONSTRAINT c;")
    gone = tree.constraint("i", "CREATE UNIQUE INDEX i ON things (owner);", "SELECT WHERE false;")
    deploy()
    tree.constraint("c", add.format("c", 5), look.format(5), "ALTER TABLE things VALIDATE CONSTRAINT c;")
    gone.unlink()

    assert deploy() == [("changed", "c"), ("dropped", "i")]
    with pytest.raises(psycopg.errors.CheckViolation):
        owner.execute("INSERT INTO things VALUES (1, 'a', 5)")


def test_a_policy_that_changes_its_name(deploy, tree: Tree, owner: psycopg.Connection) -> None:
    tree.things()
    tree.function("f")
    path = tree.policy("things")
    deploy()
    path.write_text(path.read_text().replace("things_own", "things_mine"))

    assert deploy() == [("changed", "things")]
    policies = "SELECT policyname FROM pg_policies WHERE schemaname = 'bookingdb' AND policyname <> 'nobody'"
    assert owner.execute(policies).fetchall() == [("things_mine",)]


def test_a_policy_file_that_goes(deploy, export, tree: Tree, owner: psycopg.Connection, empty_dsn: str) -> None:
    tree.things()
    tree.function("f")
    gone = tree.policy("things")
    deploy()
    gone.unlink()

    apply(empty_dsn, export().file)

    assert status(empty_dsn, package=tree.package()).up_to_date
    assert (
        owner.execute("SELECT FROM pg_policies WHERE schemaname = 'bookingdb' AND policyname <> 'nobody'").fetchall()
        == []
    )
    assert owner.execute("SELECT has_table_privilege('authenticated', 'things', 'SELECT')").fetchall() == [(False,)]


def test_rows_that_violate_a_new_constraint(deploy, export, tree: Tree, owner, empty_dsn: str) -> None:
    tree.things()
    tree.function("f")
    deploy()
    owner.execute("INSERT INTO things VALUES (1, 'a', 0)")
    tree.constraint(
        "c", "ALTER TABLE things ADD CONSTRAINT c CHECK (amount > 0);", "SELECT 1 FROM things WHERE amount <= 0;"
    )
    tree.function("f")
    before = contents(empty_dsn)

    with pytest.raises(psycopg.errors.CheckViolation, match="1 rows violate c; nothing was changed") as refused:
        apply(empty_dsn, export().file)

    assert "Ask the owner" in refused.value.diag.message_hint
    assert contents(empty_dsn) ^ before == set()


def test_what_somebody_built_on_a_function_is_never_dropped(deploy, export, tree: Tree, owner, empty_dsn: str) -> None:
    tree.function("f")
    deploy()
    owner.execute("CREATE VIEW report AS SELECT f() AS a")
    tree.function("f", "p_new int DEFAULT 1")
    before = contents(empty_dsn)

    with pytest.raises(psycopg.errors.DependentObjectsStillExist, match=r"other objects depend on it"):
        apply(empty_dsn, export().file)

    assert contents(empty_dsn) ^ before == set()


def test_a_database_that_is_further_already(deploy, export, tree: Tree, empty_dsn: str) -> None:
    tree.function("f")
    deploy()
    tree.function("f", body="BEGIN RETURN 2; END")
    file = export().file
    tree.function("f", body="BEGIN RETURN 3; END")
    migrate(empty_dsn, package=tree.package())
    before = contents(empty_dsn)

    with pytest.raises(psycopg.errors.RaiseException, match="left it: function f"):
        apply(empty_dsn, file)

    assert contents(empty_dsn) ^ before == set()


def test_applied_twice(deploy, export, tree: Tree, empty_dsn: str, folder: Path) -> None:
    tree.function("f")
    deploy()
    tree.function("f", body="BEGIN RETURN 2; END")
    deploy()
    before = contents(empty_dsn)

    first, second = sorted(folder.iterdir())
    with pytest.raises(psycopg.errors.DuplicateSchema, match="installed in schema bookingdb already") as refused:
        apply(empty_dsn, first)
    with pytest.raises(psycopg.errors.RaiseException, match="function f") as refused_too:
        apply(empty_dsn, second)

    for error in (refused, refused_too):
        assert "supabase migration repair --status applied" in error.value.diag.message_primary
    assert contents(empty_dsn) ^ before == set()


def test_the_second_file_without_the_first(export, tree: Tree, empty_dsn: str) -> None:
    export()
    tree.function("f")

    with pytest.raises(psycopg.errors.RaiseException, match="not installed in schema bookingdb"):
        apply(empty_dsn, export().file)


def test_an_older_package(export, tree: Tree) -> None:
    export("1.10.0")
    tree.function("f")

    with pytest.raises(DeployError, match=r"an export of bookingdb 1\.10\.0; this is 1\.9\.0"):
        export("1.9.0")


def test_a_migration_that_was_edited_after_its_release(export, tree: Tree, folder: Path) -> None:
    tree.things()
    export()
    tree.migration("0002.core-things", "CREATE TABLE things (id bigint PRIMARY KEY);")

    with pytest.raises(DeployError, match=r"not the same in this bookingdb: 0002\.core-things"):
        export()
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("edit", ["\n-- more", "SELECT 1;\n"])
def test_an_exported_file_that_was_edited(export, folder: Path, edit: str) -> None:
    file = export().file
    file.write_text(file.read_text() + edit)

    with pytest.raises(DeployError, match="was edited after bookingdb export had written it"):
        export()


def test_line_endings_that_git_has_changed(export, folder: Path) -> None:
    file = export().file
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))

    assert export().file is None


def test_the_same_package_gives_the_same_text(tree: Tree, tmp_path: Path) -> None:
    tree.function("f")
    texts = set()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        texts.add(export_supabase(tmp_path / name, package=tree.package(), expose="api").file.read_text())

    assert len(texts) == 1


@pytest.mark.parametrize(
    ("newest", "name"),
    [
        ("20250101000000_old.sql", "20261231235958_title.sql"),
        ("20261231235958_same.sql", "20261231235959_title.sql"),
        ("20261231235959_later.sql", "20270101000000_title.sql"),
        ("20999999999999_no_time.sql", "21000000000000_title.sql"),
        ("99991231235959_last.sql", "99991231235960_title.sql"),
    ],
)
def test_the_number_comes_after_every_other(folder: Path, newest: str, name: str) -> None:
    (folder / newest).touch()
    (folder / "20200101000000_older.sql").touch()
    (folder / "30000101000000.txt").touch()

    assert project.next_name(folder, "title", datetime(2026, 12, 31, 23, 59, 58, tzinfo=UTC)) == name


def test_what_is_exposed_follows(deploy, export, tree: Tree, owner, empty_dsn: str, folder: Path) -> None:
    tree.things()
    tree.function("f", "p_a int DEFAULT 1")
    gone = tree.function("gone")
    tree.policy("things")
    apply(empty_dsn, export(expose="api").file)
    tree.function("f", "p_a int DEFAULT 1, p_b int DEFAULT 2", body="BEGIN RETURN p_a + p_b; END")
    gone.unlink()
    tree.function("new")
    tree.migration("0003.core-note", "ALTER TABLE things ADD COLUMN note text, DROP COLUMN amount;")

    second = export()
    apply(empty_dsn, second.file)

    assert second.expose == ["api"]
    assert sorted(second.exposed) == ["function api.f", "function api.gone", "function api.new", "view api.things"]
    assert owner.execute("SELECT api.f(), api.f(p_b => 5), api.new()").fetchall() == [(3, 6, 1)]
    columns = (
        "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'api.things'::regclass"
    )
    assert owner.execute(columns).fetchall() == [("id owner note",)]
    assert owner.execute("SELECT to_regproc('api.gone')").fetchall() == [(None,)]
    assert export().file is None


def test_exposing_later(deploy, export, tree: Tree, owner, empty_dsn: str) -> None:
    tree.function("f")
    deploy()

    second = export(expose="api")
    apply(empty_dsn, second.file)

    assert second.changes == []
    assert owner.execute("SELECT api.f()").fetchall() == [(1,)]
    assert re.search(r"CREATE TABLE", second.file.read_text()) is None


def test_a_table_that_may_be_written_now(export, tree: Tree, empty_dsn: str, owner: psycopg.Connection) -> None:
    """The grants of a view are a part of it: a folder from before they were granted gets them."""
    policy = """
        ALTER TABLE things ENABLE ROW LEVEL SECURITY;
        REVOKE ALL ON things FROM PUBLIC, anon, authenticated, service_role;
        GRANT SELECT{} ON things TO service_role;
        DROP POLICY IF EXISTS things_all ON things;
        CREATE POLICY things_all ON things USING (true);
    """
    tree.things()
    tree.write("policies", "things", policy.format(""))
    apply(empty_dsn, export(expose="api").file)
    tree.write("policies", "things", policy.format(", INSERT"))

    second = export()

    assert second.exposed == ["view api.things"]
    apply(empty_dsn, second.file)
    owner.execute("SET ROLE service_role")
    owner.execute("INSERT INTO api.things VALUES (1, 'Ada', 5)")
    tree.write("policies", "things", policy.format(""))
    owner.execute("RESET ROLE")
    apply(empty_dsn, export().file)
    owner.execute("SET ROLE service_role")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute("INSERT INTO api.things VALUES (2, 'Ada', 5)")
