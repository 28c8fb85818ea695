"""Many at once in the bank, with real connections: nothing is lost or minted, and nobody deadlocks."""

from collections import Counter
from itertools import chain, pairwise
from random import Random

import psycopg
import pytest
from credits.bank import Bank, insert_entry
from credits.commands import every_command
from credits.fixtures import bank, bank_as, superuser
from gusmester.calls import run_for_text
from psycopg.pq import TransactionStatus
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.race import race
from support.refusals import assert_refusal

__all__ = ["bank", "bank_as", "superuser"]

ROUNDS = 10


@pytest.fixture(autouse=True)
def every_account_agrees(bank):
    """After each test, whatever it did."""
    yield
    assert bank.broken_invariants() == []
    assert bank.differences() == []


def at_once(connect, *commands):
    """Run each command, a method of the bank and its arguments, on a connection of its own."""
    return race(
        len(commands), lambda _: connect(), lambda connection, i: commands[i][0](Bank(connection), *commands[i][1:])
    )


def split(outcomes):
    """Part the results of a race from its refusals."""
    return (
        [outcome for outcome in outcomes if not isinstance(outcome, Exception)],
        [outcome for outcome in outcomes if isinstance(outcome, Exception)],
    )


def chain_of(bank, person):
    """Return number, balance before and after, and time of somebody's entries."""
    return bank.rows(
        "SELECT entry_number, balance_before, balance_after, created_at FROM credit_transactions"
        " WHERE user_id = %s ORDER BY entry_number",
        [person],
    )


def assert_chain(bank, person, length):
    """Entries 1 to ``length``, each after the one before, in balance and in time."""
    entries = chain_of(bank, person)
    assert [number for number, *_ in entries] == [*range(1, length + 1)]
    assert all(a[2] == b[1] and a[3] <= b[3] for a, b in pairwise(entries))


class TestTheFirstMovement:
    """Of somebody without an account."""

    def test_ten_at_once_make_one_account_and_a_chain(self, bank, connect):
        for _ in range(ROUNDS):
            anna = bank.person()
            outcomes = at_once(connect, *[(Bank.change, anna, 1)] * 10)
            assert sorted(result["balance_after"] for result in outcomes) == [*range(1, 11)]
            assert_chain(bank, anna, 10)

    def test_may_come_by_transfers_from_ten_at_once(self, bank, connect):
        anna, givers = bank.person(), [bank.person(1) for _ in range(10)]
        outcomes = at_once(connect, *[(Bank.transfer, giver, anna, 1) for giver in givers])
        assert sorted(result["to_balance_after"] for result in outcomes) == [*range(1, 11)]
        assert_chain(bank, anna, 10)

    def test_may_come_by_a_hand_that_makes_the_account_too(self, bank, connect):
        """An application that inserts accounts itself, while commands make them."""
        for _ in range(ROUNDS):
            anna = bank.person()

            def work(connection, i, person=anna):
                if i % 2:
                    return Bank(connection).change(person, 1)
                return connection.execute(
                    "INSERT INTO credits (user_id) VALUES (%s) ON CONFLICT DO NOTHING", [person]
                ).rowcount

            assert split(race(6, lambda _: connect(), work))[1] == []
            assert_chain(bank, anna, 3)

    def test_of_two_people_who_send_each_other_what_they_do_not_have_is_refused(self, bank, connect):
        for _ in range(ROUNDS):
            anna, bob = bank.person(), bank.person()
            outcomes = at_once(connect, *[(Bank.transfer, anna, bob, 1), (Bank.transfer, bob, anna, 1)] * 3)
            for refusal in outcomes:
                assert_refusal(refusal, "insufficient_credits", required=1, available=0)
        assert bank.rows("SELECT user_id FROM credits") == []


