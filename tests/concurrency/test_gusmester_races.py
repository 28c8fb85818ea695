"""Many at once, with real connections: one wins what only one can have, and nothing is lost or minted."""

from collections import Counter
from itertools import chain, pairwise
from random import Random

import psycopg
from gusmester.calls import run_for_text
from gusmester.club import Club
from gusmester.every_command.commands import every_command
from support.race import race
from support.refusals import assert_refusal

CROWD = 50
ROUNDS = 10


def split(outcomes):
    """Part the results of a race from its refusals."""
    return (
        [outcome for outcome in outcomes if not isinstance(outcome, Exception)],
        [outcome for outcome in outcomes if isinstance(outcome, Exception)],
    )


def at_once(connect, *commands):
    """Run each command, a method of the club and its arguments, on a connection of its own."""
    return race(
        len(commands), lambda _: connect(), lambda connection, i: commands[i][0](Club(connection), *commands[i][1:])
    )


def test_fifty_employees_want_one_spot(club, as_employee):
    session = club.released()
    crowd = [club.employee() for _ in range(CROWD)]
    outcomes = race(CROWD, lambda i: as_employee(crowd[i]), lambda connection, i: Club(connection).book(session))
    booked, refusals = split(outcomes)
    assert len(booked) == 1
    for refusal in refusals:
        assert_refusal(refusal, "spot_not_available", status="booked_by_gusmester")
    winner = crowd[outcomes.index(booked[0])]
    assert club.bookings(session) == [(winner.id, "active")]
    assert Counter(club.points(employee) for employee in crowd) == {150: 1, 300: CROWD - 1}
    assert club.value("SELECT count(*) FROM employee_points_history WHERE amount = -150") == 1
    assert len(club.audits("book_gusmester_spot")) == 1


def test_fifty_employees_want_twenty_spots(club, as_employee):
    sessions = [club.released() for _ in range(20)]
    crowd = [club.employee() for _ in range(CROWD)]

    def book_any(connection, i):
        shuffled = Random(i).sample(sessions, len(sessions))
        for session in shuffled:
            try:
                return Club(connection).book(session)
            except psycopg.Error as refusal:
                assert_refusal(refusal, "spot_not_available")
        return None

    booked = [result for result in race(CROWD, lambda i: as_employee(crowd[i]), book_any) if result]
    assert sorted(result["session_id"] for result in booked) == sorted(sessions)
    assert Counter(club.points(employee) for employee in crowd) == {150: 20, 300: CROWD - 20}


def test_one_employee_books_one_spot_twenty_times(club, as_employee):
    session, bob = club.released(), club.employee(points=1000)
    outcomes = race(20, lambda _: as_employee(bob), lambda connection, _: Club(connection).book(session))
    booked, refusals = split(outcomes)
    assert len(booked) == 1
    for refusal in refusals:
        assert_refusal(refusal, "already_booked")
    assert club.points(bob) == 850


def test_one_employee_spends_their_last_points_once(club, as_employee):
    bob = club.employee(points=299)
    sessions = [club.released() for _ in range(20)]
    outcomes = race(20, lambda _: as_employee(bob), lambda connection, i: Club(connection).book(sessions[i]))
    booked, refusals = split(outcomes)
    assert len(booked) == 1
    for refusal in refusals:
        assert_refusal(refusal, "insufficient_points", required=150, available=149)
    assert club.points(bob) == 149


def test_one_booking_is_cancelled_twenty_times(club, as_employee):
    bob = club.employee()
    booking = club.booking(bob)
    outcomes = race(20, lambda _: as_employee(bob), lambda connection, _: Club(connection).cancel(booking))
    cancelled, refusals = split(outcomes)
    assert len(cancelled) == 1
    for refusal in refusals:
        assert_refusal(refusal, "invalid_state", status="cancelled")
    assert club.points(bob) == 300
    assert [amount for amount, _ in club.history(bob)] == [-150, 150]


def test_one_spot_is_released_twenty_times(club, as_employee):
    host = club.employee()
    session = club.session(host)
    outcomes = race(20, lambda _: as_employee(host), lambda connection, _: Club(connection).release(session))
    released, refusals = split(outcomes)
    assert len(released) == 1
    for refusal in refusals:
        assert_refusal(refusal, "spot_not_available", status="released_to_public")
    assert club.points(host) == 450


def test_points_are_taken_as_often_as_they_last(club, connect):
    bob = club.employee(points=300)
    taken, refusals = split(at_once(connect, *[(Club.adjust, bob, -100)] * 10))
    assert sorted(result["new_points"] for result in taken) == [0, 100, 200]
    for refusal in refusals:
        assert_refusal(refusal, "insufficient_points", required=100, available=0)


