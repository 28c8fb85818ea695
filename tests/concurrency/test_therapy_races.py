"""Many at once on people's time, with real connections: one gets what one can have, nobody is in two places."""

from collections import Counter

import pytest
from gusmester.calls import run
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.race import race
from support.refusals import assert_refusal, refused
from therapy.clinic import Clinic
from therapy.fixtures import clinic, clinic_as, every_invariant_holds

# ruff: noqa: B023 - every race of a loop is over before its next round

__all__ = ["clinic", "clinic_as", "every_invariant_holds"]

ROUNDS = 10


def split(outcomes):
    """Part the results of a race from its refusals."""
    return (
        [outcome for outcome in outcomes if not isinstance(outcome, Exception)],
        [outcome for outcome in outcomes if isinstance(outcome, Exception)],
    )


@pytest.fixture
def at_once(connect):
    """Let each of these work on a clinic of its own connection, all at the same moment."""
    return lambda *works: race(len(works), lambda _: connect(), lambda connection, i: works[i](Clinic(connection)))


@pytest.fixture
def first(connect):
    """Somebody who comes first and takes their time."""
    clinic = Clinic(connect())
    clinic.connection.execute("BEGIN")
    return clinic


@pytest.fixture
def wait(db, connect):
    """Start a statement and return when it waits for somebody; the result is for later."""

    def wait(statement, parameters):
        connection = connect()
        later = execute_in_thread(connection, statement, parameters)
        wait_until_blocked(db, connection.info.backend_pid)
        return later

    return wait


BOOK = "SELECT create_session_with_credit_deduction(%s, %s, %s, %s)"


class TestBookings:
    def test_two_of_one_credit_are_one(self, clinic, at_once):
        for _ in range(ROUNDS):
            client, therapists, day = clinic.client(1), [clinic.therapist(), clinic.therapist()], clinic.day()
            booked, refusals = split(
                at_once(
                    lambda c, t=therapists[0]: c.book(client, t, day, "10:00"),
                    lambda c, t=therapists[1]: c.book(client, t, day, "12:00"),
                )
            )
            assert len(booked) == 1
            assert_refusal(refusals[0], "insufficient_credits", required=1, available=0)
            assert clinic.balance(client) == 0

    def test_twenty_of_one_credit_are_one(self, clinic, at_once):
        client, therapists = clinic.client(1), [clinic.therapist() for _ in range(20)]
        day = clinic.day()
        booked, refusals = split(
            at_once(*(lambda c, n=n, t=t: c.book(client, t, day, f"{n:02}:00") for n, t in enumerate(therapists)))
        )
        assert len(booked) == 1
        for refusal in refusals:
            assert_refusal(refusal, "insufficient_credits")

    def test_two_of_one_slot_are_one_and_the_loser_keeps_the_credit(self, clinic, at_once):
        for n in range(ROUNDS):
            clients, therapist, day = [clinic.client(1), clinic.client(1)], clinic.therapist(), clinic.day(3 + n)
            booked, refusals = split(
                at_once(
                    lambda c: c.book(clients[0], therapist, day, "10:00"),
                    lambda c: c.book(clients[1], therapist, day, "10:30", 30),
                )
            )
            assert len(booked) == 1
            assert_refusal(refusals[0], "slot_taken")
            assert sorted(clinic.balance(client) for client in clients) == [0, 1]

    def test_of_slots_that_touch_are_all_made(self, clinic, at_once):
        therapist, clients, day = clinic.therapist(), [clinic.client(1) for _ in range(10)], clinic.day()
        booked, _ = split(
            at_once(
                *(lambda c, n=n, who=who: c.book(who, therapist, day, f"{8 + n}:00") for n, who in enumerate(clients))
            )
        )
        assert len(booked) == 10

    def test_of_two_therapists_as_each_others_client_never_deadlock(self, clinic, at_once):
        anna, bert = clinic.therapist(credits=100), clinic.therapist(credits=100)
        for n in range(ROUNDS):
            day = clinic.day(3 + n)
            booked, refusals = split(
                at_once(*(lambda c: c.book(anna, bert, day, "10:00"), lambda c: c.book(bert, anna, day, "10:00")) * 3)
            )
            assert len(booked) == 1
            for refusal in refusals:
                assert_refusal(refusal, "slot_taken")

    def test_who_waits_gets_it_when_the_first_rolls_back(self, clinic, first, wait):
        therapist, clients, day = clinic.therapist(), [clinic.client(1), clinic.client(1)], clinic.day()
        first.book(clients[0], therapist, day, "10:00")
        later = wait(BOOK, [clients[1], therapist, day, "10:00"])
        first.connection.execute("ROLLBACK")
        assert later.result(TIMEOUT)[0][0]["success"] is True
        assert [clinic.balance(client) for client in clients] == [1, 0]

    def test_of_other_people_do_not_wait(self, clinic, first, connect):
        first.book(clinic.client(), clinic.therapist(), clinic.day(), "10:00")
        second = Clinic(connect())
        second.connection.execute("SET lock_timeout = '50ms'")
        assert second.book(clinic.client(), clinic.therapist(), clinic.day(), "10:00")["success"] is True