class TestTransfers:
    def test_crosswise_do_not_deadlock_and_conserve_the_total(self, bank, connect):
        anna, bob = bank.person(100), bank.person(100)

        def work(connection, i):
            pair = (anna, bob) if i % 2 else (bob, anna)
            return [Bank(connection).transfer(*pair, 1) for _ in range(10)]

        outcomes = race(10, lambda _: connect(), work)
        assert split(outcomes)[1] == []
        assert bank.balance(anna) == bank.balance(bob) == 100
        for person in (anna, bob):
            assert_chain(bank, person, 101)

    def test_of_fifty_pairs_crosswise_at_once(self, bank, connect):
        anna, bob = bank.person(50), bank.person(50)
        outcomes = at_once(connect, *[(Bank.transfer, anna, bob, 1), (Bank.transfer, bob, anna, 1)] * 25)
        assert split(outcomes)[1] == []
        assert bank.balance(anna) == bank.balance(bob) == 50

    def test_in_a_ring_conserve_the_total(self, bank, connect):
        people = [bank.person(20) for _ in range(6)]

        def work(connection, i):
            met, choice, mine = [], Random(i), Bank(connection)
            for _ in range(30):
                try:
                    mine.transfer(*choice.sample(people, 2), choice.randint(1, 15))
                except psycopg.Error as error:
                    met.append(error)
            return met

        for refusal in chain.from_iterable(race(8, lambda _: connect(), work)):
            assert_refusal(refusal, "insufficient_credits")
        assert sum(bank.balance(person) for person in people) == 120
        assert min(bank.balance(person) for person in people) >= 0

    def test_of_everything_at_once_succeed_once(self, bank, connect):
        anna, others = bank.person(10), [bank.person() for _ in range(10)]
        done, refusals = split(at_once(connect, *[(Bank.transfer, anna, other, 10) for other in others]))
        assert len(done) == 1
        for refusal in refusals:
            assert_refusal(refusal, "insufficient_credits", required=10, available=0)
        assert Counter(bank.balance(other) for other in others) == {10: 1, 0: 9}

    def test_by_users_at_once_spend_their_own(self, bank, bank_as):
        bank.connection.execute("UPDATE settings SET allow_user_transfers = true")
        anna, bob = bank.person(5), bank.person()
        outcomes = race(
            10, lambda _: bank_as(anna).connection, lambda connection, _: Bank(connection).transfer(anna, bob, 1)
        )
        assert len(split(outcomes)[0]) == 5
        assert (bank.balance(anna), bank.balance(bob)) == (0, 5)


class TestSpending:
    def test_the_last_credits_happens_once(self, bank, connect):
        for _ in range(ROUNDS):
            anna = bank.person(10)
            done, (refusal,) = split(at_once(connect, (Bank.change, anna, -10), (Bank.change, anna, -10)))
            assert len(done) == 1
            assert_refusal(refusal, "insufficient_credits", required=10, available=0)
            assert bank.balance(anna) == 0

    def test_happens_as_often_as_they_last(self, bank, connect):
        anna = bank.person(30)
        done, refusals = split(at_once(connect, *[(Bank.change, anna, -10)] * 10))
        assert sorted(result["balance_after"] for result in done) == [0, 10, 20]
        for refusal in refusals:
            assert_refusal(refusal, "insufficient_credits", required=10, available=0)

    def test_and_a_reversal_come_in_either_order(self, bank, connect):
        reversal = (-60, "session_earning_reversal")
        for _ in range(ROUNDS):
            anna = bank.person(60)
            spent, reversed_ = at_once(connect, (Bank.change, anna, -60), (Bank.change, anna, *reversal))
            if isinstance(spent, Exception):
                assert_refusal(spent, "insufficient_credits", required=60, available=0)
                assert reversed_["balance_after"] == bank.balance(anna) == 0
            else:
                assert reversed_["balance_after"] == bank.balance(anna) == -60

    def test_waits_for_an_earning_that_repays(self, bank, connect):
        for _ in range(ROUNDS):
            anna = bank.indebted(10)
            spent, earned = at_once(connect, (Bank.change, anna, -5), (Bank.change, anna, 15, "session_earning"))
            assert earned["balance_after"] == 5
            assert bank.balance(anna) == (5 if isinstance(spent, Exception) else 0)


def test_time_never_runs_backwards_however_old_a_transaction_is(bank, connect):
    """All of them begin first, and get the account in any order."""
    anna = bank.person()

    def begin(_):
        connection = connect(autocommit=False)
        connection.execute("SELECT now()")
        return connection

    def work(connection, i):
        for _ in range(10):
            Bank(connection).change(anna, i + 1)
            connection.commit()

    assert split(race(8, begin, work))[1] == []
    assert_chain(bank, anna, 80)


