"""Constraints: rows are looked at first, each is added in a transaction of its own and validated in another."""

import psycopg
import pytest
from deploy.catalogs import contents, next_transaction

from bookingdb import deploy
from bookingdb.deploy import ConstraintsViolated, migrate, status

ADD = "ALTER TABLE things ADD CONSTRAINT positive CHECK (amount > 0) NOT VALID;"
LOOK = "SELECT id, amount FROM things WHERE amount <= 0;"
VALIDATE = "ALTER TABLE things VALIDATE CONSTRAINT positive;"


@pytest.fixture
def things(empty_dsn, tree, owner) -> None:
    """A deployed table ``things``."""
    tree.things()
    tree.function("f")
    migrate(empty_dsn, package=tree.package())


def validated(conn: psycopg.Connection, name: str) -> bool:
    return conn.execute("SELECT convalidated FROM pg_constraint WHERE conname = %s", [name]).fetchall()[0][0]


@pytest.mark.usefixtures("things")
def test_violating_rows_are_listed_and_nothing_changes(empty_dsn, tree, owner) -> None:
    owner.execute("INSERT INTO things SELECT n, 'a', -n FROM generate_series(1, 12) n")
    tree.constraint("also", "CREATE UNIQUE INDEX also ON things (owner);", "SELECT owner FROM things WHERE id < 3")
    tree.constraint("fine", "ALTER TABLE things ADD CONSTRAINT fine CHECK (id > 0);", "SELECT WHERE false")
    tree.constraint("positive", ADD, LOOK, VALIDATE)
    tree.migration("0003.core-more", "CREATE TABLE more (id int);")
    tree.function("f", body="BEGIN RETURN 2; END")
    transaction = next_transaction(empty_dsn)

    with pytest.raises(ConstraintsViolated, match="14 rows violate also, positive") as refused:
        migrate(empty_dsn, package=tree.package())

    assert next_transaction(empty_dsn) == transaction
    assert refused.value.exit_code == 1
    also, positive = refused.value.violations
    assert (also.count, also.rows) == (2, [{"owner": "a"}] * 2)
    assert (positive.count, len(positive.rows)) == (12, 10)
    assert positive.rows[0] == {"id": 1, "amount": -1}
    assert "Ask the owner" in positive.repair


@pytest.mark.usefixtures("things")
def test_the_command_prints_the_rows_and_how_to_repair_them(empty_dsn, tree, owner, bookingdb, monkeypatch) -> None:
    owner.execute("INSERT INTO things VALUES (7, 'a', -3)")
    tree.constraint("positive", ADD, LOOK, VALIDATE)
    monkeypatch.setattr(deploy, "migrate", lambda dsn, **options: migrate(dsn, package=tree.package(), **options))

    refused = bookingdb("migrate", "--dsn", empty_dsn)

    assert refused.exit_code == 1
    assert "1 row violates positive" in refused.stderr
    assert "-3" in refused.stderr
    assert "Ask the owner" in refused.stderr
    dry = bookingdb("migrate", "--dry-run", "--dsn", empty_dsn)
    assert (dry.exit_code, dry.stderr) == (1, refused.stderr)
    owner.execute("DELETE FROM things")
    assert bookingdb("migrate", "--dsn", empty_dsn).exit_code == 0


def test_rows_that_only_the_migration_brings(empty_dsn, tree, owner) -> None:
    tree.migration("0002.core-things", "CREATE TABLE things (id int, amount int); INSERT INTO things VALUES (1, -1);")
    tree.constraint("positive", ADD, LOOK, VALIDATE)

    with pytest.raises(ConstraintsViolated, match="1 row violates positive"):
        migrate(empty_dsn, package=tree.package())

    assert owner.execute("SELECT id FROM things").fetchall() == [(1,)]
    owner.execute("UPDATE things SET amount = 1")
    migrate(empty_dsn, package=tree.package())
    assert status(empty_dsn, package=tree.package()).up_to_date


@pytest.mark.usefixtures("things")
def test_a_constraint_is_added_not_valid_and_validated_later(empty_dsn, tree, owner) -> None:
    tree.constraint("positive", ADD, LOOK, VALIDATE)

    migrate(empty_dsn, package=tree.package())

    assert validated(owner, "positive")
    with pytest.raises(psycopg.errors.CheckViolation):
        owner.execute("INSERT INTO things VALUES (1, 'a', 0)")


@pytest.mark.usefixtures("things")
def test_killed_before_validating_it_goes_on_there(empty_dsn, tree, owner) -> None:
    path = tree.constraint("positive", ADD, LOOK, "SELECT 1/0;")
    with pytest.raises(Exception, match="division by zero"):
        migrate(empty_dsn, package=tree.package())
    broken = path.read_text()
    assert not validated(owner, "positive")

    tree.constraint("positive", ADD, LOOK, VALIDATE)
    path.write_text(broken.replace("SELECT 1/0;", VALIDATE))
    owner.execute("UPDATE function_versions SET file_checksum = %s WHERE name = 'positive'", [checksum_of(tree)])
    (item,) = [item for item in status(empty_dsn, package=tree.package()).items if item.state != "up to date"]
    assert (item.state, item.detail) == ("outdated", "not validated yet")

    migrate(empty_dsn, package=tree.package())

    assert validated(owner, "positive")
    assert owner.execute("SELECT count(*) FROM function_versions WHERE name = 'positive'").fetchall() == [(1,)]


def checksum_of(tree) -> str:
    (file,) = (file for file in tree.package().objects(["core"]) if file.name == "positive")
    return file.checksum


@pytest.mark.usefixtures("things")
def test_one_edited_by_hand_is_made_anew(empty_dsn, tree, owner) -> None:
    tree.constraint("positive", ADD, LOOK, VALIDATE)
    migrate(empty_dsn, package=tree.package())
    before = contents(empty_dsn)
    owner.execute(f"ALTER TABLE things DROP CONSTRAINT positive; {ADD.replace('> 0', '> -5')}")

    result = migrate(empty_dsn, package=tree.package(), force=True)

    assert [(change.action, change.name) for change in result.changes] == [("restored", "positive")]
    assert contents(empty_dsn) ^ before == set()


@pytest.mark.usefixtures("things")
def test_one_that_lost_its_validation_gets_it_back(empty_dsn, tree, owner) -> None:
    tree.constraint("positive", ADD, LOOK, VALIDATE)
    migrate(empty_dsn, package=tree.package())
    owner.execute(f"ALTER TABLE things DROP CONSTRAINT positive; {ADD}")

    assert not status(empty_dsn, package=tree.package()).up_to_date
    migrate(empty_dsn, package=tree.package())

    assert validated(owner, "positive")


@pytest.mark.usefixtures("things")
def test_a_constraint_becomes_an_index_of_the_same_name(empty_dsn, tree, owner) -> None:
    look = "SELECT owner FROM things GROUP BY owner HAVING count(*) > 1"
    tree.constraint("one_each", "ALTER TABLE things ADD CONSTRAINT one_each UNIQUE (owner);", look)
    migrate(empty_dsn, package=tree.package())
    tree.constraint("one_each", "CREATE UNIQUE INDEX one_each ON things (owner) WHERE amount > 0;", look)

    result = migrate(empty_dsn, package=tree.package())

    assert [(change.action, change.name) for change in result.changes] == [("changed", "one_each")]
    assert status(empty_dsn, package=tree.package()).up_to_date
    assert owner.execute("SELECT count(*) FROM pg_constraint WHERE conname = 'one_each'").fetchall() == [(0,)]
