"""scripts/lint_sql.py: each rule finds its offender in an otherwise faultless tree, and the project has none."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from lint_sql import PROJECT, sql_files
from sql_rules import functions, lint

BOOK = "sql/functions/core/book_item.sql"
LIST = "sql/functions/core/list_items.sql"
HELPER = "sql/functions/core/_item_count.sql"
WATCH = "sql/functions/gusmester/watch_visits.sql"
ITEMS = "sql/policies/core/items.sql"
CHECK = "sql/constraints/gusmester/visit_has_length.sql"
UNIQUE = "sql/constraints/gusmester/one_visit_per_item.sql"
FIRST = "migrations/0001.core-tables.sql"
SECOND = "migrations/0002.gusmester-tables.sql"
BACK = "migrations/0002.gusmester-tables.rollback.sql"

FAULTLESS = {
    FIRST: """\
-- Core: the items.
CREATE TABLE applied_migrations (migration_id text PRIMARY KEY);
CREATE TABLE items (id uuid PRIMARY KEY, owner_id uuid NOT NULL);
-- list_items() looks for one owner's.
CREATE INDEX items_of_owner ON items (owner_id);
ALTER TABLE applied_migrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE items ENABLE ROW LEVEL SECURITY;
INSERT INTO applied_migrations (migration_id) VALUES ('0001.core-tables');
""",
    "migrations/0001.core-tables.rollback.sql": "DROP TABLE items, applied_migrations;\n",
    SECOND: """\
-- Gusmester: the visits.
-- depends: 0001.core-tables
CREATE TABLE visits (
    id      uuid PRIMARY KEY,
    item_id uuid NOT NULL REFERENCES items (id) ON DELETE RESTRICT,
    length  interval
);
ALTER TABLE visits ENABLE ROW LEVEL SECURITY;
INSERT INTO applied_migrations (migration_id) VALUES ('0002.gusmester-tables');
""",
    BACK: """\
DROP TABLE visits;
DELETE FROM applied_migrations WHERE migration_id = '0002.gusmester-tables';
""",
    "sql/policies/core/applied_migrations.sql": """\
ALTER TABLE applied_migrations ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON applied_migrations FROM PUBLIC, anon, authenticated, service_role;
""",
    ITEMS: """\
ALTER TABLE items ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON items FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON items TO authenticated;
GRANT SELECT, INSERT, UPDATE (owner_id) ON items TO service_role;
DROP POLICY IF EXISTS items_own ON items;
CREATE POLICY items_own ON items FOR SELECT TO authenticated USING (owner_id = (SELECT caller_id()));
""",
    "sql/policies/gusmester/visits.sql": """\
ALTER TABLE visits ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON visits FROM PUBLIC, anon, authenticated, service_role;
""",
    BOOK: """\
-- Books an item. Errors: not_found.
DROP TYPE IF EXISTS book_item_result;
CREATE TYPE book_item_result AS (success boolean, item_id uuid);
CREATE OR REPLACE FUNCTION book_item(p_item_id uuid, p_at timestamptz DEFAULT NULL, p_idempotency_key text DEFAULT NULL)
RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
AS $$
DECLARE
    v_item   items%ROWTYPE;
    v_result book_item_result;
BEGIN
    SELECT * INTO v_item FROM items i WHERE i.id = p_item_id FOR NO KEY UPDATE;
    IF _item_count() > 5 THEN
        RETURN NULL;
    END IF;
    v_result.success := true;
    RETURN to_json(v_result);
END
$$;
REVOKE ALL ON FUNCTION book_item FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION book_item TO authenticated, service_role;
COMMENT ON FUNCTION book_item IS 'Books an item.';
""",
    LIST: """\
-- The items of an owner.
CREATE OR REPLACE FUNCTION list_items(p_owner_id uuid DEFAULT NULL) RETURNS TABLE (item_id uuid)
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY SELECT i.id FROM items i WHERE i.owner_id = p_owner_id;
END
$$;
REVOKE ALL ON FUNCTION list_items FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION list_items TO authenticated, service_role;
COMMENT ON FUNCTION list_items IS 'Items.';
""",
    HELPER: """\
