"""In ``public`` of a database like Supabase's, where API roles are given everything that is made there."""

from collections.abc import Callable

import psycopg
import pytest
from deploy.catalogs import contents

from bookingdb.deploy import migrate, status
from bookingdb.deploy.roles import API_ROLES


@pytest.fixture
def exposed(empty_dsn, superuser) -> Callable[[str], str]:
    """Give a schema the default privileges that Supabase gives ``public``; the owner is no superuser."""
    everybody = ", ".join(API_ROLES)
    for role in API_ROLES:
        superuser.execute(
            f"DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
            f"GRANT {role} TO bookingdb_owner"
        )

    def expose(schema: str) -> str:
        superuser.execute(f"CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION bookingdb_owner")
        superuser.execute(f"GRANT USAGE ON SCHEMA {schema} TO {everybody}")
        for kind in ("TABLES", "FUNCTIONS", "SEQUENCES"):
            superuser.execute(
                f"ALTER DEFAULT PRIVILEGES FOR ROLE bookingdb_owner IN SCHEMA {schema}"
                f" GRANT ALL ON {kind} TO {everybody}"
            )
        return empty_dsn

    return expose


def test_default_privileges_leave_no_trace(exposed) -> None:
    dsn = exposed("exposed")

    migrate(dsn, schema="exposed")
    migrate(dsn, schema="ordinary")

    assert contents(dsn, "exposed") ^ contents(dsn, "ordinary") == set()
    assert not migrate(dsn, schema="exposed").changed


def test_in_public(exposed, bookingdb) -> None:
    dsn = exposed("public")

    assert bookingdb("migrate", "--schema", "public", "--dsn", dsn).exit_code == 0
    assert bookingdb("status", "--schema", "public", "--exit-code", "--dsn", dsn).exit_code == 0
    assert not migrate(dsn, schema="public").changed
    with psycopg.connect(dsn) as conn:
        open_tables = conn.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            " AND (NOT relrowsecurity OR has_table_privilege('anon', oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))"
        )
        assert open_tables.fetchall() == []


def test_what_is_not_ours_in_public_is_left_alone(exposed) -> None:
    dsn = exposed("public")
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(
            "CREATE TABLE public.theirs (id int);"
            "CREATE FUNCTION public.theirs() RETURNS int LANGUAGE sql RETURN 1;"
            "CREATE VIEW public.their_view AS SELECT public.theirs()"
        )

    migrate(dsn, schema="public")

    assert status(dsn, schema="public").up_to_date
    with psycopg.connect(dsn) as conn:
        assert conn.execute("SELECT * FROM public.their_view").fetchall() == [(1,)]
        assert conn.execute("SELECT has_table_privilege('anon', 'public.theirs', 'INSERT')").fetchall() == [(True,)]
