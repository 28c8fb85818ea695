"""Scenario 38: one key, one effect, one answer - in sequence, at once, and whoever dies in between."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from gusmester.calls import Json, run, run_for_text
from gusmester.snapshot import nothing_written
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.race import race
from support.refusals import refused

from core.examples import COMMANDS, WITHOUT_KEY
from core.records import audited, refusals, value

BOOK = "SELECT book_gusmester_spot(%s, %s, %s)::text"


def age(db: psycopg.Connection, by: str) -> None:
    """Make every key older."""
    db.execute("UPDATE idempotency_keys SET created_at = created_at - %s::interval", [by])


class TestOneAfterTheOther:
    def test_the_same_call_answers_word_for_word_and_changes_nothing(self, db, examples, caller_of):
        for command in (command for command in COMMANDS if command not in WITHOUT_KEY):
            connection, arguments = caller_of(command), examples.calls[command] | {"p_idempotency_key": "k"}
            first = run_for_text(connection, command, **arguments)
            with nothing_written(db):
                assert run_for_text(connection, command, **arguments) == first, command

    def test_without_a_key_every_call_counts(self, club):
        anna = club.employee()
        club.adjust(anna, 10)
        club.adjust(anna, 10)
        assert club.points(anna) == 320

    def test_other_keys_are_other_calls(self, club):
        anna = club.employee()
        for key in ("k", "K", "k ", " k", "k\n", "'k'", "clé", "\N{KEY}"):
            club.adjust(anna, 10, p_idempotency_key=key)
        assert club.points(anna) == 380

    def test_a_default_left_out_is_the_same_as_given(self, club):
        guest = {"p_idempotency_key": "k"}
        session_id = club.session(club.employee())
        assert club.book_guest(session_id, **guest) == club.book_guest(session_id, p_guest_phone=None, **guest)

    def test_an_instant_is_the_same_in_every_time_zone_and_spelling(self, club, connect):
        at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
        arguments = {"p_name": "Morning", "p_duration_minutes": 60, "p_idempotency_key": "k"}
        first = run_for_text(club.connection, "create_gus_session", p_starts_at=at, **arguments)
        abroad = connect()
        abroad.execute("SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601'")
        for spelling in (at, f"{at:%d.%m.%Y %H:%M:%S} UTC", (at + timedelta(hours=2)).isoformat()[:19] + "+02"):
            assert run_for_text(abroad, "create_gus_session", p_starts_at=spelling, **arguments) == first

    def test_other_arguments_are_a_conflict_and_change_nothing(self, club, db):
        anna = club.employee()
        club.adjust(anna, 10, p_idempotency_key="k")
        with nothing_written(db), refused("idempotency_conflict"):
            club.adjust(anna, 11, p_idempotency_key="k")

    def test_the_answer_outlives_what_it_was_about(self, club, db):
        session_id, anna = club.released(), club.employee()
        booking = club.book(session_id, anna, p_idempotency_key="k")
        club.cancel_session(session_id)
        db.execute("UPDATE employees SET status = 'inactive'")
        with nothing_written(db):
            assert club.book(session_id, anna, p_idempotency_key="k") == booking

    def test_a_replay_is_no_refusal(self, club, db):
        session_id, anna = club.released(), club.employee()
        for _ in range(2):
            club.book(session_id, anna, p_idempotency_key="k")
        assert refusals(db, "already_booked") == 0

    def test_a_failed_call_leaves_the_key_free(self, club):
        session_id, anna = club.session(club.employee()), club.employee()
        with refused("spot_not_available"):
            club.book(session_id, anna, p_idempotency_key="k")
        club.release(session_id)
        assert club.book(session_id, anna, p_idempotency_key="k")["success"]

    def test_a_failed_call_leaves_the_key_free_for_other_arguments(self, club):
        anna = club.employee()
        with refused("insufficient_points"):
            club.adjust(anna, -301, p_idempotency_key="k")
        assert club.adjust(anna, -300, p_idempotency_key="k")["new_points"] == 0

    def test_within_one_transaction(self, club, connect):
        anna = club.employee()
        with connect(autocommit=False) as connection:
            arguments = {"p_employee_id": anna.id, "p_amount": 10, "p_reason": "Swept", "p_idempotency_key": "k"}
            first = run_for_text(connection, "adjust_employee_points", **arguments)
            assert run_for_text(connection, "adjust_employee_points", **arguments) == first
        assert club.points(anna) == 310

    def test_within_one_statement(self, club, db):
        anna = club.employee()
        twice = "SELECT adjust_employee_points(%s, 10, 'Swept', 'k')::text FROM generate_series(1, 2)"
        first, second = db.execute(twice, [anna.id]).fetchall()
        assert first == second
        assert club.points(anna) == 310


class TestWhoseKeyItIs:
    def test_two_users_and_the_service_do_not_meet(self, club, as_employee, db):
        anna, otto = club.employee(), club.employee()
        sessions = [club.session(host) for host in (anna, otto, club.employee())]
        answers = {
            run_for_text(connection, "release_guest_spot", p_session_id=session_id, p_idempotency_key="k")
            for session_id, connection in zip(sessions, (as_employee(anna), as_employee(otto), db), strict=True)
        }
        assert len(answers) == 3

    def test_a_user_is_not_told_anothers_answer(self, club, club_as):
        session_id, anna, otto = club.released(), club.employee(), club.employee()
        club_as(anna).book(session_id, p_idempotency_key="k")
        with refused("spot_not_available"):
            club_as(otto).book(session_id, p_idempotency_key="k")

    def test_a_user_is_the_same_in_upper_case(self, club, as_user):
        anna = club.employee()
        session_id = club.session(anna)
        arguments = {"p_session_id": session_id, "p_idempotency_key": "k"}
        first = run_for_text(as_user(anna.user_id), "release_guest_spot", **arguments)
        assert run_for_text(as_user(anna.user_id.upper()), "release_guest_spot", **arguments) == first

    def test_the_service_is_one_caller_however_it_connects(self, club, as_service):
        session_id = club.session(club.employee())
        assert run(as_service(), "release_guest_spot", p_session_id=session_id, p_idempotency_key="k") == club.release(
            session_id, p_idempotency_key="k"
        )

    def test_two_functions_do_not_meet(self, club):
        session_id = club.session(club.employee())
        assert club.release(session_id, p_idempotency_key="k").keys() != club.cancel_session(
            session_id, p_idempotency_key="k"
        )

    def test_nobody_claims_no_key(self, db, connect):
        connection = connect()
        connection.execute("SET ROLE authenticated")
        with refused("not_authenticated"):
            run(connection, "ensure_profile", p_idempotency_key="k" * 256)
        assert value(db, "SELECT count(*) FROM idempotency_keys") == 0


SIGN_GUESTBOOK = """
    CREATE TABLE guestbook (line text);
    CREATE FUNCTION sign_guestbook(p_line text, p_idempotency_key text DEFAULT NULL) RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bookingdb, pg_temp AS $$
    DECLARE
        v_arguments jsonb := jsonb_build_object('p_line', p_line);
        v_replay json := _begin_command('sign_guestbook', p_idempotency_key, v_arguments, p_public => true);
    BEGIN
        IF v_replay IS NOT NULL THEN
            RETURN v_replay;
        END IF;
        INSERT INTO guestbook VALUES (p_line);
        RETURN _finish_command('sign_guestbook', p_idempotency_key, v_arguments, json_build_object('line', p_line));
    END $$;
    GRANT USAGE ON SCHEMA bookingdb TO anon;
    GRANT EXECUTE ON FUNCTION sign_guestbook TO anon;
