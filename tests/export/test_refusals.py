"""What stands in the way is said, all of it, before anything is changed."""

from pathlib import Path

import psycopg
import pytest
from export.runners import WAYS, apply

from bookingdb.deploy.locks import alone
from bookingdb.export import export_supabase


def objects(conn: psycopg.Connection) -> list[tuple[str]]:
    """Return everything there is outside PostgreSQL's own schemas, and who may use it."""
    return conn.execute("""
        SELECT format('%s %s %s', 'relation', c.oid::regclass, c.relacl) FROM pg_class c
        WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
        UNION ALL
        SELECT format('%s %s %s %s', p.oid::regprocedure, p.prosrc, p.proacl, obj_description(p.oid)) FROM pg_proc p
        WHERE p.pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
        UNION ALL
        SELECT format('schema %s %s', n.nspname, n.nspacl) FROM pg_namespace n WHERE n.nspname !~ '^pg_'
        ORDER BY 1
    """).fetchall()


TAKEN = {
    "function public.book_gusmester_spot": "CREATE FUNCTION public.book_gusmester_spot() RETURNS int RETURN 1",
    "function public.erase_person": "CREATE PROCEDURE public.erase_person(a int) LANGUAGE sql AS ''",
    "relation public.profiles": "CREATE TABLE public.profiles (id uuid)",
    "view public.settings": "CREATE VIEW public.settings AS SELECT 1 AS one",
    "type public.sessions": "CREATE TYPE public.sessions AS ENUM ('one')",
}


@pytest.mark.parametrize("way", WAYS)
def test_names_that_are_taken_in_the_exposed_schema(project: str, folder: Path, owner, way: str) -> None:
    for statement in TAKEN.values():
        owner.execute(statement)
    before = objects(owner)

    with pytest.raises(psycopg.errors.DuplicateObject, match="Nothing was changed, these names are taken") as refused:
        apply(project, export_supabase(folder, expose="public").file, way)

    names, _, what_to_do = refused.value.diag.message_primary.partition(": ")[2].partition(". ")
    assert names.split(", ") == sorted(TAKEN)
    assert "--expose" in what_to_do
    assert objects(owner) == before


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        ("CREATE TABLE bookingdb.credits (id int)", "relation bookingdb.credits"),
        ("CREATE TYPE bookingdb.credits AS ENUM ('a')", "type bookingdb.credits"),
        ("CREATE FUNCTION bookingdb._audit() RETURNS int LANGUAGE sql RETURN 1", "function bookingdb._audit"),
        (
            "CREATE TYPE bookingdb.book_gusmester_spot_result AS (a int)",
            "type bookingdb.book_gusmester_spot_result",
        ),
    ],
)
def test_names_that_are_taken_in_the_schema_itself(empty_dsn: str, folder: Path, owner, taken: str, name: str) -> None:
    owner.execute("CREATE SCHEMA bookingdb")
    owner.execute(taken)
    before = objects(owner)

    with pytest.raises(psycopg.errors.DuplicateObject) as refused:
        apply(empty_dsn, export_supabase(folder).file)

    assert name in refused.value.diag.message_primary
    assert objects(owner) == before


def test_what_others_have_in_the_exposed_schema_stays(project: str, folder: Path, owner) -> None:
    owner.execute("CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql RETURN 1; CREATE TABLE public.ours (id int)")

    def theirs() -> list[tuple[str]]:
        return [row for row in objects(owner) if "mine()" in row[0] or " ours " in row[0] or "public.ours " in row[0]]

    before = theirs()
    apply(project, export_supabase(folder, expose="public").file)

    assert len(before) == 2
    assert theirs() == before


def test_one_of_our_names_that_somebody_took_since(tree, folder: Path, empty_dsn: str, owner) -> None:
    tree.function("f")
    apply(empty_dsn, export_supabase(folder, package=tree.package(), expose="api").file)
    owner.execute("CREATE OR REPLACE FUNCTION api.f() RETURNS int LANGUAGE sql AS 'SELECT 99'")
    tree.function("f", after="COMMENT ON FUNCTION f IS 'Anew.';")

    with pytest.raises(psycopg.errors.DuplicateObject, match=r"function api\.f"):
        apply(empty_dsn, export_supabase(folder, package=tree.package()).file)

    assert owner.execute("SELECT api.f()").fetchall() == [(99,)]


def test_a_schema_in_which_everybody_creates(empty_dsn: str, folder: Path, owner) -> None:
    owner.execute("CREATE SCHEMA bookingdb; GRANT CREATE ON SCHEMA bookingdb TO PUBLIC")
    file = export_supabase(folder, modules=["core"]).file

    with pytest.raises(psycopg.errors.RaiseException, match="PUBLIC may create objects in schema bookingdb") as refused:
        apply(empty_dsn, file)

    owner.execute(refused.value.diag.message_primary.partition("Run first: ")[2].encode())
    apply(empty_dsn, file)


def test_a_deployer_at_work(empty_dsn: str, folder: Path) -> None:
    text = export_supabase(folder).file.read_bytes().replace(b"('lock_timeout', '5s')", b"('lock_timeout', '100ms')")
    with (
        psycopg.connect(empty_dsn, autocommit=True) as deployer,
        psycopg.connect(empty_dsn, autocommit=True) as conn,
        alone(deployer, "bookingdb", "5s", print),
        pytest.raises(psycopg.errors.LockNotAvailable),
    ):
        conn.execute(text)
