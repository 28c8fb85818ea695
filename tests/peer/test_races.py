"""Many practitioners at the same moment: nothing is sold twice, nobody waits for ever, and no credit comes or goes."""

from collections import Counter

import psycopg
import pytest
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.race import race
from support.refusals import assert_refusal, refused

from peer.exchange import Exchange, in_days


def winners(outcomes, *reasons):
    """Return the results; all others were refused for one of the reasons."""
    results = [each for each in outcomes if not isinstance(each, Exception)]
    for error in outcomes:
        if isinstance(error, Exception):
            assert any(f'"{reason}"' in (error.diag.message_detail or "") for reason in reasons), repr(error)
    return results


@pytest.fixture
def at_once(connect):
    """Let n calls begin at the same moment, each of a service on a connection of its own."""
    return lambda n, work: race(n, lambda _: connect(), lambda connection, i: work(Exchange(connection), i))


@pytest.fixture
def first(connect):
    """Somebody who comes first and takes their time."""
    return Exchange(connect())


@pytest.fixture
def wait(db, connect):
    """Start a call of somebody who comes later and return when they wait for the first; the result is for later."""

    def wait(statement, parameters):
        second = connect()
        later = execute_in_thread(second, statement, parameters)
        wait_until_blocked(db, second.info.backend_pid)
        return later

    return wait


class TestCreditsForOne:
    def test_of_ten_bookings_of_ten_practitioners_exactly_one_is_made(self, exchange, at_once):
        client, practitioners = exchange.peer(60), [exchange.peer() for _ in range(10)]
        outcomes = at_once(10, lambda each, i: each.books(client, practitioners[i], at=f"{8 + i:02}:00"))
        (booked,) = winners(outcomes, "insufficient_credits")
        for error in outcomes:
            if isinstance(error, Exception):
                assert_refusal(error, "insufficient_credits", required=60, available=0)
        assert exchange.entries(client)[1:] == [("session_payment", -60, 0)]
        assert exchange.value("SELECT count(*) FROM client_sessions") == 1
        assert exchange.about(booked["session_id"], "status") == "scheduled"

    def test_of_ten_at_one_hour_exactly_one_is_made(self, exchange, at_once):
        client, practitioners = exchange.peer(600), [exchange.peer() for _ in range(10)]
        outcomes = at_once(10, lambda each, i: each.books(client, practitioners[i]))
        assert len(winners(outcomes, "slot_taken")) == 1
        assert exchange.balance(client) == 540

    def test_of_two_payments_exactly_one_is_made(self, exchange, at_once):
        client, practitioner = exchange.pair()
        sessions = [exchange.unpaid(client, practitioner, starts_at=f"{in_days(3)} {at}Z") for at in ("10:00", "12:00")]
        outcomes = at_once(2, lambda each, i: each.pays(sessions[i], client, practitioner))
        assert len(winners(outcomes, "insufficient_credits")) == 1


def test_of_ten_clients_of_one_hour_exactly_one_gets_it(exchange, at_once):
    practitioner, clients = exchange.peer(), [exchange.peer(60) for _ in range(10)]
    outcomes = at_once(10, lambda each, i: each.books(clients[i], practitioner))
    assert len(winners(outcomes, "slot_taken")) == 1
    assert Counter(exchange.balance(client) for client in clients) == {60: 9, 0: 1}
    assert exchange.balance(practitioner) == 60


class TestMutualBookings:
    def test_fifty_each_way_at_once_do_not_stop_each_other(self, exchange, at_once):
        anna, bob = exchange.peer(600), exchange.peer(600)

        def book(each, i):
            pair = (anna, bob) if i % 2 else (bob, anna)
            made = 0
            for n in range(10):
                try:
                    each.books(*pair, day=in_days(3 + n), at=f"{i:02}:00")
                    made += 1
                except psycopg.Error as error:
                    assert_refusal(error, "insufficient_credits")
            return made

        outcomes = at_once(10, book)
        assert all(isinstance(made, int) for made in outcomes), outcomes
        assert exchange.total() == 1200
        assert exchange.value("SELECT count(*) FROM client_sessions") == sum(outcomes) >= 20

    def test_of_one_hour_exactly_one_is_made_each_time(self, exchange, at_once):
        anna, bob = exchange.peer(6000), exchange.peer(6000)
        for n in range(10):
            outcomes = at_once(2, lambda each, i, n=n: each.books(*[(anna, bob), (bob, anna)][i], day=in_days(3 + n)))
            assert len(winners(outcomes, "slot_taken")) == 1
        assert exchange.total() == 12_000

    def test_without_accounts_make_them_once(self, exchange, at_once):
        anna, bob = exchange.peer(), exchange.peer()
        outcomes = at_once(4, lambda each, i: each.books(*[(anna, bob), (bob, anna)][i % 2], at=f"{8 + i:02}:00"))
        assert winners(outcomes, "insufficient_credits") == []
        exchange.books(exchange.peer(60), anna, at="20:00")

    def test_in_a_ring_do_not_stop_each_other(self, exchange, at_once):
        people = [exchange.peer(60) for _ in range(8)]
        outcomes = at_once(8, lambda each, i: each.books(people[i], people[(i + 1) % 8], at=f"{8 + i:02}:00"))
        assert len(winners(outcomes)) == 8
        assert [exchange.balance(person) for person in people] == [60] * 8


