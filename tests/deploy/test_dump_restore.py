"""A dump restored on another server is the same installation: nothing to deploy, everything works."""

import subprocess
from pathlib import Path

import psycopg
from support.whole_server import whole_server

from bookingdb.deploy import migrate, status
from bookingdb.server import find_binaries

ROLES = "CREATE ROLE anon; CREATE ROLE authenticated; CREATE ROLE service_role;"


def dump(url: str, file: Path) -> None:
    subprocess.run([find_binaries() / "pg_dump", "--format=custom", f"--file={file}", f"--dbname={url}"], check=True)


def restore(url: str, file: Path) -> None:
    subprocess.run([find_binaries() / "pg_restore", "--exit-on-error", f"--dbname={url}", file], check=True)


def test_a_restored_dump_is_up_to_date_and_keeps_its_bookings(tmp_path: Path) -> None:
    file = tmp_path / "club.dump"
    with whole_server() as before:
        migrate(before.url())
        with psycopg.connect(before.url(), options="-csearch_path=bookingdb") as club:
            club.execute("INSERT INTO employees (name, email) VALUES ('Host', 'host@club.example')")
            club.execute(
                "SELECT create_gus_session('Evening', now() + interval '2 days', 60, array_agg(id)) FROM employees"
            )
            club.execute("SELECT release_guest_spot(id) FROM sessions")
        dump(before.url(), file)

    with whole_server() as after:
        with psycopg.connect(after.url()) as connection:
            connection.execute(ROLES)
        restore(after.url(), file)

        assert status(after.url()).up_to_date
        assert not migrate(after.url()).changed
        with psycopg.connect(after.url(), options="-csearch_path=bookingdb") as club:
            assert club.execute("SELECT points FROM employees").fetchall() == [(450,)]
            assert club.execute("SELECT * FROM verify_invariants()").fetchall() == []
