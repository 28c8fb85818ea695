"""I5: the trigger sessions_nobody_in_two_places, met by direct SQL, and the constraints that stand behind it."""

from uuid import uuid4

import psycopg
import pytest
from gusmester.snapshot import nothing_written
from psycopg import errors
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.race import race
from support.refusals import assert_refusal, refused

INSERT = "INSERT INTO client_sessions (client_id, therapist_id, starts_at, duration_minutes) VALUES (%s, %s, %s, 60)"


@pytest.fixture
def anna(clinic):
    """Somebody who is client at ten o'clock in three days, and a therapist herself."""
    return clinic.practitioner()


@pytest.fixture
def bert(clinic):
    """Her therapist then."""
    return clinic.practitioner()


@pytest.fixture
def session(clinic, anna, bert):
    """Their session at ten, put into the table by hand."""
    return clinic.session(anna, bert, clinic.at(10))


class TestARowInserted:
    @pytest.mark.parametrize("role", ["client", "therapist"])
    @pytest.mark.parametrize("who", ["anna", "bert"])
    def test_finds_everybody_free_in_every_role(self, request, clinic, session, refuses, role, who):
        busy, other = request.getfixturevalue(who), clinic.practitioner()
        pair = (busy, other) if role == "client" else (other, busy)
        with refuses("slot_taken"):
            clinic.session(*pair, clinic.at(10.5))
        assert clinic.session(*pair, clinic.at(11))
        assert clinic.session(*pair, clinic.at(9))

    def test_finds_the_same_two_busy_the_other_way_round(self, clinic, anna, bert, session, refuses):
        with refuses("slot_taken"):
            clinic.session(bert, anna, clinic.at(10))

    @pytest.mark.parametrize("status", ["cancelled", "completed", "no_show"])
    def test_that_blocks_no_time_is_not_asked(self, clinic, anna, bert, session, status):
        assert clinic.session(anna, bert, clinic.at(10), status=status)

    def test_respects_holds_of_others_and_time_off(self, clinic, bert, refuses):
        client, therapist = clinic.person(), clinic.therapist()
        clinic.hold(therapist, clinic.at(10), p_holder_id=clinic.person())
        clinic.closes(therapist, clinic.at(15), clinic.at(16))
        for hour in (10, 15.5):
            with refuses("slot_taken"):
                clinic.session(client, therapist, clinic.at(hour))

    def test_converts_its_clients_hold(self, clinic):
        client, therapist = clinic.person(), clinic.therapist()
        hold = clinic.hold(therapist, clinic.at(10), p_holder_id=client)
        clinic.session(client, therapist, clinic.at(10.5))
        assert clinic.hold_status(hold) == "converted"

    def test_is_nobody_with_themself(self, clinic, anna):
        with nothing_written(clinic.connection), pytest.raises(errors.CheckViolation):
            clinic.session(anna, anna, clinic.at(10))

    def test_overlaps_no_other_of_the_same_statement(self, clinic, db, refuses):
        one, other, therapist = clinic.person(), clinic.person(), clinic.practitioner()
        with refuses("slot_taken"):
            db.execute(
                f"{INSERT}, (%s, %s, %s, 60)", [one, therapist, clinic.at(10), other, therapist, clinic.at(10.5)]
            )


