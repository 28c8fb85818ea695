"""Exports of one project, one after the other: some modules first, all of them later, in a schema of their own."""

from pathlib import Path

import psycopg
import pytest
from gusmester.club import Club
from support.supabase import Platform, Project
from therapy.clinic import Clinic

from bookingdb.deploy import status
from bookingdb.export import export_supabase

SEARCH_PATH = "-csearch_path=bookingdb,pg_temp"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A developer's folder."""
    (tmp_path / "supabase" / "migrations").mkdir(parents=True)
    return tmp_path


def push(project: Project, folder: Path, *modules: str) -> None:
    """Export these modules, or all, with their names in a schema `api`, and push what is new."""
    export_supabase(folder, modules=modules or None, expose="api")
    project.command_line(folder)("db", "push", "--yes")


def test_what_comes_later_is_pushed_later(platform: Platform, folder: Path) -> None:
    with platform.project() as project:
        push(project, folder, "gusmester")
        with psycopg.connect(project.dsn, autocommit=True, options=SEARCH_PATH) as connection:
            club = Club(connection)
            with project.clients("public,api") as clients:
                visitor = clients.somebody(schema="api")
                employee = club.employee(user_id=str(visitor.user_id))
                booked = visitor.rpc("book_gusmester_spot", p_session_id=club.released()).done()
                assert visitor.rpc("get_available_slots").status == 404
                assert clients.somebody().rpc("book_gusmester_spot").status == 404  # public shows nothing
            push(project, folder, "gusmester", "therapy")
            with project.clients("public,api") as clients:
                assert (
                    clients.anonymous(schema="api")
                    .rpc(
                        "get_available_slots",
                        p_practitioner_id=Clinic(connection).practitioner("09:00-10:00"),
                        p_from="2090-06-01",
                        p_to="2090-06-02",
                        p_duration_minutes=60,
                    )
                    .done()
                )
            assert [str(row[0]) for row in club.rows("SELECT id FROM gusmester_bookings")] == [booked["booking_id"]]
            assert club.points(employee) == 150
            assert club.broken_invariants() == []
        assert len(list((folder / "supabase" / "migrations").iterdir())) == 2
        assert "up to date" in project.command_line(folder)("db", "push", "--yes")
        assert status(project.dsn, schema="bookingdb").up_to_date


def test_a_name_that_is_taken_stops_everything(platform: Platform, folder: Path) -> None:
    with platform.project() as project, psycopg.connect(project.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE public.profiles (id uuid PRIMARY KEY)")
        export_supabase(folder, expose="public")
        pushed = project.command_line(folder).run("db", "push", "--yes")
        assert pushed.returncode != 0
        assert "public.profiles" in pushed.stderr
        assert connection.execute("SELECT to_regnamespace('bookingdb')::text").fetchall() == [(None,)]
        noted = "SELECT count(*) FROM supabase_migrations.schema_migrations"
        assert connection.execute(noted).fetchall() == [(0,)]
