"""Contract sections 1 and 7, scenario 22: notifications are queued with their booking and never fail it."""

from typing import Any

import psycopg
import pytest
from gusmester.club import Club
from gusmester.snapshot import nothing_written
from support.refusals import refused


def queued(club: Club) -> list[Any]:
    """Return the queue: type, receiver and what is said, in the order of queueing."""
    return club.rows("SELECT type, coalesce(user_id::text, address), payload FROM notifications ORDER BY id")


def failures(club: Club) -> list[Any]:
    """Return what could not be queued."""
    return club.rows("SELECT type, user_id::text, session_id::text, sqlstate FROM notification_failures ORDER BY id")


def break_queue(club: Club, sqlstate: str = "XX001", when: str = "true") -> None:
    """Make the queue refuse rows."""
    club.connection.execute(f"""
        CREATE FUNCTION break_queue() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'the queue is broken' USING ERRCODE = '{sqlstate}'; END $$;
        CREATE TRIGGER break_queue BEFORE INSERT ON notifications
        FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION break_queue();
    """)


class TestQueued:
    def test_to_both_sides_of_a_booking(self, club):
        host, anna = club.employee(), club.employee()
        booking = club.booking(anna, club.released(host))
        told = {(kind, who): payload for kind, who, payload in queued(club)}
        assert told.keys() == {("gusmester_spot_booked", anna.user_id), ("gusmester_spot_booked", host.user_id)}
        assert {payload["booking_id"] for payload in told.values()} == {booking["booking_id"]}

    def test_to_the_address_of_who_has_no_login(self, club):
        host, anna = club.employee(user_id=None, email="host@club.example"), club.employee()
        club.booking(anna, club.released(host))
        receivers = club.rows("SELECT user_id::text, address FROM notifications")
        assert sorted(receivers, key=str) == sorted([(anna.user_id, None), (None, "host@club.example")], key=str)

    def test_to_everybody_concerned_by_a_cancelled_session_once(self, club):
        host, helper, anna = club.employee(), club.employee(), club.employee()
        session_id = club.session(host, helper)
        club.release(session_id)
        club.book(session_id, anna)
        club.cancel_session(session_id, "The stove is broken")
        told = [(who, payload["reason"]) for kind, who, payload in queued(club) if kind == "gus_session_cancelled"]
        assert sorted(told) == sorted((p.user_id, "The stove is broken") for p in (host, helper, anna))

    def test_to_the_guest_of_a_cancelled_session(self, club):
        host = club.employee()
        session_id = club.session(host)
        club.book_guest(session_id, "Gro", "gro@home.example")
        club.cancel_session(session_id)
        assert {who for _, who, _ in queued(club)} == {host.user_id, "gro@home.example"}

    def test_to_nobody_when_a_session_concerns_nobody(self, club):
        club.cancel_session(club.session())
        assert queued(club) == []
        assert failures(club) == []

    def test_for_at_once(self, club):
        club.booking()
        assert club.rows("SELECT DISTINCT status, attempts, due_at = created_at FROM notifications") == [
            ("pending", 0, True)
        ]

    def test_with_their_booking_or_not_at_all(self, club, connect):
        session_id, anna = club.released(), club.employee()
        connection = connect(autocommit=False)
        connection.execute("SELECT book_gusmester_spot(%s, %s)", [session_id, anna.id])
        connection.rollback()
        assert queued(club) == []

    def test_not_again_by_a_replay(self, club):
        session_id, anna = club.released(), club.employee()
        for _ in range(2):
            club.book(session_id, anna, p_idempotency_key="k")
        assert len(queued(club)) == 2

    def test_not_by_a_refused_call(self, club):
        with refused("insufficient_points"):
            club.book(club.released(), club.employee(points=0))
        assert queued(club) == []


class TestWhatCannotBeQueued:
    @pytest.mark.parametrize(
        "sqlstate", ["XX001", "23514", "P0001", "PT404", "22001", "54000", "40001", "40P01", "55P03"]
    )
    def test_does_not_fail_the_booking_and_is_on_record(self, sqlstate, club):
        break_queue(club, sqlstate)
        host, anna = club.employee(), club.employee()
        session_id = club.released(host)
        assert club.book(session_id, anna)["new_points"] == 150
        assert queued(club) == []
        assert sorted(failures(club)) == sorted(
            ("gusmester_spot_booked", who.user_id, session_id, sqlstate) for who in (anna, host)
        )
        assert club.broken_invariants() == []

    def test_does_not_fail_a_cancelled_session(self, club):
        booking = club.booking()
        break_queue(club)
        assert club.cancel_session(booking["session_id"])["points_refunded"] == 150
        assert {kind for kind, *_ in failures(club)} == {"gus_session_cancelled"}

    def test_takes_the_others_of_its_command_along(self, club):
        """They are queued by one statement; the record names them all."""
        anna = club.employee()
        break_queue(club, when=f"NEW.user_id = '{anna.user_id}'")
        club.booking(anna)
        assert queued(club) == []
        assert len(failures(club)) == 2

    def test_is_recorded_without_an_address(self, club):
        anna = club.employee(user_id=None, email="secret@club.example")
        break_queue(club, when="NEW.address IS NOT NULL")
        club.booking(anna)
        assert "secret" not in str(club.rows("SELECT f::text FROM notification_failures f"))

    def test_is_recorded_with_the_booking_or_not_at_all(self, club, connect):
        break_queue(club)
        session_id, anna = club.released(), club.employee()
        connection = connect(autocommit=False)
        connection.execute("SELECT book_gusmester_spot(%s, %s)", [session_id, anna.id])
        connection.rollback()
        assert failures(club) == []

    def test_fails_a_command_that_was_cancelled_meanwhile(self, club, db):
        break_queue(club, "57014")
        session_id, anna = club.released(), club.employee()
        with nothing_written(db), pytest.raises(psycopg.errors.QueryCanceled):
            club.book(session_id, anna)


class TestTheTable:
    @pytest.mark.parametrize(
        "column", ["user_id = NULL", "status = 'lost'", "attempts = -1", "type = ''", "payload = NULL", "due_at = NULL"]
    )
    def test_refuses_rows_that_make_no_sense(self, column, club, db):
        club.booking()
        with pytest.raises(psycopg.IntegrityError):
            db.execute(f"UPDATE notifications SET {column}")

    def test_shows_people_their_own(self, club, as_employee):
        host, anna = club.employee(), club.employee()
        club.booking(anna, club.released(host))
        for person in (host, anna):
            seen = as_employee(person).execute("SELECT user_id::text FROM notifications").fetchall()
            assert seen == [(person.user_id,)]

    def test_shows_the_service_everything(self, club, as_service):
        club.booking()
        assert len(as_service().execute("SELECT FROM notifications").fetchall()) == 2

    def test_shows_failures_to_the_service_alone(self, club, as_service, as_employee):
        break_queue(club)
        anna = club.employee()
        club.booking(anna)
        assert len(as_service().execute("SELECT FROM notification_failures").fetchall()) == 2
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_employee(anna).execute("SELECT FROM notification_failures")