def test_a_spot_is_released_or_given_to_a_guest_but_not_both(club, connect):
    for _ in range(ROUNDS):
        session = club.session(club.employee())
        ways = [(Club.release, session), (Club.book_guest, session)]
        done, refusals = split(at_once(connect, *ways, *ways))
        assert len(done) == 1
        for refusal in refusals:
            assert_refusal(refusal, "spot_not_available")


def test_a_booking_and_the_cancellation_of_its_session(club, connect):
    for _ in range(ROUNDS):
        session, bob = club.released(), club.employee()
        booked, cancelled = at_once(connect, (Club.book, session, bob), (Club.cancel_session, session))
        if isinstance(booked, Exception):
            assert_refusal(booked, "invalid_state", status="cancelled")
        assert cancelled["bookings_refunded"] == int(not isinstance(booked, Exception))
        assert club.points(bob) == 300
        assert (bob.id, "active") not in club.bookings(session)


def test_a_cancellation_and_the_cancellation_of_its_session_refund_once(club, connect):
    for _ in range(ROUNDS):
        bob = club.employee()
        booking = club.booking(bob)
        own, whole = at_once(connect, (Club.cancel, booking), (Club.cancel_session, booking["session_id"]))
        if isinstance(own, Exception):
            assert_refusal(own, "invalid_state", status="cancelled")
        assert whole["bookings_refunded"] == int(isinstance(own, Exception))
        assert club.points(bob) == 300


def test_a_cancellation_and_the_next_booking(club, connect):
    for _ in range(ROUNDS):
        bob, carol = club.employee(), club.employee()
        booking = club.booking(bob)
        cancelled, booked = at_once(connect, (Club.cancel, booking), (Club.book, booking["session_id"], carol))
        assert cancelled["new_points"] == 300
        if isinstance(booked, Exception):
            assert_refusal(booked, "spot_not_available", status="booked_by_gusmester")
        assert club.points(carol) == (300 if isinstance(booked, Exception) else 150)


def test_a_booking_and_awards_lose_no_update(club, connect):
    session, bob = club.released(), club.employee()
    outcomes = at_once(connect, (Club.book, session, bob), *[(Club.adjust, bob, 10)] * 19)
    assert split(outcomes)[1] == []
    assert club.points(bob) == 300 - 150 + 19 * 10
    rows = club.rows(
        "SELECT points_before, points_after, created_at FROM employee_points_history"
        " WHERE employee_id = %s ORDER BY entry_number",
        [bob.id],
    )
    assert all(before[1] == after[0] and before[2] <= after[2] for before, after in pairwise(rows))


def test_twenty_first_assignments_make_one_spot(club, connect):
    session = club.session()
    crowd = [club.employee() for _ in range(20)]
    outcomes = race(20, lambda _: connect(), lambda connection, i: Club(connection).assign(session, crowd[i]))
    hosts = {result["host_employee_id"] for result in outcomes}
    assert hosts == {club.host(session)}
    assert club.value("SELECT count(*) FROM session_employees WHERE session_id = %s", [session]) == 20


def test_twenty_first_employees_inserted_directly_make_one_spot(club, connect):
    session = club.session()
    crowd = [club.employee() for _ in range(20)]

    def insert(connection, i):
        connection.execute(
            "INSERT INTO session_employees (session_id, employee_id) VALUES (%s, %s)", [session, crowd[i].id]
        )

    assert race(20, lambda _: connect(), insert) == [None] * 20
    assert club.host(session) in {employee.id for employee in crowd}


def test_taking_the_host_off_and_a_booking(club, connect):
    for _ in range(ROUNDS):
        host, next_host, bob = club.employee(), club.employee(), club.employee()
        session = club.released(host, next_host)
        booked, taken_off = at_once(connect, (Club.book, session, bob), (Club.unassign, session, host))
        assert booked["success"] is True
        assert taken_off["host_employee_id"] == club.host(session)
        assert club.spot(session)["status"] == "booked_by_gusmester"


def test_taking_the_only_host_off_and_a_booking(club, connect):
    for _ in range(ROUNDS):
        host, bob = club.employee(), club.employee()
        session = club.released(host)
        booked, taken_off = at_once(connect, (Club.book, session, bob), (Club.unassign, session, host))
        if isinstance(booked, Exception):
            assert_refusal(booked, "spot_not_available", status="reserved_for_host")
            assert taken_off["host_employee_id"] is None
            assert club.points(bob) == 300
        else:
            assert taken_off["host_employee_id"] == host.id