class TestARowUpdated:
    @pytest.fixture
    def later(self, clinic, bert):
        """Another session of the therapist's, at twelve."""
        return clinic.session(clinic.person(), bert, clinic.at(12))

    def test_moves_by_its_instant_to_where_everybody_is_free(self, clinic, db, session, later, refuses):
        with refuses("slot_taken"):
            db.execute("UPDATE client_sessions SET starts_at = %s WHERE id = %s", [clinic.at(10.5), later])
        db.execute("UPDATE client_sessions SET starts_at = %s WHERE id = %s", [clinic.at(11), later])

    def test_moves_by_its_local_time_too(self, clinic, db, session, later, refuses):
        with refuses("slot_taken"):
            db.execute("UPDATE client_sessions SET start_time = '10:30' WHERE id = %s", [later])
        db.execute("UPDATE client_sessions SET start_time = '11:00' WHERE id = %s", [later])
        assert clinic.row(later)["starts_at"] == f"{clinic.day()}T11:00:00+00:00"

    def test_moves_by_its_local_date_too(self, clinic, db, bert, session, refuses):
        other = clinic.session(clinic.person(), bert, clinic.at(10, days=4))
        with refuses("slot_taken"):
            db.execute("UPDATE client_sessions SET session_date = %s WHERE id = %s", [clinic.day(), other])
        db.execute("UPDATE client_sessions SET session_date = %s WHERE id = %s", [clinic.day(5), other])
        assert clinic.row(other)["ends_at"] == f"{clinic.day(5)}T11:00:00+00:00"

    def test_takes_longer_only_where_everybody_is_free(self, clinic, db, session, later, refuses):
        with refuses("slot_taken"):
            db.execute("UPDATE client_sessions SET duration_minutes = 121 WHERE id = %s", [session])
        db.execute("UPDATE client_sessions SET duration_minutes = 120 WHERE id = %s", [session])

    @pytest.mark.parametrize("column", ["client_id", "therapist_id"])
    def test_passes_to_somebody_who_is_free(self, clinic, db, session, refuses, column):
        busy, free = clinic.practitioner(), clinic.practitioner()
        clinic.session(busy, clinic.practitioner(), clinic.at(10.5))
        with refuses("slot_taken"):
            db.execute(f"UPDATE client_sessions SET {column} = %s WHERE id = %s", [busy, session])
        db.execute(f"UPDATE client_sessions SET {column} = %s WHERE id = %s", [free, session])

    @pytest.mark.parametrize("status", ["cancelled", "completed", "no_show"])
    def test_is_taken_up_again_only_where_everybody_is_free(self, clinic, db, anna, session, refuses, status):
        clinic.set_status(session, status)
        other = clinic.session(clinic.person(), anna, clinic.at(10.5))
        with refuses("slot_taken"):
            clinic.set_status(session, "scheduled")
        clinic.set_status(other, "cancelled")
        clinic.set_status(session, "confirmed")

    def test_that_moves_no_time_asks_for_none(self, clinic, db, bert, session):
        """Time off that was taken since leaves what is booked."""
        clinic.closes(bert, clinic.at(0), clinic.at(24))
        db.execute("UPDATE client_sessions SET title = 'Sleep', status = 'confirmed' WHERE id = %s", [session])

    def test_keeps_both_spellings_of_its_start_in_step(self, clinic, db, session):
        db.execute("UPDATE client_sessions SET timezone = 'Asia/Tokyo' WHERE id = %s", [session])
        row = clinic.row(session)
        assert (row["start_time"], row["starts_at"]) == ("10:00:00", f"{clinic.day()}T01:00:00+00:00")

    def test_has_no_local_time_that_the_clock_skips(self, clinic, db, refuses):
        session = clinic.session(clinic.person(), clinic.practitioner(timezone="Europe/Oslo"), "2030-03-30T01:30Z")
        with refuses("nonexistent_local_time"):
            db.execute("UPDATE client_sessions SET session_date = '2030-03-31' WHERE id = %s", [session])

    def test_cannot_say_when_it_ends(self, clinic, db, session):
        db.execute("UPDATE client_sessions SET ends_at = %s WHERE id = %s", [clinic.at(23), session])
        assert clinic.row(session)["ends_at"] == f"{clinic.day()}T11:00:00+00:00"