class TestOneSession:
    def test_is_paid_once_by_ten_who_get_the_same_answer(self, exchange, at_once):
        client, practitioner = exchange.pair(600)
        session = exchange.unpaid(client, practitioner)
        answers = at_once(10, lambda each, _: each.pays(session, client, practitioner))
        assert answers == [answers[0]] * 10
        assert answers[0]["client_balance_after"] == 540
        assert exchange.balance(client) == 540
        assert len(exchange.audits("process_peer_booking_credits")) == 1

    def test_is_refunded_once_to_both_parties_at_once(self, exchange, as_user):
        session, client, practitioner = exchange.booked()
        outcomes = race(
            10,
            lambda i: as_user([client, practitioner][i % 2]),
            lambda connection, _: Exchange(connection).refunds(session),
        )
        assert len(winners(outcomes, "invalid_state")) == 1
        assert (exchange.balance(client), exchange.balance(practitioner)) == (60, 0)

    def test_is_refunded_once_by_whichever_command(self, exchange, at_once):
        session, client, practitioner = exchange.booked()
        outcomes = at_once(6, lambda each, i: (each.refunds if i % 2 else each.cancels)(session))
        assert len(winners(outcomes, "invalid_state")) == 1
        assert (exchange.balance(client), exchange.balance(practitioner)) == (60, 0)

    def test_is_completed_or_refunded_not_both(self, exchange, at_once):
        for _ in range(5):
            session, client, _ = exchange.booked()
            exchange.starts(session)
            outcomes = at_once(
                2, lambda each, i, s=session: each.refunds(s) if i else each.steps(s, "complete_session")
            )
            assert len(winners(outcomes, "invalid_state")) == 1
            assert exchange.balance(client) == (60 if exchange.about(session, "status") == "cancelled" else 0)
            exchange.connection.execute("UPDATE client_sessions SET starts_at = starts_at - interval '1 day'")

    def test_is_paid_or_cancelled_and_then_refunded(self, exchange, at_once):
        client, practitioner = exchange.pair()
        session = exchange.unpaid(client, practitioner)
        at_once(2, lambda each, i: each.pays(session, client, practitioner) if i else each.cancels(session))
        assert (exchange.about(session, "status"), exchange.balance(client)) == ("cancelled", 60)

    def test_is_moved_and_refunded_without_a_deadlock(self, exchange, at_once):
        for n in range(5):
            session, client, practitioner = exchange.booked(day=in_days(10 + n))
            back = exchange.books(practitioner, client, day=in_days(20 + n))["session_id"]
            outcomes = at_once(
                4,
                lambda each, i, s=session, b=back, n=n: [
                    lambda: each.moves(s, day=in_days(30 + n)),
                    lambda: each.moves(b, day=in_days(40 + n)),
                    lambda: each.refunds(s),
                    lambda: each.cancels(b),
                ][i](),
            )
            assert len(winners(outcomes, "invalid_state")) >= 2
            assert (exchange.balance(client), exchange.balance(practitioner)) == (60, 0)

    def test_swaps_hours_with_another_without_a_deadlock(self, exchange, at_once):
        anna, bob = exchange.peer(120), exchange.peer(120)
        there, back = exchange.books(anna, bob, at="10:00"), exchange.books(bob, anna, at="12:00")
        targets = [(there["session_id"], "12:00"), (back["session_id"], "10:00")]
        outcomes = at_once(2, lambda each, i: each.moves(targets[i][0], day=in_days(3), at=targets[i][1]))
        assert winners(outcomes, "slot_taken") == []


