"""What the exposed schema shows: the same functions for the same people, and own rows."""

import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from deploy.tree import Tree
from export.runners import apply

from bookingdb.deploy import migrate
from bookingdb.deploy.roles import API_ROLES
from bookingdb.export import export_supabase
from bookingdb.modules import DEPENDENCIES

Act = Callable[..., psycopg.Connection]

_FUNCTIONS = """
    SELECT p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), p.provolatile,
           obj_description(p.oid, 'pg_proc'),
           ARRAY(SELECT has_function_privilege(r.role, p.oid, 'EXECUTE') FROM unnest(%(roles)s::text[]) AS r (role)),
           EXISTS (SELECT FROM aclexplode(p.proacl) a WHERE a.grantee = 0)
    FROM pg_proc p
    WHERE p.pronamespace = %(schema)s::regnamespace AND p.prorettype <> 'trigger'::regtype
      AND p.proname !~ '^(_|caller_)'
    ORDER BY p.proname
"""

_READABLE = """
    SELECT c.relname,
           ARRAY(SELECT a.attname::text FROM pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
           ARRAY(SELECT has_table_privilege(r.role, c.oid, 'SELECT') FROM unnest(%(roles)s::text[]) AS r (role)),
           obj_description(c.oid, 'pg_class'),
           ARRAY(SELECT col_description(c.oid, a.attnum) FROM pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)
    FROM pg_class c
    WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind = %(kind)s
      AND EXISTS (SELECT FROM unnest(%(roles)s::text[]) AS r (role) WHERE has_table_privilege(r.role, c.oid, 'SELECT'))
    ORDER BY c.relname
"""

_PRIVILEGES = """
    SELECT c.relname, p.privilege, r.role, a.attname
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped,
         unnest(%(roles)s::text[]) AS r (role),
         unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS p (privilege)
    WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind = %(kind)s
      AND has_column_privilege(r.role, c.oid, a.attnum, p.privilege)
    UNION ALL
    SELECT c.relname, p.privilege, r.role, NULL
    FROM pg_class c, unnest(%(roles)s::text[]) AS r (role),
         unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) AS p (privilege)
    WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind = %(kind)s
      AND has_table_privilege(r.role, c.oid, p.privilege)
    ORDER BY 1, 2, 3, 4
"""


@pytest.fixture
def exposed(project: str, folder: Path) -> str:
    """A project into whose ``public`` everything is exposed."""
    apply(project, export_supabase(folder, expose="public").file)
    return project


@pytest.fixture
def caller(exposed: str) -> Act:
    """Act as a role of the API in one transaction, as PostgREST does: with a search path of its own."""
    connection = psycopg.connect(exposed, options="-csearch_path=public,extensions")

    def act(role: str, sub: UUID | None = None) -> psycopg.Connection:
        connection.rollback()
        connection.execute(f"SET LOCAL ROLE {role}")
        claims = {"role": role} | ({"sub": str(sub)} if sub else {})
        connection.execute("SELECT set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
        return connection

    yield act
    connection.close()


def test_the_same_functions_for_the_same_people(exposed: str) -> None:
    with psycopg.connect(exposed) as conn:
        conn.execute("SET search_path TO ''")  # so that types of ours would say their schema
        shown, real = (
            conn.execute(_FUNCTIONS, {"schema": schema, "roles": list(API_ROLES)}).fetchall()
            for schema in ("public", "bookingdb")
        )

    assert shown == real
    assert len(shown) > 50
    assert not any(everybody for *_, everybody in shown)


def test_nothing_runs_with_its_owners_rights(exposed: str) -> None:
    with psycopg.connect(exposed) as conn:
        functions = conn.execute(
            "SELECT prosecdef, proconfig FROM pg_proc WHERE pronamespace = 'public'::regnamespace GROUP BY 1, 2"
        ).fetchall()
        views = conn.execute(
            "SELECT reloptions FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v' GROUP BY 1"
        ).fetchall()

    assert functions == [(False, ['search_path=""'])]
    assert views == [(["security_invoker=true"],)]


def test_a_view_for_every_table_somebody_reads(exposed: str) -> None:
    with psycopg.connect(exposed) as conn:
        shown, real = (
            conn.execute(_READABLE, {"schema": schema, "kind": kind, "roles": list(API_ROLES)}).fetchall()
            for schema, kind in (("public", "v"), ("bookingdb", "r"))
        )

    assert shown == real
    assert len(shown) > 20
    assert not any(anon for _, _, (anon, *_), *_ in shown)


def test_a_view_is_written_by_who_may_write_its_table(exposed: str) -> None:
    with psycopg.connect(exposed) as conn:
        shown, real = (
            conn.execute(_PRIVILEGES, {"schema": schema, "kind": kind, "roles": list(API_ROLES)}).fetchall()
            for schema, kind in (("public", "v"), ("bookingdb", "r"))
        )

    assert shown == real
    writers = {role for _, privilege, role, _ in shown if privilege != "SELECT"}
    deleted = {name for name, privilege, *_ in shown if privilege == "DELETE"}
    assert (writers, deleted) == ({"service_role"}, {"session_employees"})


def test_the_service_writes_master_data(caller: Act) -> None:
    conn = caller("service_role")
    (employee,) = conn.execute(
        "INSERT INTO employees (name, email) VALUES ('Ada', 'ada@example.com') RETURNING id"
    ).fetchone()
    conn.execute("UPDATE employees SET status = 'inactive' WHERE id = %s", [employee])

    assert conn.execute("SELECT status, points FROM employees WHERE id = %s", [employee]).fetchall() == [
        ("inactive", 300)
    ]
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="view employees"):
        conn.execute("UPDATE employees SET points = 1000")


