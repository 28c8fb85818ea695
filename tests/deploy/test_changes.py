"""A new version of the package: files added, changed, dropped, in whatever order they need each other."""

import psycopg
import pytest
from deploy.catalogs import contents

from bookingdb.deploy import DeployError, migrate, status


@pytest.fixture
def deploy(empty_dsn, tree, owner):
    """Deploy the tree and return what changed; an upgrade must end where a fresh installation ends."""

    def run():
        result = migrate(empty_dsn, package=tree.package())
        assert status(empty_dsn, package=tree.package()).up_to_date
        assert not migrate(empty_dsn, package=tree.package()).changed
        if not result.migrations:
            migrate(empty_dsn, schema="fresh", package=tree.package())
            assert contents(empty_dsn) ^ contents(empty_dsn, "fresh") == set()
            owner.execute("DROP SCHEMA fresh CASCADE")
        return [(change.action, change.name) for change in result.changes]

    return run


def signatures(conn: psycopg.Connection, name: str) -> list[str]:
    rows = conn.execute("SELECT oid::regprocedure::text FROM pg_proc WHERE proname = %s", [name])
    return [signature for (signature,) in rows]


def grantees(conn: psycopg.Connection, function: str) -> list[str]:
    rows = conn.execute(
        "SELECT grantee FROM information_schema.role_routine_grants"
        " WHERE routine_schema = 'bookingdb' AND routine_name = %s ORDER BY 1",
        [function],
    )
    return [grantee for (grantee,) in rows]


def test_an_added_parameter_leaves_one_function_with_its_grants(tree, deploy, owner) -> None:
    tree.function("f", "p_a int")
    deploy()
    tree.function("f", "p_a int, p_b text DEFAULT NULL")

    assert deploy() == [("changed", "f")]
    assert signatures(owner, "f") == ["f(integer,text)"]
    assert grantees(owner, "f") == ["authenticated", "bookingdb_owner"]


def test_an_added_parameter_where_the_file_names_no_grants(tree, deploy, owner) -> None:
    text = "CREATE OR REPLACE FUNCTION f({}) RETURNS int LANGUAGE sql RETURN 1;"
    tree.write("functions", "f", text.format("p_a int"))
    deploy()
    tree.write("functions", "f", text.format("p_a int, p_b int DEFAULT 0"))

    assert deploy() == [("changed", "f")]
    assert signatures(owner, "f") == ["f(integer,integer)"]


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": "p_a int", "returns": "text", "body": "BEGIN RETURN 'x'; END"},
        {"parameters": "p_renamed int DEFAULT 1"},
        {"parameters": "p_a int"},
        {"parameters": "p_a bigint DEFAULT 1"},
        {"parameters": ""},
    ],
    ids=["result", "name", "removed default", "type", "none"],
)
def test_a_changed_signature(tree, deploy, owner, change) -> None:
    tree.function("f", "p_a int DEFAULT 1")
    deploy()
    tree.function("f", **change)

    assert deploy() == [("changed", "f")]
    assert len(signatures(owner, "f")) == 1
    assert grantees(owner, "f") == ["authenticated", "bookingdb_owner"]


def test_a_result_type_changes_with_its_function(tree, deploy, owner) -> None:
    declare = "DROP TYPE IF EXISTS f_result; CREATE TYPE f_result AS ({});"
    tree.function("f", returns="f_result", body="BEGIN RETURN ROW(1); END", before=declare.format("a int"))
    tree.function("reader", body="DECLARE v f_result%ROWTYPE; BEGIN v := f(); RETURN v.a; END")
    deploy()
    body = "BEGIN RETURN ROW(1, 'x'::text); END"
    tree.function("f", returns="f_result", body=body, before=declare.format("a int, b text"))

    assert deploy() == [("changed", "f")]
    assert owner.execute("SELECT b, reader() FROM f()").fetchall() == [("x", 1)]