-- How many items there are.
CREATE OR REPLACE FUNCTION _item_count() RETURNS bigint
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT count(*) FROM items
$$;
REVOKE ALL ON FUNCTION _item_count FROM PUBLIC, anon, authenticated, service_role;
""",
    WATCH: """\
-- A visit is counted.
CREATE OR REPLACE FUNCTION watch_visits() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM _item_count();
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION watch_visits FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION watch_visits IS 'Trigger.';
CREATE OR REPLACE TRIGGER visits_watched AFTER INSERT ON visits FOR EACH ROW EXECUTE FUNCTION watch_visits();
DROP TRIGGER IF EXISTS visits_at_the_end ON visits;
CREATE CONSTRAINT TRIGGER visits_at_the_end AFTER INSERT ON visits DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION watch_visits();
""",
    CHECK: """\
-- Stops visits without a length.
-- violations:
SELECT v.id FROM visits v WHERE v.length IS NULL;
-- repair:
-- Give them the usual hour.
-- add:
ALTER TABLE visits ADD CONSTRAINT visit_has_length CHECK (length IS NOT NULL) NOT VALID;
-- validate:
ALTER TABLE visits VALIDATE CONSTRAINT visit_has_length;
""",
    UNIQUE: """\
-- Stops a second visit.
-- violations:
SELECT v.item_id FROM visits v GROUP BY v.item_id HAVING count(*) > 1;
-- repair:
-- Delete all but one.
-- add:
CREATE UNIQUE INDEX one_visit_per_item ON visits (item_id);
""",
}


class Fault(NamedTuple):
    """An edit of a faultless file, and the sentence it is answered with."""

    path: str
    old: str
    new: str
    sentence: str


FAULTS = [
    # every file
    Fault(BOOK, "CREATE OR REPLACE", "CREATE OR ELSE", 'does not parse: syntax error at or near "ELSE"'),
    Fault(BOOK, "> 5 THEN", "> 5 THAN", 'the body does not parse: missing "THEN" at end of SQL expression'),
    Fault(BOOK, "FROM items i", "FORM items i", 'the body does not parse: syntax error at or near "FORM"'),
    Fault(LIST, "FROM items i", "FORM items i", 'the body does not parse: syntax error at or near "items"'),
    Fault(HELPER, "count(*)", "count(*", 'the body does not parse: syntax error at or near "FROM"'),
    Fault(LIST, "FROM items", "FROM club.items", "club.items names a schema; the search path finds what is ours"),
    Fault(
        BOOK,
        "_item_count() > 5",
        "club._item_count() > 5",
        "club._item_count names a schema; the search path finds what is ours",
    ),
    Fault(
        BOOK,
        "items%ROWTYPE",
        "club.items%ROWTYPE",
        "club.items%rowtype names a schema; the search path finds what is ours",
    ),
    Fault(
        ITEMS,
        "CREATE POLICY",
        "COMMENT ON POLICY items_own ON club.items IS 'One''s own.'; CREATE POLICY",
        "club.items.items_own names a schema; the search path finds what is ours",
    ),
    Fault(
        SECOND,
        "REFERENCES items",
        "REFERENCES club.items",
        "club.items names a schema; the search path finds what is ours",
    ),
    Fault(LIST, "RETURN QUERY SELECT", "RETURN QUERY select", "keyword select is written SELECT"),
    Fault(LIST, "BEGIN", "begin", "keyword begin is written BEGIN"),
    Fault(LIST, "LANGUAGE", "language", "keyword language is written LANGUAGE"),
    Fault(BOOK, "FOR NO KEY UPDATE", "FOR UPDATE", "rows are locked FOR NO KEY UPDATE or FOR KEY SHARE only"),
    Fault(BOOK, "FOR NO KEY UPDATE", "FOR SHARE", "rows are locked FOR NO KEY UPDATE or FOR KEY SHARE only"),
    Fault(BACK, "visits;", "visits CASCADE;", "drops with CASCADE, which takes along what others built on it"),
    Fault(SECOND, " ON DELETE RESTRICT", "", "a foreign key says ON DELETE"),
    Fault(
        SECOND,
        " ON DELETE RESTRICT",
        ", other_id uuid REFERENCES items ON DELETE CASCADE",
        "a foreign key says ON DELETE",
    ),
    # functions
    Fault(
        LIST,
        "FUNCTION list_items(",
        "FUNCTION items_list(",
        "holds exactly one function, named list_items like the file",
    ),
    Fault(
        HELPER,
        "REVOKE",
        "CREATE FUNCTION second() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE",
        "holds exactly one function, named _item_count like the file",
    ),
    Fault(
        BOOK,
        "COMMENT ON",
        "UPDATE items SET owner_id = NULL; COMMENT ON",
        "a function's file holds its type, function, grants, comment and triggers, nothing else",
    ),
    Fault(
        LIST, "-- The items of an owner.\n", "", "begins with a comment: what it does, its rules, errors and lock order"
    ),
    Fault(
        LIST, "CREATE OR REPLACE", "CREATE", "says CREATE OR REPLACE FUNCTION, for the file runs again when it changes"
    ),
    Fault(LIST, "SET search_path FROM CURRENT\n", "", "says SET search_path FROM CURRENT"),
    Fault(LIST, "search_path FROM CURRENT", "search_path TO club, pg_temp", "says SET search_path FROM CURRENT"),
    Fault(LIST, " STABLE", "", "states its volatility: VOLATILE, STABLE or IMMUTABLE"),
    Fault(HELPER, "_item_count()", "_item_count(VARIADIC p_ids uuid[])", "parameter p_ids is OUT, INOUT or VARIADIC"),
    Fault(
        HELPER,
        "_item_count() RETURNS",
        "_item_count(OUT p_n bigint) RETURNS",
        "parameter p_n is OUT, INOUT or VARIADIC",
    ),
    Fault(LIST, "(p_owner_id uuid", "(owner_id uuid", "parameter owner_id is named p_..."),
    Fault(HELPER, "_item_count()", "_item_count(uuid)", "parameter (unnamed) is named p_..."),
    Fault(
        HELPER,
        "_item_count()",
        "_item_count(p_at date DEFAULT NULL, p_limit integer)",
        "parameter p_limit is required, so it comes before optional ones",
    ),
    Fault(
        HELPER,
        "CREATE OR REPLACE FUNCTION _item_count() RETURNS bigint\n",
        "CREATE PROCEDURE _item_count()\n",
        "is a procedure; callers can only call functions",
    ),
    Fault(LIST, "STABLE", "VOLATILE", "is VOLATILE: a command returns json, a query is STABLE"),
    Fault(BOOK, "VOLATILE", "STABLE", "returns json, so it is a command and VOLATILE; a query returns a TABLE"),
    Fault(BOOK, " SECURITY DEFINER", "", "a command is SECURITY DEFINER"),
    Fault(BOOK, "SET timezone TO 'UTC'\n", "", "a command says SET timezone TO 'UTC'"),
    Fault(BOOK, "timezone TO 'UTC'", "timezone TO 'Europe/Oslo'", "a command says SET timezone TO 'UTC'"),
    Fault(
        BOOK,
        ", p_idempotency_key text DEFAULT NULL",
        "",
        "the last parameter of a command is p_idempotency_key text DEFAULT NULL",
    ),
    Fault(
        BOOK,
        "p_idempotency_key text DEFAULT NULL",
        "p_idempotency_key text DEFAULT ''",
        "the last parameter of a command is p_idempotency_key text DEFAULT NULL",
    ),
    Fault(
        BOOK,
        "timestamptz DEFAULT NULL",
        "timestamptz DEFAULT now()",
        "default of p_at reads the clock: it is NULL in a command",
    ),
    Fault(
        LIST,
        "REVOKE",
        "GRANT EXECUTE ON FUNCTION list_items TO authenticated; REVOKE",
        "the grant comes after the REVOKE",
    ),
    Fault(
        HELPER,
        "PUBLIC, anon, authenticated, service_role",
        "PUBLIC, anon, authenticated",
        "is followed by REVOKE ALL ON FUNCTION _item_count FROM PUBLIC, anon, authenticated, service_role",
    ),
    Fault(
        HELPER,
        "REVOKE ALL ON",
        "GRANT EXECUTE ON FUNCTION _item_count TO authenticated; REVOKE ALL ON",
        "a private function is granted to nobody",
    ),
    Fault(
        LIST,
        "TO authenticated",
        "TO PUBLIC, authenticated",
        "EXECUTE is granted to anon, authenticated or service_role by name",
    ),
    Fault(LIST, "TO authenticated", "TO web_user", "EXECUTE is granted to anon, authenticated or service_role by name"),
    Fault(
        LIST,
        "GRANT EXECUTE ON FUNCTION list_items",
        "GRANT EXECUTE ON FUNCTION list_items, book_item",
        "grants and revokes are ON FUNCTION list_items alone",
    ),
    Fault(
        LIST,
        "COMMENT ON FUNCTION list_items IS 'Items.';",
        "",
        "a public function has a COMMENT ON FUNCTION list_items",
    ),
    Fault(
        BOOK,
        "DROP TYPE IF EXISTS book_item_result;\n",
        "",
        "CREATE TYPE book_item_result comes after its DROP TYPE IF EXISTS",
    ),
    Fault(
        BOOK,
        "COMMENT ON FUNCTION",
        "DROP TYPE IF EXISTS late; CREATE TYPE late AS (a int); COMMENT ON FUNCTION",
        "a type stands before the function",
    ),
    Fault(
        WATCH,
        "FOR EACH ROW EXECUTE FUNCTION watch_visits();\nDROP",
        "FOR EACH ROW EXECUTE FUNCTION other();\nDROP",
        "a trigger here executes watch_visits",
    ),
    Fault(
        WATCH,
        "CREATE OR REPLACE TRIGGER",
        "CREATE TRIGGER",
        "trigger visits_watched is made again: CREATE OR REPLACE, or DROP TRIGGER IF EXISTS",
    ),
    Fault(
        WATCH,
        "DROP TRIGGER IF EXISTS visits_at_the_end ON visits;\n",
        "",
        "trigger visits_at_the_end is made again: CREATE OR REPLACE, or DROP TRIGGER IF EXISTS",
    ),
    Fault(
        BOOK,
        "RETURN NULL;",
        "EXECUTE 'SELECT 1';",
        "runs text with EXECUTE, without a reason in the allow-list",
    ),
    Fault(
        LIST,
        "RETURN QUERY SELECT i.id FROM items i WHERE i.owner_id = p_owner_id",
        "RETURN QUERY EXECUTE 'SELECT 1'",
        "runs text with EXECUTE, without a reason in the allow-list",
    ),
    Fault(
        BOOK,
        "RETURN NULL;",
        "FOR v_item IN EXECUTE 'SELECT 1' LOOP RETURN NULL; END LOOP;",
        "runs text with EXECUTE, without a reason in the allow-list",
    ),
    Fault(
        BOOK,
        "RETURN NULL;",
        "BEGIN RETURN NULL; EXCEPTION WHEN unique_violation THEN RETURN NULL; END;",
        "has an EXCEPTION block, without a reason in the allow-list",
    ),
    Fault(BOOK, "RETURN NULL;", "RAISE EXCEPTION 'no';", "refuses with _fail(), the one raising helper"),
    Fault(
        BOOK,
        "RETURN NULL;",
        "GET STACKED DIAGNOSTICS v_item = CONSTRAINT_NAME;",
        "branches on a constraint's name; only the SQLSTATE is the same everywhere",
    ),
    Fault(LIST, "SELECT i.id", "SELECT *", "returns SELECT *; a result names its columns"),
    Fault(LIST, "SELECT i.id", "SELECT NULL UNION ALL SELECT i.*", "returns SELECT *; a result names its columns"),
    Fault(HELPER, "count(*)", "*", "returns SELECT *; a result names its columns"),
    # policies
    Fault(
        ITEMS,
        "ALTER TABLE items ENABLE ROW LEVEL SECURITY;",
        "ALTER TABLE items ENABLE ROW LEVEL SECURITY; ALTER TABLE items FORCE ROW LEVEL SECURITY;",
        "a policy file enables row-level security on items, revokes, grants and makes its policies",
    ),
    Fault(
        "sql/policies/gusmester/visits.sql",
        "REVOKE",
        "GRANT SELECT ON items TO authenticated; REVOKE",
        "a policy file enables row-level security on visits, revokes, grants and makes its policies",
    ),
    Fault(
        "sql/policies/core/applied_migrations.sql",
        "ALTER TABLE applied_migrations ENABLE ROW LEVEL SECURITY;",
        "",
        "begins with ENABLE ROW LEVEL SECURITY and REVOKE ALL",
    ),
    Fault(
        "sql/policies/core/applied_migrations.sql",
        "REVOKE",
        "GRANT SELECT ON applied_migrations TO service_role; REVOKE",
        "begins with ENABLE ROW LEVEL SECURITY and REVOKE ALL",
    ),
    Fault(
        ITEMS,
        "FROM PUBLIC, anon, authenticated, service_role",
        "FROM PUBLIC, anon",
        "revokes ALL from PUBLIC, anon, authenticated and service_role",
    ),
    Fault(
        ITEMS,
        "GRANT SELECT ON items TO authenticated",
        "REVOKE ALL ON SEQUENCE items_id_seq FROM PUBLIC",
        "revokes ALL from PUBLIC, anon, authenticated and service_role",
    ),
    Fault(
        ITEMS,
        "SELECT ON items TO authenticated",
        "SELECT, UPDATE ON items TO authenticated",
        "authenticated is granted UPDATE: tables are no public interface",
    ),
    Fault(
        ITEMS,
        "TO authenticated;",
        "TO anon;",
        "anon is granted SELECT: tables are no public interface",
    ),
    Fault(
        ITEMS,
        "SELECT, INSERT, UPDATE (owner_id)",
        "ALL",
        "service_role is granted ALL: tables are no public interface",
    ),
    Fault(
        ITEMS,
        "DROP POLICY IF EXISTS items_own ON items;\n",
        "",
        "policy items_own is made again: DROP POLICY IF EXISTS comes before",
    ),
    Fault(ITEMS, " TO authenticated USING", " USING", "policy items_own says TO authenticated or TO service_role"),
    Fault(
        ITEMS,
        "(SELECT caller_id())",
        "(SELECT p.id FROM people p)",
        "policy items_own reads a table, which may recurse or be slow",
    ),
    Fault(
        ITEMS,
        "(SELECT caller_id())",
        "caller_id()",
        "policy items_own says (SELECT caller_id()), run once and not per row",
    ),
    Fault(
        ITEMS,
        "(SELECT caller_id())",
        "(SELECT lookup())",
        "policy items_own calls lookup; it may ask who is calling, no more",
    ),
    # constraints
    Fault(
        CHECK,
        "-- repair:\n",
        "",
        "has the sections violations, repair and add, in this order, then perhaps validate",
    ),
    Fault(
        CHECK, "-- Stops visits without a length.\n", "", "begins with a comment that says what the constraint stops"
    ),
    Fault(
        CHECK,
        "SELECT v.id FROM visits v WHERE v.length IS NULL;",
        "DELETE FROM visits;",
        "violations is one SELECT of the rows that break the constraint",
    ),
    Fault(CHECK, "-- Give them the usual hour.\n", "", "repair says how violating rows are repaired"),
    Fault(
        UNIQUE,
        "INDEX one_visit_per_item",
        "INDEX single_visit",
        "add is one statement that makes one_visit_per_item, named like the file",
    ),
    Fault(
        UNIQUE,
        "CREATE UNIQUE INDEX",
        "CREATE INDEX",
        "add is one statement that makes one_visit_per_item, named like the file",
    ),
    Fault(
        CHECK,
        " NOT VALID",
        "",
        "a CHECK or FOREIGN KEY is added NOT VALID, without a scan under the lock",
    ),
    Fault(
        CHECK,
        "VALIDATE CONSTRAINT visit_has_length",
        "VALIDATE CONSTRAINT another",
        "a validate section says VALIDATE CONSTRAINT visit_has_length",
    ),
    Fault(
        UNIQUE,
        "ON visits (item_id);\n",
        "ON visits (item_id);\n-- validate:\nALTER TABLE visits VALIDATE CONSTRAINT one_visit_per_item;\n",
        "only a CHECK or FOREIGN KEY is validated",
    ),
    # migrations
    Fault(FIRST, "-- Core: the items.\n", "", "begins with a comment that says what it is for"),
    Fault(SECOND, "-- depends: 0001.core-tables\n", "", "says which migrations it follows: -- depends: ..."),
    Fault(
        FIRST,
        "CREATE TABLE applied",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE applied",
        "belongs in sql/functions, whose files every migrate brings up to date",
    ),
    Fault(
        FIRST,
        "CREATE TABLE applied",
        "GRANT SELECT ON items TO anon; CREATE TABLE applied",
        "belongs in sql/policies, whose files every migrate brings up to date",
    ),
    Fault(
        SECOND,
        "ALTER TABLE visits ENABLE ROW LEVEL SECURITY;\n",
        "",
        "says ALTER TABLE visits ENABLE ROW LEVEL SECURITY",
    ),
    Fault(
        FIRST,
        "CREATE TABLE applied",
        "COMMIT; CREATE TABLE applied",
        "yoyo runs a migration in one transaction; BEGIN and COMMIT break it",
    ),
    Fault(
        FIRST,
        "CREATE TABLE applied",
        "SELECT 1; CREATE TABLE applied",
        "yoyo prints the rows of a SELECT; say DO or nothing",
    ),
    Fault(
        FIRST,
        "CREATE TABLE items",
        "CREATE TABLE IF NOT EXISTS items",
        "runs once: IF NOT EXISTS would hide somebody else's table",
    ),
    Fault(
        FIRST,
        "CREATE INDEX items",
        "CREATE INDEX IF NOT EXISTS items",
        "runs once: IF NOT EXISTS would hide somebody else's table",
    ),
    Fault(
        SECOND,
        "-- depends: 0001.core-tables\n",
        "-- depends: 0001.core-tables\nALTER TABLE items ADD COLUMN IF NOT EXISTS x int;\n",
        "runs once: IF NOT EXISTS would hide somebody else's table",
    ),
    Fault(BACK, "DROP TABLE", "DROP TABLE IF EXISTS", "runs once: IF NOT EXISTS would hide somebody else's table"),
    Fault(
        FIRST,
        "CREATE TABLE items",
        "CREATE EXTENSION pgcrypto; CREATE TABLE items",
        "runs once: IF NOT EXISTS would hide somebody else's table",
    ),
    Fault(SECOND, "length  interval", "length bigserial", "column length is serial; say GENERATED ALWAYS AS IDENTITY"),
    Fault(
        SECOND,
        "VALUES ('0002.gusmester-tables')",
        "VALUES ('0002.gusmester')",
        "ends with INSERT INTO applied_migrations (migration_id) VALUES ('0002.gusmester-tables'),"
        " which commits with the tables",
    ),
    Fault(
        BACK,
        "DELETE FROM applied_migrations WHERE migration_id = '0002.gusmester-tables';",
        "",
        "says DELETE FROM applied_migrations WHERE migration_id = '0002.gusmester-tables'",
    ),
    Fault(
        FIRST,
        "-- list_items() looks for one owner's.\n",
        "",
        "the comment above an index says which query needs it",
    ),
    Fault(FIRST, "INDEX items_of_owner ON", "INDEX ON", "an index is named for what it serves or keeps"),
    # what the deployer reads
    Fault(
        HELPER,
        "REVOKE",
        "/* /* */ ; CREATE TYPE ghost AS (a int) */ REVOKE",
        "declares function _item_count, but the deployer reads function _item_count, type ghost",
    ),
    Fault(
        SECOND,
        "INSERT INTO",
        "/* /* */ ; CREATE TYPE ghost AS (a int) */ INSERT INTO",
        "creates visits, but the deployer reads ghost, visits",
    ),
    # between files
    Fault(SECOND, "depends: 0001.core-tables", "depends: 0000.none", "depends on 0000.none, which does not exist"),
    Fault(
        FIRST,
        "-- Core: the items.\n",
        "-- Core: the items.\n-- depends: 0002.gusmester-tables\n",
        "depends on 0002.gusmester-tables, of a module it does not stand on",
    ),
    Fault(
        LIST,
        "FROM items i WHERE",
        "FROM items i, visits WHERE",
        "uses visits of module gusmester, on which core does not stand",
    ),
    Fault(HELPER, "count(*)", "watch_visits()", "uses watch_visits of module gusmester, on which core does not stand"),
    Fault(
        SECOND,
        "INSERT INTO",
        "CREATE TABLE stays (id uuid); ALTER TABLE stays ENABLE ROW LEVEL SECURITY;\nINSERT INTO",
        "table stays has its grants in sql/policies/gusmester/stays.sql",
    ),
]


def edited(path: str, text: str) -> dict[str, str]:
    """Return the faultless tree with one file of other content."""
    return {**FAULTLESS, path: text}


def test_the_faultless_tree_is_faultless() -> None:
    assert [str(finding) for finding in lint(FAULTLESS)] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.sentence[:60])
def test_each_rule_finds_its_offender(fault: Fault) -> None:
    text = FAULTLESS[fault.path]
    assert fault.old in text
    findings = lint(edited(fault.path, text.replace(fault.old, fault.new, 1)))
    assert {finding.sentence for finding in findings} == {fault.sentence}
    assert {finding.path for finding in findings} == {fault.path}


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("sql/loose.sql", "lies in migrations/ or in sql/functions, policies or constraints/<module>/"),
        ("sql/functions/bakery/f.sql", "lies in migrations/ or in sql/functions, policies or constraints/<module>/"),
        ("migrations/3.core.sql", "is named NNNN.<module>-<what>.sql or .rollback.sql"),
        ("migrations/0003.core-more.sql", "has a 0003.core-more.rollback.sql beside it"),
        ("migrations/0003.core-more.rollback.sql", "takes back a migration that does not exist"),
        ("migrations/0002.core-more.sql", "number 0002 is taken twice"),
        ("sql/functions/gusmester/list_items.sql", "function list_items is declared by two files"),
        ("sql/policies/core/nothing.sql", "there is no table nothing"),
    ],
)
def test_a_file_has_its_place_and_its_counterpart(path: str, sentence: str) -> None:
    assert f"{path}:1: {sentence}" in map(str, lint(edited(path, "-- Empty.\n")))


def test_a_finding_names_the_line_inside_a_body() -> None:
    text = FAULTLESS[BOOK].replace("RETURN NULL;", "EXECUTE 'SELECT 1';")
    (finding,) = lint(edited(BOOK, text))
    assert str(finding) == f"{BOOK}:16: runs text with EXECUTE, without a reason in the allow-list"


def test_an_allowance_lets_its_function_through_until_it_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(functions.DYNAMIC_EXECUTE, "book_item", "a test")
    text = FAULTLESS[BOOK].replace("RETURN NULL;", "EXECUTE 'SELECT 1';")
    assert lint(edited(BOOK, text)) == []
    assert [f.sentence for f in lint(FAULTLESS)] == ["needs its allowance no more: a test"]


def test_a_trigger_may_raise_for_it_stands_for_a_constraint() -> None:
    text = FAULTLESS[WATCH].replace("PERFORM _item_count()", "RAISE EXCEPTION USING ERRCODE = 'check_violation'")
    assert lint(edited(WATCH, text)) == []


def test_commands_with_their_own_identity_need_no_key() -> None:
    text = (
        FAULTLESS[BOOK]
        .replace("book_item", "process_stripe_event")
        .replace(", p_idempotency_key text DEFAULT NULL", "")
    )
    path = "sql/functions/core/process_stripe_event.sql"
    assert lint(edited(path, text)) == []


def test_btree_gist_may_be_there_already() -> None:
    made = "CREATE SCHEMA IF NOT EXISTS extensions;\nCREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA extensions;\n"
    assert lint(edited(FIRST, FAULTLESS[FIRST].replace("CREATE TABLE items", f"{made}CREATE TABLE items"))) == []


def test_the_project_keeps_its_conventions() -> None:
    assert "\n".join(map(str, lint(sql_files(PROJECT)))) == ""


def test_every_allowance_is_of_a_function_that_exists() -> None:
    declared = {Path(path).stem for path in sql_files(PROJECT)}
    assert {*functions.DYNAMIC_EXECUTE, *functions.EXCEPTION_BLOCK, functions.RAISING_HELPER} <= declared


def test_the_command_prints_findings_and_fails(tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "loose.sql").write_text("SELECT 1;")
    shutil.copytree(PROJECT / "scripts", tmp_path / "scripts")
    run = subprocess.run([sys.executable, tmp_path / "scripts" / "lint_sql.py"], capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stdout.startswith("sql/loose.sql:1: lies in migrations/")
