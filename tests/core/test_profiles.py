"""Contract section 2 and 4: people's own profiles, and the time zones in them."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from gusmester.calls import run
from gusmester.club import UNKNOWN
from gusmester.snapshot import nothing_written
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.race import race
from support.refusals import refused

from core.records import audited

KNOWN_ZONES = ["UTC", "Europe/Oslo", "America/Argentina/Buenos_Aires", "Asia/Kathmandu", "Etc/GMT+12"]
NO_ZONES = [
    "",
    " ",
    "Mars/Olympus",
    "Europe/Oslo ",
    "+01",
    "UTC+1",
    "CET-1CEST",
    "<+01>-1",
    "posix/Europe/Oslo",
    "posixrules",
    "localtime",
    "../etc/passwd",
    "x'; DROP TABLE profiles; --",
]


@pytest.fixture
def user(as_user: Callable[[str], psycopg.Connection]) -> psycopg.Connection:
    """An end user with an account and nothing else."""
    return as_user(UNKNOWN)


@pytest.fixture
def profile(db: psycopg.Connection) -> Callable[[], tuple[Any, ...] | None]:
    """Return the user's row."""

    def profile() -> tuple[Any, ...] | None:
        query = "SELECT full_name, email, timezone, is_active FROM profiles WHERE user_id = %s"
        return db.execute(query, [UNKNOWN]).fetchone()

    return profile


def claim(connection: psycopg.Connection, **claims: Any) -> None:
    """Change what the user's token says."""
    connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [json.dumps({"sub": UNKNOWN} | claims)])


class TestTimeZones:
    def test_are_iana_names(self, as_service):
        service = as_service()
        service.execute("INSERT INTO profiles (user_id) VALUES (%s)", [UNKNOWN])
        for zone in KNOWN_ZONES:
            service.execute("UPDATE profiles SET timezone = %s", [zone])

    def test_that_nobody_knows_are_refused_in_direct_sql(self, as_service):
        service = as_service()
        for zone in (*NO_ZONES, None):
            with refused("invalid_input", parameter="timezone"):
                service.execute("INSERT INTO profiles (user_id, timezone) VALUES (%s, %s)", [UNKNOWN, zone])
        service.execute("INSERT INTO profiles (user_id) VALUES (%s)", [UNKNOWN])
        for zone in (*NO_ZONES, None):
            with refused("invalid_input", parameter="timezone"):
                service.execute("UPDATE profiles SET timezone = %s", [zone])

    def test_that_nobody_knows_are_refused_by_the_function(self, user):
        for zone in NO_ZONES:
            with refused("invalid_input", parameter="p_timezone"):
                run(user, "ensure_profile", p_timezone=zone)


class TestEnsureProfile:
    def test_makes_ones_own_row(self, user, profile):
        made = run(user, "ensure_profile", p_full_name="Anna", p_timezone="Europe/Oslo")
        assert made == {"success": True, "user_id": UNKNOWN, "created": True}
        assert profile() == ("Anna", None, "Europe/Oslo", True)

    def test_needs_nothing_to_be_given(self, user, profile):
        run(user, "ensure_profile")
        assert profile() == (None, None, "UTC", True)

    def test_takes_the_address_that_the_sign_in_vouches_for(self, user, profile):
        claim(user, email="anna@home.example", user_metadata={"email": "boss@club.example", "full_name": "The Boss"})
        run(user, "ensure_profile")
        assert profile() == (None, "anna@home.example", "UTC", True)

    def test_changes_only_what_is_given(self, user, profile):
        claim(user, email="anna@home.example")
        run(user, "ensure_profile", p_full_name="Anna", p_timezone="Europe/Oslo")
        run(user, "ensure_profile", p_full_name=" Anna O'Hara ")
        assert profile() == ("Anna O'Hara", "anna@home.example", "Europe/Oslo", True)
        claim(user)
        run(user, "ensure_profile", p_full_name="  ", p_timezone="Asia/Tokyo")
        assert profile() == ("Anna O'Hara", "anna@home.example", "Asia/Tokyo", True)

    def test_follows_a_new_address(self, user, profile):
        claim(user, email="anna@home.example")
        run(user, "ensure_profile")
        claim(user, email="anna@work.example")
        assert run(user, "ensure_profile")["created"] is False
        assert profile() == (None, "anna@work.example", "UTC", True)

    @pytest.mark.parametrize(
        "email", [None, "", "anna", 42, True, {"a": "b@c"}, ["a@b"], "a b@c", "a@b\nc", "a@" + "x" * 319, "x" * 321]
    )
    def test_keeps_no_claim_that_is_no_address(self, email, user, profile):
        claim(user, email=email)
        run(user, "ensure_profile")
        assert profile() == (None, None, "UTC", True)

    def test_again_changes_nothing(self, user, db):
        arguments = {"p_full_name": "Anna", "p_timezone": "Europe/Oslo"}
        run(user, "ensure_profile", **arguments)
        with nothing_written(db):
            assert run(user, "ensure_profile", **arguments)["created"] is False

    def test_touches_nobody_else(self, user, db):
        db.execute("INSERT INTO profiles (user_id, full_name) VALUES (gen_random_uuid(), 'Otto')")
        run(user, "ensure_profile", p_full_name="Anna")
        assert db.execute("SELECT full_name FROM profiles ORDER BY 1").fetchall() == [("Anna",), ("Otto",)]

    def test_is_not_for_the_service(self, db, as_service):
        for service in (db, as_service()):
            with refused("not_allowed"):
                run(service, "ensure_profile")

    def test_is_not_for_anonymous_callers(self, as_anon):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_anon().execute("SELECT bookingdb.ensure_profile()")

    def test_does_not_bring_back_who_was_deactivated(self, user, db):
        run(user, "ensure_profile", p_full_name="Anna")
        db.execute("UPDATE profiles SET is_active = false")
        with nothing_written(db), refused("inactive", user_id=UNKNOWN):
            run(user, "ensure_profile", p_full_name="Anna again")

    def test_does_not_bring_back_who_was_erased(self, user, db):
        run(user, "ensure_profile", p_full_name="Anna")
        run(db, "erase_person", p_user_id=UNKNOWN)
        with nothing_written(db), refused("inactive", user_id=UNKNOWN):
            run(user, "ensure_profile", p_full_name="Anna again")

    def test_does_not_bring_back_who_was_erased_without_a_profile(self, club, as_employee):
        anna = club.employee()
        run(club.connection, "erase_person", p_user_id=anna.user_id)
        with refused("inactive", user_id=anna.user_id):
            run(as_employee(anna), "ensure_profile", p_full_name="Anna again")

    def test_ten_at_once_make_one_row(self, as_user, db):
        made = race(10, lambda _: as_user(UNKNOWN), lambda c, _: run(c, "ensure_profile", p_full_name="Anna"))
        assert sorted(answer["created"] for answer in made) == [False] * 9 + [True]
        assert db.execute("SELECT full_name FROM profiles").fetchall() == [("Anna",)]
        assert audited(db) == 1

    def test_two_at_once_both_have_their_way(self, as_user, connect, db, profile):
        first, second = as_user(UNKNOWN), as_user(UNKNOWN)
        first.execute("BEGIN")
        run(first, "ensure_profile", p_full_name="Anna")
        later = execute_in_thread(second, "SELECT ensure_profile(p_timezone => 'Europe/Oslo')")
        wait_until_blocked(db, second.info.backend_pid)
        first.execute("COMMIT")
        later.result(TIMEOUT)
        assert profile() == ("Anna", None, "Europe/Oslo", True)