def test_somebody_who_is_not_signed_in(caller: Act) -> None:
    with pytest.raises(psycopg.Error) as refused:
        caller("anon").execute("SELECT * FROM get_available_slots(%s, now(), now() + interval '1 day', 60)", [uuid4()])
    assert refused.value.diag.sqlstate == "PT404"
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="function ensure_profile"):
        caller("anon").execute("SELECT ensure_profile()")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="view profiles"):
        caller("anon").execute("SELECT * FROM profiles")


def test_own_rows_only(caller: Act, exposed: str) -> None:
    ada, ben = uuid4(), uuid4()
    for person in (ada, ben):
        conn = caller("authenticated", person)
        (result,) = conn.execute("SELECT ensure_profile(p_full_name => 'Somebody')").fetchone()
        conn.commit()
        assert result["user_id"] == str(person)

    for person in (ada, ben):
        assert caller("authenticated", person).execute("SELECT user_id FROM profiles").fetchall() == [(person,)]
    assert caller("service_role").execute("SELECT count(*) FROM profiles").fetchall() == [(2,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        caller("authenticated", ada).execute("UPDATE profiles SET full_name = 'Else'")


def test_a_refusal_comes_through_as_it_is(caller: Act) -> None:
    with pytest.raises(psycopg.Error) as refused:
        caller("authenticated", uuid4()).execute("SELECT book_gusmester_spot(%s)", [uuid4()])

    assert refused.value.diag.sqlstate == "PT403"
    assert json.loads(refused.value.diag.message_detail) == {"reason": "not_allowed"}


def test_defaults_and_replays(caller: Act) -> None:
    conn = caller("authenticated", uuid4())
    call = "SELECT ensure_profile(p_full_name => 'Ada', p_idempotency_key => 'once')"
    first, second = conn.execute(call).fetchone(), conn.execute(call).fetchone()

    assert first == second
    assert conn.execute("SELECT count(*) FROM my_sessions()").fetchall() == [(0,)]


def test_what_only_reads_may_be_read_only(caller: Act) -> None:
    conn = caller("authenticated", uuid4())
    conn.execute("SELECT ensure_profile()")
    conn.execute("SET TRANSACTION READ ONLY")

    assert conn.execute("SELECT * FROM my_sessions()").fetchall() == []


@pytest.mark.parametrize("module", DEPENDENCIES)
def test_one_module_alone(empty_dsn: str, folder: Path, module: str) -> None:
    exported = export_supabase(folder, modules=[module], expose="api")

    apply(empty_dsn, exported.file)

    with psycopg.connect(empty_dsn) as conn:
        shown, real = (
            conn.execute(_FUNCTIONS, {"schema": schema, "roles": list(API_ROLES)}).fetchall()
            for schema in ("api", "bookingdb")
        )
    assert shown == real


def test_columns_that_are_not_for_everybody(tree: Tree, folder: Path, empty_dsn: str, owner) -> None:
    tree.things()
    tree.function("f")
    tree.write(
        "policies",
        "things",
        """
        ALTER TABLE things ENABLE ROW LEVEL SECURITY;
        REVOKE ALL ON things FROM PUBLIC, anon, authenticated, service_role;
        GRANT SELECT ON things TO service_role;
        GRANT INSERT (owner, amount), UPDATE (amount), DELETE ON things TO service_role;
        GRANT SELECT (id, owner), UPDATE (amount) ON things TO authenticated;
        DROP POLICY IF EXISTS things_all ON things;
        CREATE POLICY things_all ON things USING (true);
        """,
    )
    apply(empty_dsn, export_supabase(folder, package=tree.package(), expose="api").file)
    owner.execute("INSERT INTO things VALUES (1, 'Ada', 5)")

    for role in ("authenticated", "service_role"):
        owner.execute(f"SET ROLE {role}")
        assert owner.execute("SELECT * FROM api.things").fetchall() == [(1, "Ada")]
    written = owner.execute(_PRIVILEGES, {"schema": "api", "kind": "v", "roles": list(API_ROLES)}).fetchall()
    assert [row for row in written if row[1] != "SELECT"] == [
        ("things", "DELETE", "service_role", None),
        ("things", "INSERT", "service_role", "owner"),
    ]


def test_written_in_any_way(tree: Tree, folder: Path, empty_dsn: str, owner) -> None:
    """Signatures are read from the files' text: strings, comments, casts and types with commas in them."""
    tree.write(
        "functions",
        "odd",
        """
        create function odd ( -- the first, it's one ()
            p_a numeric(10, 2),
            p_b text default 'x, (y''s', /* )( */ p_c text[] DEFAULT ARRAY['a', 'b'],
            p_d timestamp with time zone DEFAULT '2026-01-01'::timestamptz
        )
        RETURNS TABLE (
            one numeric(10, 2), -- , two
            "two" text, three text[]
        )
        language plpgsql stable set search_path from current
        as $body$ BEGIN RETURN QUERY SELECT p_a, p_b, p_c; END $body$;
        REVOKE ALL ON FUNCTION odd FROM PUBLIC, anon, authenticated, service_role;
        GRANT EXECUTE ON FUNCTION odd TO anon,
            service_role;
        COMMENT ON FUNCTION odd IS 'It''s; odd -- really';
        """,
    )
    tree.write(
        "functions",
        "many",
        "CREATE FUNCTION many() RETURNS SETOF int LANGUAGE sql RETURN 5;",
    )
    apply(empty_dsn, export_supabase(folder, package=tree.package(), expose="api").file)

    odd, many = (
        {row[0]: row for row in owner.execute(_FUNCTIONS, {"schema": schema, "roles": list(API_ROLES)}).fetchall()}
        for schema in ("api", "bookingdb")
    )
    assert odd["odd"] == many["odd"]
    assert owner.execute("SELECT * FROM api.odd(1)").fetchall() == [(1, "x, (y's", ["a", "b"])]
    assert owner.execute("SELECT * FROM api.many()").fetchall() == [(5,)]


def test_functions_that_nobody_is_granted_stay_closed(tree: Tree, folder: Path, project: str, owner) -> None:
    tree.write(
        "functions",
        "closed",
        "CREATE OR REPLACE FUNCTION closed() RETURNS int LANGUAGE sql RETURN 1;"
        "REVOKE ALL ON FUNCTION closed FROM PUBLIC, anon, authenticated, service_role;",
    )
    apply(project, export_supabase(folder, package=tree.package(), expose="public").file)

    for role in API_ROLES:
        assert owner.execute("SELECT has_function_privilege(%s, 'public.closed()', 'EXECUTE')", [role]).fetchone() == (
            False,
        )


def test_migrate_goes_on_where_an_export_began(tree: Tree, folder: Path, empty_dsn: str, owner) -> None:
    """Nothing exposed holds on to what it calls."""
    tree.function("f", "p_a int DEFAULT 1")
    apply(empty_dsn, export_supabase(folder, package=tree.package(), expose="api").file)
    tree.function("f", "p_a int DEFAULT 1, p_b int DEFAULT 2")

    assert [change.action for change in migrate(empty_dsn, package=tree.package()).changes] == ["changed"]
    assert owner.execute("SELECT api.f(3)").fetchall() == [(1,)]