class TestHolds:
    def test_a_hold_and_a_booking_of_one_slot_are_one(self, clinic, at_once):
        for _ in range(ROUNDS):
            therapist, holder, client, day, at = (
                clinic.therapist(),
                clinic.client(),
                clinic.client(),
                clinic.day(),
                clinic.at(10),
            )
            won, refusals = split(
                at_once(
                    lambda c: c.hold(therapist, at, p_holder_id=holder),
                    lambda c: c.book(client, therapist, day, "10:30"),
                )
            )
            assert len(won) == 1
            assert_refusal(refusals[0], "slot_taken")

    def test_ten_holds_of_one_slot_are_one(self, clinic, at_once):
        therapist, at, holders = clinic.therapist(), clinic.at(10), [clinic.client() for _ in range(10)]
        won, refusals = split(at_once(*(lambda c, h=h: c.hold(therapist, at, p_holder_id=h) for h in holders)))
        assert len(won) == 1
        for refusal in refusals:
            assert_refusal(refusal, "slot_taken")

    def test_ten_holds_of_one_person_are_three(self, clinic, at_once):
        holder, therapists, at = clinic.client(), [clinic.therapist() for _ in range(10)], clinic.at(10)
        won, refusals = split(at_once(*(lambda c, t=t: c.hold(t, at, p_holder_id=holder) for t in therapists)))
        assert len(won) == 3
        for refusal in refusals:
            assert_refusal(refusal, "limit_reached", limit=3)

    def test_a_hold_is_released_or_converted(self, clinic, at_once):
        for _ in range(ROUNDS):
            therapist, holder, day = clinic.therapist(), clinic.client(), clinic.day()
            hold = clinic.hold(therapist, clinic.at(10), p_holder_id=holder)
            booking, _ = at_once(lambda c: c.book(holder, therapist, day, "10:00"), lambda c: c.release(hold))
            assert booking["success"] is True
            assert clinic.hold_status(hold) in ("released", "converted")


class TestASession:
    def test_is_cancelled_once_by_ten_at_once(self, clinic, clinic_as, connect):
        client, therapist = clinic.client(10), clinic.therapist()
        session = clinic.booked(client, therapist)
        callers = [clinic_as(client), clinic_as(therapist), clinic] + [clinic_as(client) for _ in range(7)]
        won, refusals = split(race(10, lambda i: callers[i].connection, lambda c, _: Clinic(c).cancel(session)))
        assert len(won) == 1
        for refusal in refusals:
            assert_refusal(refusal, "invalid_state", status="cancelled")
        assert clinic.balance(client) == 10

    def test_is_cancelled_or_moved_and_then_cancelled(self, clinic, at_once):
        for _ in range(ROUNDS):
            client = clinic.client(10)
            session, day = clinic.booked(client), clinic.day(9)
            cancelled, moved = at_once(lambda c: c.cancel(session), lambda c: c.move(session, day, "10:00"))
            assert cancelled["refunded_credits"] == 1
            if isinstance(moved, Exception):
                assert_refusal(moved, "invalid_state", status="cancelled")
            assert clinic.status(session) == "cancelled"
            assert clinic.reminders(session) == {}
            assert clinic.balance(client) == 10

    def test_is_moved_to_a_slot_or_that_slot_is_booked(self, clinic, at_once):
        for _ in range(ROUNDS):
            therapist, client, day = clinic.therapist(), clinic.client(), clinic.day(9)
            session = clinic.booked(therapist=therapist)
            won, refusals = split(
                at_once(
                    lambda c: c.move(session, day, "10:00"),
                    lambda c: c.book(client, therapist, day, "10:30"),
                )
            )
            assert len(won) == 1
            assert_refusal(refusals[0], "slot_taken")

    def test_is_completed_or_cancelled(self, clinic, at_once):
        for _ in range(ROUNDS):
            session = clinic.booked()
            clinic.pass_time(session, "-1 hour")
            won, refusals = split(at_once(lambda c: c.step("complete_session", session), lambda c: c.cancel(session)))
            assert len(won) == 1
            assert_refusal(refusals[0], "invalid_state", status=clinic.status(session))

    def test_is_cancelled_while_its_reminders_are_claimed(self, clinic, at_once):
        for _ in range(ROUNDS):
            session = clinic.booked()
            clinic.connection.execute("UPDATE notifications SET due_at = now() WHERE status = 'pending'")
            at_once(
                lambda c: c.cancel(session),
                *(lambda c, n=n: c.rows("SELECT claim_notifications(%s)", [f"worker {n}"]) for n in range(3)),
            )
            assert clinic.reminders(session) == {}