class TestTwoAtOnce:
    @pytest.mark.parametrize("same", ["therapist", "client", "person in two roles"])
    def test_take_the_time_of_one_person_once(self, clinic, db, connect, same):
        people = [clinic.practitioner() for _ in range(3)]
        pairs = {
            "therapist": [(people[0], people[2]), (people[1], people[2])],
            "client": [(people[2], people[0]), (people[2], people[1])],
            "person in two roles": [(people[0], people[1]), (people[2], people[0])],
        }[same]
        first, second = connect(), connect()
        first.execute("BEGIN")
        first.execute(INSERT, [*pairs[0], clinic.at(10)])
        later = execute_in_thread(second, INSERT, [*pairs[1], clinic.at(10.5)])
        wait_until_blocked(db, second.info.backend_pid)
        first.execute("COMMIT")
        with refused("slot_taken"):
            later.result(TIMEOUT)

    def test_the_second_gets_it_when_the_first_rolls_back(self, clinic, db, connect):
        one, other, therapist = clinic.person(), clinic.person(), clinic.practitioner()
        first, second = connect(), connect()
        first.execute("BEGIN")
        first.execute(INSERT, [one, therapist, clinic.at(10)])
        later = execute_in_thread(second, INSERT, [other, therapist, clinic.at(10)])
        wait_until_blocked(db, second.info.backend_pid)
        first.execute("ROLLBACK")
        later.result(TIMEOUT)
        assert clinic.rows("SELECT client_id::text FROM client_sessions") == [(other,)]

    def test_crosswise_never_deadlock(self, clinic, connect):
        """Each is the other's client at the same hour: people are locked in the order of their ids, whoever is who."""
        anna, bert = clinic.practitioner(), clinic.practitioner()
        for n in range(25):
            start = clinic.at(10, days=3 + n)
            outcomes = race(
                4, lambda _: connect(), lambda c, i, s=start: c.execute(INSERT, [*[anna, bert][:: 1 - 2 * (i % 2)], s])
            )
            refusals = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
            assert len(refusals) == 3
            for refusal in refusals:
                assert_refusal(refusal, "slot_taken")


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_no_time_is_taken_by_an_old_snapshot(clinic, connect, anna, bert, level):
    """A look under a lock would read what was there before the lock was waited for."""
    other, old = clinic.practitioner(), connect()
    old.execute(f"BEGIN ISOLATION LEVEL {level}; SELECT FROM client_sessions")
    clinic.session(anna, bert, clinic.at(10))
    with refused("invalid_input", parameter="transaction_isolation"):
        old.execute(INSERT, [other, anna, clinic.at(10)])
    old.execute("ROLLBACK")


class TestWithoutTheTrigger:
    """What no look under a lock has prevented, the constraints do."""

    @pytest.fixture(autouse=True)
    def no_trigger(self, db, session):
        """Switch the trigger off."""
        db.execute("ALTER TABLE client_sessions DISABLE TRIGGER sessions_nobody_in_two_places")

    def test_a_therapist_has_no_two_sessions_at_once(self, clinic, bert):
        with pytest.raises(errors.ExclusionViolation) as caught:
            clinic.session(clinic.person(), bert, clinic.at(10.5))
        assert caught.value.diag.constraint_name == "sessions_no_overlap_per_therapist"

    def test_a_client_has_no_two_sessions_at_once(self, clinic, anna):
        with pytest.raises(errors.ExclusionViolation) as caught:
            clinic.session(anna, clinic.practitioner(), clinic.at(10.5))
        assert caught.value.diag.constraint_name == "sessions_no_overlap_per_client"

    def test_hours_that_touch_are_no_overlap(self, clinic, anna, bert):
        assert clinic.session(anna, bert, clinic.at(11))
        assert clinic.session(anna, bert, clinic.at(9))

    def test_what_blocks_no_time_is_no_overlap(self, clinic, anna, bert):
        assert clinic.session(anna, bert, clinic.at(10), status="cancelled")


class TestSessionsWithoutPeople:
    def test_are_impossible(self, clinic):
        for pair in ((str(uuid4()), clinic.practitioner()), (clinic.person(), str(uuid4()))):
            with pytest.raises(psycopg.IntegrityError):
                clinic.session(*pair, clinic.at(10))

    def test_a_person_with_sessions_is_not_deleted(self, clinic, db, anna, bert, session):
        clinic.set_status(session, "cancelled")
        for statement in (
            "DELETE FROM profiles WHERE user_id = %s",
            "DELETE FROM practitioners WHERE user_id = %s",
        ):
            with nothing_written(db), pytest.raises(psycopg.IntegrityError):
                db.execute(statement, [bert])
        with nothing_written(db), pytest.raises(psycopg.IntegrityError):
            db.execute("DELETE FROM profiles WHERE user_id = %s", [anna])