def test_a_trigger_function_changes_with_its_trigger(tree, deploy, owner) -> None:
    tree.things()
    change = "CREATE OR REPLACE TRIGGER t {} ON things FOR EACH ROW EXECUTE FUNCTION f();"
    body = "BEGIN NEW.amount := {}; RETURN NEW; END"
    tree.function("f", returns="trigger", body=body.format(1), after=change.format("BEFORE INSERT"))
    deploy()
    tree.function("f", returns="trigger", body=body.format(2), after=change.format("BEFORE INSERT OR UPDATE"))

    assert deploy() == [("changed", "f")]
    owner.execute("INSERT INTO things VALUES (1, 'a', 0)")
    assert owner.execute("UPDATE things SET amount = 5 RETURNING amount").fetchall() == [(2,)]


def test_a_trigger_that_is_not_declared_any_more_goes(tree, deploy, owner) -> None:
    tree.things()
    body = "BEGIN RETURN NEW; END"
    trigger = "CREATE OR REPLACE TRIGGER t BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION f();"
    tree.function("f", returns="trigger", body=body, after=trigger)
    deploy()
    tree.function("f", returns="trigger", body=body)

    assert deploy() == [("changed", "f")]
    assert owner.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 't'").fetchall() == [(0,)]


def test_a_trigger_moves_to_another_file(tree, deploy, owner) -> None:
    tree.things()
    trigger = "CREATE OR REPLACE TRIGGER t BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION {}();"
    old = tree.function("old", returns="trigger", body="BEGIN RETURN NEW; END", after=trigger.format("old"))
    deploy()
    old.unlink()
    tree.function("new", returns="trigger", body="BEGIN RETURN NEW; END", after=trigger.format("new"))

    assert sorted(deploy()) == [("created", "new"), ("dropped", "old")]
    assert signatures(owner, "old") == []


def test_what_no_file_declares_is_dropped(tree, deploy, owner) -> None:
    tree.things()
    declare = "DROP TYPE IF EXISTS f_result; CREATE TYPE f_result AS (a int);"
    tree.function("a", body="BEGIN RETURN 1; END")
    tree.function("f", returns="f_result", body="BEGIN RETURN ROW(1); END", before=declare)
    tree.atomic("uses_a", "a()")
    tree.policy("things", using="a() = 1")
    tree.constraint("c", "ALTER TABLE things ADD CONSTRAINT c CHECK (amount > 0);", "SELECT WHERE false;")
    tree.constraint("i", "CREATE UNIQUE INDEX i ON things (owner);", "SELECT WHERE false;")
    deploy()
    for path in tree.root.glob("sql/*/core/*.sql"):
        path.unlink()

    dropped = migrate(owner.info.dsn, package=tree.package())

    assert {(change.action, change.name) for change in dropped.changes} == {
        ("dropped", name) for name in ("a", "f", "uses_a", "things", "c", "i")
    }
    assert owner.execute("SELECT FROM pg_proc WHERE pronamespace = 'bookingdb'::regnamespace").fetchall() == []
    assert owner.execute("SELECT to_regtype('f_result'), to_regclass('i')").fetchall() == [(None, None)]
    assert owner.execute(
        "SELECT count(*) FROM pg_policies WHERE schemaname = 'bookingdb' AND policyname <> 'nobody'"
    ).fetchall() == [(0,)]
    table = owner.execute(
        "SELECT has_table_privilege('authenticated', 'things', 'SELECT'), relrowsecurity,"
        " (SELECT count(*) FROM pg_constraint WHERE conrelid = 'things'::regclass AND contype = 'c')"
        " FROM pg_class WHERE oid = 'things'::regclass"
    )
    assert table.fetchall() == [(False, True, 0)]


def test_what_somebody_built_on_a_function_is_never_dropped(tree, deploy, owner) -> None:
    path = tree.function("f")
    deploy()
    owner.execute("CREATE VIEW report AS SELECT f() AS a")
    path.unlink()
    before = contents(owner.info.dsn)

    with pytest.raises(DeployError, match="view report depends on function f"):
        migrate(owner.info.dsn, package=tree.package())

    assert contents(owner.info.dsn) ^ before == set()
    tree.function("f", "p_new int DEFAULT 1")
    with pytest.raises(DeployError, match="view report depends on function f"):
        migrate(owner.info.dsn, package=tree.package())
    assert contents(owner.info.dsn) ^ before == set()
    tree.function("f", body="BEGIN RETURN 2; END")
    assert [change.action for change in migrate(owner.info.dsn, package=tree.package()).changes] == ["changed"]


