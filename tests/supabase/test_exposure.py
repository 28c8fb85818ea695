"""What Supabase's Security Advisor looks for in exposed schemas, asked of the catalog.

The advisors of the command line lack a few of the lints of Supabase's dashboard, those of definer functions among them.
These are the same questions; each is asked of an offender first.
"""

from collections.abc import Iterator

import psycopg
import pytest
from support.supabase import Project

OFFENDER = """
    CREATE TABLE public.open_to_all (id integer, owner uuid);
    GRANT SELECT ON public.open_to_all TO anon;
    CREATE VIEW public.of_its_owner AS SELECT * FROM bookingdb.employees;
    GRANT SELECT ON public.of_its_owner TO authenticated;
    CREATE MATERIALIZED VIEW public.frozen AS SELECT 1 AS one;
    GRANT SELECT ON public.frozen TO anon;
    CREATE FUNCTION public.as_owner() RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
"""

QUESTIONS = {
    "a function that runs with its owner's rights and that the API can call": """
        SELECT p.oid::regprocedure::text FROM pg_proc p, unnest(ARRAY['anon', 'authenticated', 'service_role']) AS role
        WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
          AND has_function_privilege(role, p.oid, 'EXECUTE')
    """,
    "a function whose search_path is the caller's": """
        SELECT p.oid::regprocedure::text FROM pg_proc p
        WHERE p.pronamespace IN ('public'::regnamespace, 'bookingdb'::regnamespace)
          AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%')
    """,
    "a view that reads with its owner's rights": """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
          AND NOT coalesce('security_invoker=true' = ANY (c.reloptions), false)
    """,
    "a table without row-level security": """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relnamespace IN ('public'::regnamespace, 'bookingdb'::regnamespace) AND c.relkind IN ('r', 'p')
          AND NOT c.relrowsecurity
    """,
    "a materialized view or foreign table, which knows no policies": """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('m', 'f')
    """,
    "anything that somebody who is not signed in may read": """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relnamespace IN ('public'::regnamespace, 'bookingdb'::regnamespace)
          AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND has_any_column_privilege('anon', c.oid, 'SELECT')
    """,
}

PUBLIC = {"create_public_booking", "get_available_slots", "upcoming_classes"}
"""What callers who are not signed in may call."""


@pytest.fixture
def connection(project: Project) -> Iterator[psycopg.Connection]:
    with psycopg.connect(project.dsn) as connection:
        yield connection
        connection.rollback()


def names(connection: psycopg.Connection, question: str) -> set[str]:
    return {name for (name,) in connection.execute(question).fetchall()}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_there_is_none(connection: psycopg.Connection, question: str) -> None:
    assert names(connection, question) == set()
    connection.execute(OFFENDER)
    assert names(connection, question) != set()


def test_a_role_reaches_by_public_what_it_reaches_behind(connection: psycopg.Connection) -> None:
    """No more, no less: a function is granted where its namesake is."""
    rows = connection.execute("""
        SELECT shown.proname, role, has_function_privilege(role, shown.oid, 'EXECUTE'),
               has_function_privilege(role, hidden.oid, 'EXECUTE')
        FROM pg_proc shown JOIN pg_proc hidden USING (proname), unnest(%s::text[]) AS role
        WHERE shown.pronamespace = 'public'::regnamespace AND hidden.pronamespace = 'bookingdb'::regnamespace
    """, [["anon", "authenticated", "service_role"]]).fetchall()  # fmt: skip
    assert len(rows) > 150
    assert [row for row in rows if row[2] is not row[3]] == []
    assert {name for name, role, shown, _ in rows if role == "anon" and shown} == PUBLIC


def test_nothing_is_shown_that_is_private(connection: psycopg.Connection) -> None:
    shown = names(connection, "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    assert shown
    assert {name for name in shown if name.startswith(("_", "caller_"))} == set()


def test_a_role_may_do_with_a_view_what_it_may_do_with_its_table(connection: psycopg.Connection) -> None:
    rows = connection.execute("""
        SELECT shown.relname, role, a.attname, privilege, has_column_privilege(role, shown.oid, a.attname, privilege),
               has_column_privilege(role, hidden.oid, a.attname, privilege)
        FROM pg_class shown JOIN pg_class hidden USING (relname) JOIN pg_attribute a ON a.attrelid = shown.oid,
             unnest(%(roles)s::text[]) AS role, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS privilege
        WHERE shown.relnamespace = 'public'::regnamespace AND hidden.relnamespace = 'bookingdb'::regnamespace
          AND shown.relkind = 'v' AND a.attnum > 0
        UNION ALL
        SELECT shown.relname, role, NULL, privilege, has_table_privilege(role, shown.oid, privilege),
               has_table_privilege(role, hidden.oid, privilege)
        FROM pg_class shown JOIN pg_class hidden USING (relname),
             unnest(%(roles)s::text[]) AS role, unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) AS privilege
        WHERE shown.relnamespace = 'public'::regnamespace AND hidden.relnamespace = 'bookingdb'::regnamespace
          AND shown.relkind = 'v'
    """, {"roles": ["anon", "authenticated", "service_role"]}).fetchall()  # fmt: skip
    assert len(rows) > 1000
    assert [row for row in rows if row[4] is not row[5]] == []
    assert {role for _, role, _, privilege, shown, _ in rows if shown and privilege != "SELECT"} == {"service_role"}


def test_nobody_makes_anything_there(connection: psycopg.Connection) -> None:
    rows = connection.execute("""
        SELECT schema, role FROM unnest(ARRAY['bookingdb', 'public']) AS schema,
               unnest(ARRAY['anon', 'authenticated', 'service_role']) AS role
        WHERE has_schema_privilege(role, schema, 'CREATE')
    """).fetchall()
    assert rows == []
