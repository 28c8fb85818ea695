"""What the deployer reads in a file of SQL."""

import pytest

from bookingdb.deploy import DeployError, Package
from bookingdb.deploy.files import DatabaseObject, MigrationFile, declared_objects, sections


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("CREATE FUNCTION f() RETURNS int AS $$ SELECT 1 $$;", DatabaseObject("function", "f")),
        ("create or replace function F(p text default ';')", DatabaseObject("function", "f")),
        ('CREATE FUNCTION "Odd ""name"""() RETURNS int', DatabaseObject("function", 'Odd "name"')),
        ("CREATE TYPE f_result AS (a int, b text);", DatabaseObject("type", "f_result")),
        (
            "CREATE OR REPLACE TRIGGER t BEFORE INSERT OR UPDATE OF a, b ON things FOR EACH ROW EXECUTE FUNCTION f();",
            DatabaseObject("trigger", "t", "things"),
        ),
        (
            "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON things DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f();",
            DatabaseObject("trigger", "t", "things"),
        ),
        ("ALTER TABLE things ENABLE ROW LEVEL SECURITY;", DatabaseObject("table", "things")),
        ("CREATE POLICY own ON things FOR SELECT USING (true);", DatabaseObject("policy", "own", "things")),
        (
            "ALTER TABLE things ADD CONSTRAINT c CHECK (a > 0) NOT VALID;",
            DatabaseObject("constraint", "c", "things"),
        ),
        ("CREATE UNIQUE INDEX i ON things (a) WHERE b;", DatabaseObject("index", "i")),
    ],
)
def test_declares(statement: str, expected: DatabaseObject) -> None:
    assert declared_objects(statement) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "-- CREATE FUNCTION f();",
        "/* CREATE FUNCTION f(); */ SELECT 1;",
        "SELECT 'CREATE FUNCTION f()'; SELECT E'\\'; CREATE TYPE t;'; SELECT 'it''s; CREATE TYPE t';",
        "DO $do$ BEGIN CREATE TYPE t AS (a int); EXECUTE $$ x; CREATE TYPE u; $$; END $do$;",
        "DROP TRIGGER IF EXISTS t ON things; DROP POLICY IF EXISTS p ON things;",
        "GRANT SELECT ON things TO anon; COMMENT ON FUNCTION f IS 'x';",
    ],
)
def test_declares_nothing(text: str) -> None:
    assert declared_objects(text) == []


def test_an_sql_body_is_one_statement() -> None:
    text = "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END; CREATE TYPE t AS ();"

    assert declared_objects(text) == [DatabaseObject("function", "f"), DatabaseObject("type", "t")]


def test_a_constraint_declares_what_it_adds_and_nothing_of_its_repair() -> None:
    text = (
        "-- why\n-- violations:\nSELECT 1\n-- repair:\nCREATE INDEX helper ON t (a);\n"
        "-- add:\nALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);\n-- validate:\nALTER TABLE t VALIDATE CONSTRAINT c;\n"
    )

    assert declared_objects(text) == [DatabaseObject("constraint", "c", "t")]
    assert list(sections(text)) == ["violations", "repair", "add", "validate"]
    assert sections(text)["violations"] == "SELECT 1"


def test_what_a_migration_creates() -> None:
    text = """
        CREATE TABLE a (id int); CREATE UNIQUE INDEX a_id ON a (id); CREATE INDEX ON a (id);
        CREATE SEQUENCE "S"; CREATE TYPE kind AS ENUM ('x'); ALTER TABLE a ADD b int;
    """

    assert MigrationFile("0001.core-x", text).relations == {"a", "a_id", "S", "kind"}


def test_a_migration_names_its_module() -> None:
    assert MigrationFile("0012.gusmester-more-tables", "").module == "gusmester"


def test_line_endings_do_not_change_a_checksum(tree) -> None:
    path = tree.function("f")
    before = tree.package().objects(["core"])[0].checksum
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert tree.package().objects(["core"])[0].checksum == before


def test_a_file_that_declares_something_else_is_refused(tree) -> None:
    tree.write("functions", "f", "CREATE FUNCTION g() RETURNS int LANGUAGE sql RETURN 1;")

    with pytest.raises(DeployError, match=r"f\.sql declares nothing named f"):
        tree.package().objects(["core"])


def test_editors_leftovers_are_passed_over(tree) -> None:
    tree.function("f")
    (tree.root / "sql" / "functions" / "core" / ".f.sql.swp").write_text("x")
    (tree.root / "sql" / "functions" / "core" / ".#f.sql").write_text("x")

    assert [file.name for file in tree.package().objects(["core"])] == ["f"]


def test_every_file_of_the_package_declares_what_it_is_named_after() -> None:
    files = Package.installed().objects(["core", "notifications", "gusmester"])

    assert {file.kind for file in files} == {"function", "constraint", "policy"}