def test_files_come_in_the_order_they_need(tree, deploy, owner) -> None:
    tree.things()
    tree.atomic("a", "b() + 1")
    tree.atomic("b", "c() + 1")
    tree.function("c", body="DECLARE v z_result%ROWTYPE; BEGIN v := z(); RETURN v.n; END")
    declare = "DROP TYPE IF EXISTS z_result; CREATE TYPE z_result AS (n int);"
    tree.function("z", returns="z_result", body="BEGIN RETURN ROW(40); END", before=declare)
    tree.function("d", parameters="p z_result DEFAULT NULL", body="BEGIN RETURN a(); END")
    tree.policy("things", using="a() = 42")

    assert len(deploy()) == 6
    assert owner.execute("SELECT a(), d()").fetchall() == [(42, 42)]


def test_what_depends_on_a_replaced_function_makes_way_and_comes_back(tree, deploy, owner) -> None:
    tree.things()
    tree.function("base")
    tree.atomic("on_base", "base()")
    tree.atomic("on_top", "on_base()")
    tree.policy("things", using="on_top() = 1")
    deploy()
    tree.function("base", "p_new int DEFAULT 7", body="BEGIN RETURN p_new; END")

    assert deploy() == [("changed", "base")]
    assert owner.execute("SELECT on_top()").fetchall() == [(7,)]
    assert owner.execute(
        "SELECT count(*) FROM pg_policies WHERE schemaname = 'bookingdb' AND policyname <> 'nobody'"
    ).fetchall() == [(1,)]


def test_a_file_that_cannot_work_changes_nothing(tree, deploy, owner) -> None:
    tree.function("f")
    deploy()
    before = contents(owner.info.dsn)
    tree.function("f", body="BEGIN RETURN 2; END")
    tree.function("g", body="BEGIN RETRN 1; END")

    with pytest.raises(DeployError, match=r"functions/core/g\.sql was not deployed: syntax error") as refused:
        migrate(owner.info.dsn, package=tree.package())

    assert refused.value.exit_code == 1
    assert contents(owner.info.dsn) ^ before == set()


def test_a_file_that_needs_what_nobody_makes(tree, deploy, owner) -> None:
    tree.function("f")
    deploy()
    before = contents(owner.info.dsn)
    tree.atomic("g", "nobody_made_this()")

    with pytest.raises(DeployError, match=r"functions/core/g\.sql was not deployed: .*nobody_made_this"):
        migrate(owner.info.dsn, package=tree.package())

    assert contents(owner.info.dsn) ^ before == set()


def test_a_file_with_two_functions_of_one_name(tree, deploy, owner) -> None:
    tree.function("f")
    deploy()
    before = contents(owner.info.dsn)
    two = "CREATE OR REPLACE FUNCTION f({}) RETURNS int LANGUAGE sql RETURN 1;"
    tree.write("functions", "f", two.format("") + two.format("p int"))

    with pytest.raises(DeployError, match=r"functions/core/f\.sql makes 2 functions of one name"):
        migrate(owner.info.dsn, package=tree.package())

    assert contents(owner.info.dsn) ^ before == set()


def test_a_migration_that_fails_leaves_nothing(tree, deploy, owner) -> None:
    tree.function("f")
    deploy()
    before = contents(owner.info.dsn)
    tree.migration("0002.core-broken", "CREATE TABLE half (id int); SELECT 1/0;")

    with pytest.raises(DeployError, match=r"Migration 0002\.core-broken failed and was rolled back: division by zero"):
        migrate(owner.info.dsn, package=tree.package())

    assert contents(owner.info.dsn) ^ before == set()
    tree.migration("0002.core-broken", "CREATE TABLE half (id int); SELECT 'shown to nobody';")
    migrate(owner.info.dsn, package=tree.package())
    assert status(owner.info.dsn, package=tree.package()).up_to_date