def test_taking_the_host_off_and_giving_the_spot_to_a_guest(club, connect):
    for _ in range(ROUNDS):
        host, next_host = club.employee(), club.employee()
        session = club.session(host, next_host)
        given, taken_off = at_once(connect, (Club.book_guest, session), (Club.unassign, session, host))
        assert given["status"] == "booked_by_host"
        assert taken_off["host_employee_id"] == club.host(session)


@every_command
def test_ten_calls_with_one_key_are_one_call(club, connect, command):
    trial = command.prepare(club)
    before = len(club.audits(command.name))
    arguments = trial.service_arguments | {"p_idempotency_key": "4f1c"}
    outcomes = race(10, lambda _: connect(), lambda connection, _: run_for_text(connection, command.name, **arguments))
    (text,) = set(outcomes)
    assert isinstance(text, str)
    assert len(club.audits(command.name)) == before + 1


@every_command
def test_one_key_with_two_sets_of_arguments_is_one_call_and_conflicts(club, connect, command):
    trial = command.prepare(club)
    before = len(club.audits(command.name))
    both = [trial.service_arguments, trial.other_service_arguments]
    outcomes = race(
        10, lambda _: connect(), lambda c, i: run_for_text(c, command.name, **both[i % 2], p_idempotency_key="4f1c")
    )
    texts, refusals = split(outcomes)
    assert len(set(texts)) == 1
    assert (len(texts), len(refusals)) == (5, 5)
    for refusal in refusals:
        assert_refusal(refusal, "idempotency_conflict")
    assert len(club.audits(command.name)) == before + 1


class TestNobodyDeadlocks:
    """Whoever works on the same sessions, spots and people, in whatever order, meets refusals at most."""

    def crowd(self, connect, work):
        """Let eight connections work at once; return what each of them came to, in one list."""
        return list(chain.from_iterable(race(8, lambda _: connect(), lambda c, i: work(Club(c), Random(i)))))

    def test_two_employees_swap_two_spots_crosswise(self, club, connect):
        pair = [club.employee(points=3000), club.employee(points=3000)]
        sessions = [club.released(), club.released()]

        def swap(mine, choice):
            met = []
            for _ in range(50):
                try:
                    mine.cancel(mine.book(choice.choice(sessions), choice.choice(pair)))
                except psycopg.Error as error:
                    met.append(error)
            return met

        for error in self.crowd(connect, swap):
            assert error.sqlstate.startswith("PT"), error
        assert [club.points(employee) for employee in pair] == [3000, 3000]
        assert club.value("SELECT count(*) FROM gusmester_bookings WHERE status = 'active'") == 0

    def test_sessions_are_made_with_the_same_hosts_in_every_order(self, club, connect):
        hosts = [club.employee() for _ in range(6)]

        def make(mine, choice):
            return [mine.session(*choice.sample(hosts, 6)) for _ in range(20)]

        assert len(set(self.crowd(connect, make))) == 8 * 20

    def test_everybody_does_everything(self, club, connect):
        crowd = [club.employee(points=2000) for _ in range(4)]
        sessions = [club.session(crowd[i], crowd[i + 1]) for i in range(3)]
        steps = [
            Club.book,
            Club.book,
            lambda club, session, _: club.cancel(last_booking(club, session)),
            lambda club, session, _: club.release(session),
            lambda club, session, _: club.release(session),
            lambda club, session, _: club.book_guest(session),
            lambda club, session, _: club.cancel_guest(session),
            Club.assign,
            Club.unassign,
            lambda club, _, employee: club.adjust(employee, -10),
            insert_directly,
            lambda club, session, _: club.move(session, "3 days"),
        ]

        def act(mine, choice):
            met = []
            for _ in range(40):
                try:
                    choice.choice(steps)(mine, choice.choice(sessions), choice.choice(crowd))
                except psycopg.Error as error:
                    met.append(error)
            return met

        for error in self.crowd(connect, act):
            assert error.sqlstate.startswith("PT"), error
        assert club.audits("book_gusmester_spot")
        assert club.audits("unassign_session_employee")


def last_booking(club, session):
    """Return the session's last booking in the form of its result."""
    rows = club.rows(
        "SELECT id::text FROM gusmester_bookings WHERE session_id = %s ORDER BY booked_at DESC LIMIT 1", [session]
    )
    return {"booking_id": rows[0][0] if rows else None}


def insert_directly(club, session, employee):
    """Assign an employee as master data is written."""
    club.connection.execute(
        "INSERT INTO session_employees (session_id, employee_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [session, employee.id],
    )