def test_an_entry_by_hand_beside_commands_follows_or_is_refused(bank, connect):
    """Without the account's lock it may also make somebody meet a deadlock, which is worth a retry; never a gap."""
    anna = bank.person(10)

    def by_hand(connection):
        insert_entry(connection, anna, created_at="2090-01-01Z", amount=1)

    def work(connection, i):
        taken = 0
        for _ in range(20):
            try:
                by_hand(connection) if i == 0 else Bank(connection).change(anna, 1)
                taken += 1
            except (psycopg.IntegrityError, psycopg.errors.DeadlockDetected):
                assert connection.info.transaction_status is TransactionStatus.IDLE
        return taken

    assert_chain(bank, anna, 1 + sum(race(4, lambda _: connect(), work)))


def test_repairs_at_once_repair_once(bank, connect, superuser):
    anna = bank.person(10)
    superuser.execute("UPDATE credits SET balance = 15")
    outcomes = at_once(connect, *[(Bank.repair, anna)] * 10)
    assert Counter(result["repaired"] for result in outcomes) == {True: 1, False: 9}
    assert bank.entries(anna) == [("credit_purchase", 10, 10), ("adjustment", 5, 15)]


@every_command
def test_ten_calls_with_one_key_are_one_call(bank, superuser, connect, command):
    arguments = command.prepare(bank, superuser).arguments | {"p_idempotency_key": "4f1c"}
    before = len(bank.audits(command.name))
    outcomes = race(10, lambda _: connect(), lambda connection, _: run_for_text(connection, command.name, **arguments))
    (text,) = set(outcomes)
    assert isinstance(text, str)
    assert len(bank.audits(command.name)) == before + 1


@every_command
def test_one_key_with_two_sets_of_arguments_is_one_call_and_conflicts(bank, superuser, connect, command):
    trial = command.prepare(bank, superuser)
    before = len(bank.audits(command.name))
    both = [trial.arguments, trial.arguments | trial.other_arguments]
    outcomes = race(
        10, lambda _: connect(), lambda c, i: run_for_text(c, command.name, **both[i % 2], p_idempotency_key="4f1c")
    )
    texts, refusals = split(outcomes)
    assert (len(set(texts)), len(texts), len(refusals)) == (1, 5, 5)
    for refusal in refusals:
        assert_refusal(refusal, "idempotency_conflict")
    assert len(bank.audits(command.name)) == before + 1


@pytest.mark.parametrize("first", ["delete", "change"])
def test_a_person_who_is_deleted_while_credits_come_has_both_or_neither(bank, connect, first):
    for _ in range(ROUNDS):
        anna = bank.person()
        ways = {
            "delete": lambda connection, person=anna: connection.execute(
                "DELETE FROM profiles WHERE user_id = %s", [person]
            ),
            "change": lambda connection, person=anna: Bank(connection).change(person, 1),
        }
        order = [first, *(way for way in ways if way != first)]
        outcomes = dict(zip(order, race(2, lambda _: connect(), lambda c, i, w=ways, o=order: w[o[i]](c)), strict=True))
        exists = bank.rows("SELECT FROM profiles WHERE user_id = %s", [anna]) != []
        assert exists == (bank.balance(anna) == 1) == isinstance(outcomes["delete"], psycopg.IntegrityError)


@pytest.mark.parametrize("goes", [True, False])
def test_a_first_account_waits_for_who_deletes_the_person(bank, connect, goes):
    anna = bank.person()
    owner, second = connect(autocommit=False), connect()
    owner.execute("DELETE FROM profiles WHERE user_id = %s", [anna])
    later = execute_in_thread(second, "SELECT update_credit_balance(%s, 5, 'bonus') ->> 'balance_after'", [anna])
    wait_until_blocked(bank.connection, second.info.backend_pid)
    if goes:
        owner.commit()
        assert_refusal(later.exception(TIMEOUT), "not_found", entity="profile", id=anna)
    else:
        owner.rollback()
        assert later.result(TIMEOUT) == [("5",)]
