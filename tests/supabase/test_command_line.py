"""Supabase's own command line pushes an export, knows it again, and finds nothing to object to."""

import json
from pathlib import Path

import psycopg
import pytest
from support.supabase import Platform, Project


def test_a_push_is_recorded_and_brings_nothing_twice(project: Project, exported: Path) -> None:
    command_line = project.command_line(exported)
    (file,) = (exported / "supabase" / "migrations").iterdir()
    number, name = file.stem.split("_", 1)
    with psycopg.connect(project.dsn) as connection:
        recorded = connection.execute("SELECT version, name FROM supabase_migrations.schema_migrations").fetchall()
    assert recorded == [(number, name)]
    assert number in command_line("migration", "list")
    assert "up to date" in command_line("db", "push", "--yes")


def test_what_was_pushed_belongs_to_the_developer(project: Project) -> None:
    with psycopg.connect(project.dsn) as connection:
        others = connection.execute("""
            SELECT oid::regclass FROM pg_class
            WHERE relnamespace = 'bookingdb'::regnamespace AND relowner <> 'postgres'::regrole
        """).fetchall()
        extensions = connection.execute(
            "SELECT extname FROM pg_extension WHERE extnamespace = 'extensions'::regnamespace"
        ).fetchall()
    assert others == []
    assert ("btree_gist",) in extensions


def test_the_advisors_have_nothing_to_say(project: Project, exported: Path) -> None:
    """But for information: a new database's indexes are not used yet, and composite keys are searched by one column.

    The other columns of such a key follow from the first one, which tests/checks/test_catalog.py makes sure of.
    """
    found = project.command_line(exported)("db", "advisors", "--level=info", "--fail-on=warn", "--output=json")
    assert {(finding["name"], finding["level"]) for finding in json.loads(found)} <= {
        ("unused_index", "INFO"),
        ("unindexed_foreign_keys", "INFO"),
    }


def test_the_advisors_would(platform: Platform, tmp_path: Path) -> None:
    """They look at this database at all."""
    with platform.project() as project:
        with psycopg.connect(project.dsn) as connection:
            connection.execute("CREATE TABLE public.open (id integer PRIMARY KEY); GRANT SELECT ON public.open TO anon")
        found = project.command_line(tmp_path).run("db", "advisors", "--level=info", "--fail-on=warn", "--output=json")
    assert found.returncode != 0
    assert "rls_disabled_in_public" in found.stdout


def test_lint_finds_no_mistake(project: Project, exported: Path) -> None:
    with psycopg.connect(project.admin_dsn) as connection:
        try:
            connection.execute("CREATE EXTENSION IF NOT EXISTS plpgsql_check SCHEMA extensions")
        except psycopg.errors.FeatureNotSupported:
            pytest.skip("this server has no plpgsql_check")
    project.command_line(exported)("db", "lint", "--schema=bookingdb,public", "--level=warning", "--fail-on=error")