"""
"""A public command, made as all are."""


class TestAnonymousCallers:
    @pytest.fixture
    def sign(self, db: psycopg.Connection, as_anon: Callable[[], psycopg.Connection]) -> Callable[[str], Json]:
        """Sign the guestbook as somebody unknown, always under the same key."""
        db.execute(SIGN_GUESTBOOK)
        return lambda line: run(as_anon(), "sign_guestbook", p_line=line, p_idempotency_key="k")

    def test_with_the_same_key_and_arguments_are_one(self, sign, db):
        assert sign("Anna was here") == sign("Anna was here")
        assert value(db, "SELECT count(*) FROM guestbook") == 1

    def test_with_the_same_key_and_other_arguments_do_not_meet(self, sign, db):
        assert sign("Anna was here") != sign("Otto was here")
        assert value(db, "SELECT count(*) FROM guestbook") == 2


class TestExpiry:
    def test_a_key_lives_thirty_days(self, club, db):
        anna = club.employee()
        first = club.adjust(anna, 10, p_idempotency_key="k")
        age(db, "29 days 23:59")
        assert club.adjust(anna, 10, p_idempotency_key="k") == first
        age(db, "1 minute")
        assert club.adjust(anna, 10, p_idempotency_key="k")["new_points"] == 320

    def test_an_expired_key_is_free_for_other_arguments(self, club, db):
        anna = club.employee()
        club.adjust(anna, 10, p_idempotency_key="k")
        age(db, "31 days")
        assert club.adjust(anna, 5, p_idempotency_key="k")["new_points"] == 315

    def test_a_key_that_was_taken_over_lives_again(self, club, db):
        anna = club.employee()
        club.adjust(anna, 10, p_idempotency_key="k")
        age(db, "31 days")
        second = club.adjust(anna, 10, p_idempotency_key="k")
        age(db, "29 days")
        assert club.adjust(anna, 10, p_idempotency_key="k") == second

    def test_a_failed_call_does_not_take_it_over(self, club, db):
        anna = club.employee()
        club.adjust(anna, 10, p_idempotency_key="k")
        age(db, "31 days")
        with nothing_written(db), refused("insufficient_points"):
            club.adjust(anna, -1000, p_idempotency_key="k")

    def test_the_setting_says_how_long(self, club, db):
        db.execute("UPDATE settings SET idempotency_key_ttl = '2 hours'")
        anna = club.employee()
        first = club.adjust(anna, 10, p_idempotency_key="k")
        age(db, "1:59")
        assert club.adjust(anna, 10, p_idempotency_key="k") == first
        age(db, "0:01")
        assert club.adjust(anna, 10, p_idempotency_key="k")["new_points"] == 320


class TestAtOnce:
    def test_ten_calls_are_one(self, club, db, connect):
        session_id, anna = club.released(), club.employee()
        before = audited(db)
        answers = race(10, lambda _: connect(), lambda c, _: value(c, BOOK, [session_id, anna.id, "k"]))
        assert len(set(answers)) == 1
        assert audited(db) == before + 1
        assert club.points(anna) == 150

    def test_of_ten_with_other_arguments_one_wins(self, club, connect):
        anna = club.employee()
        adjust = "SELECT adjust_employee_points(%s, %s, 'Swept', 'k')::text"
        outcomes = race(10, lambda _: connect(), lambda c, i: value(c, adjust, [anna.id, i + 1]))
        (won,) = [outcome for outcome in outcomes if isinstance(outcome, str)]
        assert f'"new_points":{club.points(anna)}' in won
        assert {error.sqlstate for error in outcomes if isinstance(error, psycopg.Error)} == {"PT409"}

    def test_the_second_waits_and_replays(self, club, connect, db):
        session_id, anna = club.released(), club.employee()
        first, second = connect(autocommit=False), connect()
        answer = value(first, BOOK, [session_id, anna.id, "k"])
        later = execute_in_thread(second, BOOK, [session_id, anna.id, "k"])
        wait_until_blocked(db, second.info.backend_pid)
        first.commit()
        assert later.result(TIMEOUT) == [(answer,)]
        assert club.points(anna) == 150

    def test_the_second_works_when_the_first_is_rolled_back(self, club, connect, db):
        session_id, anna = club.released(), club.employee()
        first, second = connect(autocommit=False), connect()
        answer = value(first, BOOK, [session_id, anna.id, "k"])
        later = execute_in_thread(second, BOOK, [session_id, anna.id, "k"])
        wait_until_blocked(db, second.info.backend_pid)
        first.rollback()
        assert later.result(TIMEOUT) != [(answer,)]
        assert club.points(anna) == 150

    def test_the_second_waits_and_is_told_of_the_conflict(self, club, connect, db):
        anna = club.employee()
        first, second = connect(autocommit=False), connect()
        adjust = "SELECT adjust_employee_points(%s, %s, 'Swept', 'k')"
        first.execute(adjust, [anna.id, 10])
        later = execute_in_thread(second, adjust, [anna.id, 20])
        wait_until_blocked(db, second.info.backend_pid)
        first.commit()
        with refused("idempotency_conflict"):
            later.result(TIMEOUT)
        assert club.points(anna) == 310

    def test_two_take_over_an_expired_key_once(self, club, connect, db):
        anna = club.employee()
        club.adjust(anna, 10, "Swept", p_idempotency_key="k")
        age(db, "31 days")
        adjust = "SELECT adjust_employee_points(%s, 10, 'Swept', 'k')::text"
        answers = race(10, lambda _: connect(), lambda c, _: value(c, adjust, [anna.id]))
        assert len(set(answers)) == 1
        assert club.points(anna) == 320


BOOK_AND_HANG = f"""
import sys
import psycopg
import pytest
connection = psycopg.connect(sys.argv[1])
connection.execute({BOOK!r}, sys.argv[2:])
print("booked, not committed", flush=True)
sys.stdin.read()
"""

BOOK_AND_DIE = f"""
import os, signal, sys
import psycopg
import pytest
connection = psycopg.connect(sys.argv[1]).pgconn
connection.send_query_params({BOOK.replace("%s", "$%d") % (1, 2, 3)!r}.encode(), [a.encode() for a in sys.argv[2:]])
while connection.flush():
    pass
os.kill(os.getpid(), signal.SIGKILL)
"""
"""Leaves before the server's answer: it may never know that the booking was made."""


class TestAClientThatIsKilled:
    def test_before_its_commit_has_done_nothing(self, club, dsn):
        session_id, anna = club.released(), club.employee()
        arguments = [dsn, session_id, anna.id, "k"]
        with subprocess.Popen(
            [sys.executable, "-c", BOOK_AND_HANG, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as client:
            assert client.stdout.readline() == b"booked, not committed\n"
            os.kill(client.pid, signal.SIGKILL)
        assert club.book(session_id, anna, p_idempotency_key="k")["new_points"] == 150
        assert len(club.bookings(session_id)) == 1

    def test_before_its_answer_has_booked_once_when_it_tries_again(self, club, dsn):
        session_id, anna = club.released(), club.employee()
        client = subprocess.run([sys.executable, "-c", BOOK_AND_DIE, dsn, session_id, anna.id, "k"], check=False)
        assert client.returncode == -signal.SIGKILL
        first = club.book(session_id, anna, p_idempotency_key="k")
        assert club.book(session_id, anna, p_idempotency_key="k") == first
        assert club.history(anna) == [(-150, "Booked gusmester spot")]