class TestInSteps:
    REFUND = "SELECT process_peer_booking_refund(%s)"
    BOOK = "SELECT create_peer_booking(%s, %s, %s, '10:00', 60, 'Massage')"

    def test_earnings_that_go_back_first_are_not_spent(self, exchange, first, wait):
        session, _, practitioner = exchange.booked()
        other = exchange.peer()
        first.connection.execute("BEGIN")
        first.refunds(session)
        later = wait(self.BOOK, [practitioner, other, in_days(5)])
        first.connection.execute("COMMIT")
        with refused("insufficient_credits", required=60, available=0):
            later.result(TIMEOUT)

    def test_earnings_that_are_spent_first_become_debt(self, exchange, first, wait):
        session, _, practitioner = exchange.booked()
        other = exchange.peer()
        first.connection.execute("BEGIN")
        first.books(practitioner, other, day=in_days(5))
        later = wait(self.REFUND, [session])
        first.connection.execute("COMMIT")
        ((result,),) = later.result(TIMEOUT)
        assert (result["client_new_balance"], result["practitioner_new_balance"]) == (60, -60)

    def test_who_waits_for_an_hour_gets_it_when_the_first_rolls_back(self, exchange, first, wait):
        client, practitioner = exchange.pair()
        other = exchange.peer(60)
        first.connection.execute("BEGIN")
        first.books(client, practitioner)
        later = wait(self.BOOK, [other, practitioner, in_days(3)])
        first.connection.execute("ROLLBACK")
        assert later.result(TIMEOUT)[0][0]["success"] is True
        assert (exchange.balance(client), exchange.balance(other)) == (60, 0)

    def test_a_refund_that_waits_for_another_one_is_refused(self, exchange, first, wait):
        session, client, _ = exchange.booked()
        first.connection.execute("BEGIN")
        first.cancels(session)
        later = wait(self.REFUND, [session])
        first.connection.execute("COMMIT")
        with refused("invalid_state", status="cancelled"):
            later.result(TIMEOUT)
        assert exchange.balance(client) == 60

    def test_who_stops_accepting_meanwhile_is_not_booked(self, exchange, first, wait):
        client, practitioner = exchange.pair()
        first.connection.execute("BEGIN")
        first.connection.execute("SELECT FROM profiles WHERE user_id = %s FOR NO KEY UPDATE", [practitioner])
        first.change(practitioner, accepts_peer_bookings=False)
        later = wait(self.BOOK, [client, practitioner, in_days(3)])
        first.connection.execute("COMMIT")
        with refused("not_accepting"):
            later.result(TIMEOUT)

    def test_sessions_of_other_people_do_not_wait(self, exchange, first):
        pairs = [exchange.pair(), exchange.pair()]
        first.connection.execute("BEGIN")
        first.books(*pairs[0])
        exchange.connection.execute("SET lock_timeout = '10ms'")
        assert exchange.books(*pairs[1])["success"] is True
        first.connection.execute("COMMIT")


class TestTheOrderOfLocks:
    """Who waits for the lower id does not hold the higher one: whatever the roles, nobody can wait in a circle."""

    LOCK = "SELECT FROM {} WHERE user_id = %s FOR NO KEY UPDATE"

    @pytest.fixture
    def two(self, exchange):
        """Two with accounts, the one with the lower id first."""
        return sorted([exchange.peer(600), exchange.peer(600)])

    @pytest.fixture
    def waits(self, first, db, wait, two):
        """Let a call wait for the lower id of a table, see that the higher one is free, and let it go on."""

        def waits(table, statement, parameters):
            first.connection.execute("BEGIN")
            first.connection.execute(self.LOCK.format(table), two[:1])
            later = wait(statement, parameters)
            db.execute(self.LOCK.format(table) + " NOWAIT", two[1:])
            first.connection.execute("COMMIT")
            return later.result(TIMEOUT)

        return waits

    @pytest.mark.parametrize("table", ["profiles", "credits"])
    @pytest.mark.parametrize("turn", [1, -1])
    def test_of_a_booking(self, waits, two, table, turn):
        assert waits(table, TestInSteps.BOOK, [*two[::turn], in_days(3)])

    @pytest.mark.parametrize("turn", [1, -1])
    def test_of_a_payment(self, exchange, waits, two, turn):
        pair = two[::turn]
        pay = "SELECT process_peer_booking_credits(%s, %s, %s, 60)"
        assert waits("credits", pay, [*pair, exchange.unpaid(*pair)])

    @pytest.mark.parametrize("turn", [1, -1])
    @pytest.mark.parametrize("command", ["process_peer_booking_refund", "cancel_session"])
    def test_of_a_refund(self, exchange, waits, two, turn, command):
        session = exchange.books(*two[::turn])["session_id"]
        assert waits("credits", f"SELECT {command}(%s)", [session])

    @pytest.mark.parametrize("turn", [1, -1])
    def test_of_a_move(self, exchange, waits, two, turn):
        session = exchange.books(*two[::turn])["session_id"]
        assert waits("profiles", "SELECT reschedule_session(%s, %s, '15:00')", [session, in_days(4)])