class TestWhoLeaves:
    @pytest.mark.parametrize("leaves", ["client", "therapist"])
    def test_while_a_booking_waits_is_inactive(self, clinic, first, wait, leaves):
        client, therapist = clinic.client(), clinic.therapist()
        person = {"client": client, "therapist": therapist}[leaves]
        first.deactivate(person)
        later = wait(BOOK, [client, therapist, clinic.day(), "10:00"])
        first.connection.execute("COMMIT")
        with refused("inactive", user_id=person):
            later.result(TIMEOUT)

    def test_waits_for_a_booking_that_is_being_made(self, clinic, first, wait):
        client, therapist = clinic.client(), clinic.therapist()
        first.book_in(client, therapist)
        later = wait("UPDATE profiles SET is_active = false WHERE user_id = %s", [therapist])
        first.connection.execute("COMMIT")
        later.result(TIMEOUT)
        assert clinic.value("SELECT count(*) FROM client_sessions") == 1


class TestWhoChangesTheirHours:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda c, who: c.set_weekly("[]", p_practitioner_id=who), "outside_availability"),
            (lambda c, who: c.closes(who, c.at(0), c.at(24)), "slot_taken"),
        ],
    )
    def test_while_a_booking_waits_decides_it(self, clinic, first, wait, change, reason):
        client, therapist = clinic.client(), clinic.therapist()
        change(first, therapist)
        later = wait(BOOK, [client, therapist, clinic.day(), "10:00"])
        first.connection.execute("COMMIT")
        with refused(reason):
            later.result(TIMEOUT)
        assert clinic.balance(client) == 10

    def test_waits_for_a_booking_and_is_told_of_it(self, clinic, first, wait):
        client, therapist = clinic.client(), clinic.therapist()
        session = first.book(client, therapist, clinic.day(), "10:00")["session_id"]
        later = wait(
            "SELECT add_availability_exception(%s, %s, 'closed', %s)", [clinic.at(0), clinic.at(24), therapist]
        )
        first.connection.execute("COMMIT")
        assert later.result(TIMEOUT)[0][0]["session_ids"] == [session]

    def test_at_the_same_moment_as_bookings_leaves_whole_weeks(self, clinic, at_once):
        therapist, clients, day = clinic.therapist(), [clinic.client(1) for _ in range(6)], clinic.day()
        outcomes = at_once(
            *(lambda c, n=n, who=who: c.book(who, therapist, day, f"{8 + n}:00") for n, who in enumerate(clients)),
            *(
                lambda c, n=n: c.set_weekly(
                    f'[{{"weekday": {1 + n}, "start_time": "01:00", "end_time": "02:00"}}]', p_practitioner_id=therapist
                )
                for n in range(4)
            ),
        )
        for outcome in split(outcomes)[1]:
            assert_refusal(outcome, "outside_availability")
        assert clinic.value("SELECT count(*) FROM availability_rules") == 1


class TestErasing:
    @pytest.mark.parametrize("notes", ["Knee", None])
    def test_while_the_sessions_of_the_person_are_cancelled_never_deadlocks(self, clinic, at_once, notes):
        for _ in range(ROUNDS):
            client, therapist = clinic.client(10), clinic.therapist()
            sessions = [clinic.booked(client, therapist, f"{48 + 2 * n} hours", p_notes=notes) for n in range(6)]
            outcomes = at_once(
                lambda c: c.erase(client),
                *(lambda c, s=s: c.cancel(s, p_reason="Ill") for s in sessions[:3]),
                *(lambda c, s=s, n=n: c.move_to(s, f"{100 + 2 * n} hours") for n, s in enumerate(sessions[3:])),
            )
            for outcome in split(outcomes)[1]:
                assert_refusal(outcome, "inactive")


def test_each_effect_is_on_record_once(clinic, at_once):
    client, therapist, day = clinic.client(5), clinic.therapist(), clinic.day()
    outcomes = at_once(*(lambda c, n=n: c.book(client, therapist, day, f"{8 + n // 2}:00") for n in range(10)))
    booked, refusals = split(outcomes)
    assert Counter(len(each) for each in (booked, refusals)) == {5: 2}
    assert len(clinic.audits("create_session_with_credit_deduction")) == 5
    run(clinic.connection, "run_maintenance")
