"""Two connections in step in the bank: who waits for whom, and what they get when the other one commits or not."""

import pytest
from credits.fixtures import bank
from psycopg import errors
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.refusals import refused

__all__ = ["bank"]

SPEND = "SELECT update_credit_balance(%s, %s, 'session_payment') ->> 'balance_after'"
SEND = "SELECT credits_transfer(%s, %s, %s) ->> 'from_balance_after'"


@pytest.fixture
def first(connect):
    """Who comes first and holds a transaction open."""
    connection = connect()
    connection.execute("BEGIN")
    return connection


@pytest.fixture
def second(connect):
    """Who comes next."""
    return connect()


def test_the_next_spender_waits_and_spends_what_a_commit_leaves(bank, first, second):
    anna = bank.person(10)
    first.execute(SPEND, [anna, -4])
    later = execute_in_thread(second, SPEND, [anna, -4])
    wait_until_blocked(bank.connection, second.info.backend_pid)
    first.execute("COMMIT")
    assert later.result(TIMEOUT) == [("2",)]


def test_the_next_spender_waits_and_is_refused_when_a_commit_leaves_too_little(bank, first, second):
    anna = bank.person(10)
    first.execute(SPEND, [anna, -7])
    later = execute_in_thread(second, SPEND, [anna, -4])
    wait_until_blocked(bank.connection, second.info.backend_pid)
    first.execute("COMMIT")
    with refused("insufficient_credits", required=4, available=3):
        later.result(TIMEOUT)


def test_the_next_spender_waits_and_spends_what_a_rollback_leaves(bank, first, second):
    anna = bank.person(10)
    first.execute(SPEND, [anna, -7])
    later = execute_in_thread(second, SPEND, [anna, -4])
    wait_until_blocked(bank.connection, second.info.backend_pid)
    first.execute("ROLLBACK")
    assert later.result(TIMEOUT) == [("6",)]


@pytest.mark.parametrize(("end", "left"), [("COMMIT", "12"), ("ROLLBACK", "5")])
def test_the_next_movement_waits_for_an_account_that_is_being_made(bank, first, second, end, left):
    anna = bank.person()
    first.execute("SELECT update_credit_balance(%s, 7, 'bonus')", [anna])
    later = execute_in_thread(second, "SELECT update_credit_balance(%s, 5, 'bonus') ->> 'balance_after'", [anna])
    wait_until_blocked(bank.connection, second.info.backend_pid)
    first.execute(end)
    assert later.result(TIMEOUT) == [(left,)]


def test_transfers_of_others_do_not_wait(bank, first, second):
    anna, bob, carol, dave = (bank.person(10) for _ in range(4))
    first.execute(SEND, [anna, bob, 1])
    second.execute("SET lock_timeout = '1s'")
    assert second.execute(SEND, [carol, dave, 1]).fetchall() == [("9",)]
    first.execute("ROLLBACK")


def test_readers_never_wait(bank, first, second):
    anna, bob = bank.person(10), bank.person(10)
    first.execute(SEND, [anna, bob, 1])
    second.execute("SET lock_timeout = '1s'")
    assert second.execute("SELECT balance FROM get_credit_balance(%s)", [anna]).fetchall() == [(10,)]
    assert second.execute("SELECT count(*) FROM get_credit_transactions(%s)", [anna]).fetchall() == [(1,)]
    assert second.execute("SELECT balance_at(%s, now())", [anna]).fetchall() == [(10,)]
    assert second.execute("SELECT count(*) FROM reconcile_credits()").fetchall() == [(0,)]
    first.execute("ROLLBACK")


def test_somebody_elses_profile_may_be_changed_meanwhile(bank, first, second):
    """Foreign-key checks lock profiles no harder than they must."""
    anna, bob = bank.person(10), bank.person()
    first.execute(SEND, [anna, bob, 1])
    second.execute("SET lock_timeout = '1s'")
    assert second.execute("UPDATE profiles SET full_name = 'Renamed'").rowcount == 2
    first.execute("ROLLBACK")


def test_a_lock_timeout_is_postgresqls_own_error_and_nothing_is_done(bank, first, second):
    anna, bob = bank.person(10), bank.person(10)
    first.execute(SEND, [anna, bob, 1])
    second.execute("SET lock_timeout = '50ms'")
    with pytest.raises(errors.LockNotAvailable):
        second.execute(SEND, [bob, anna, 1])
    first.execute("COMMIT")
    assert (bank.balance(anna), bank.balance(bob)) == (9, 11)


def test_a_spender_whose_transaction_is_old_sees_what_there_is_now(bank, first, second):
    anna = bank.person(10)
    first.execute("SELECT balance FROM credits")
    second.execute(SPEND, [anna, -10])
    with refused("insufficient_credits", required=1, available=0):
        first.execute(SPEND, [anna, -1])
    first.execute("ROLLBACK")


def test_one_key_waits_for_its_first_call(bank, first, second):
    anna = bank.person(10)
    call = "SELECT update_credit_balance(%s, -4, 'session_payment', p_idempotency_key => 'k')::text"
    (answer,) = first.execute(call, [anna]).fetchall()
    later = execute_in_thread(second, call, [anna])
    wait_until_blocked(bank.connection, second.info.backend_pid)
    first.execute("COMMIT")
    assert later.result(TIMEOUT) == [answer]
    assert bank.balance(anna) == 6


def test_one_key_whose_first_call_is_rolled_back_is_tried_anew(bank, first, second):
    anna = bank.person(10)
    call = "SELECT update_credit_balance(%s, -4, 'session_payment', p_idempotency_key => 'k') ->> 'balance_after'"
    first.execute(call, [anna])
    later = execute_in_thread(second, call, [anna])
    wait_until_blocked(bank.connection, second.info.backend_pid)
    first.execute("ROLLBACK")
    assert later.result(TIMEOUT) == [("6",)]
    assert bank.entries(anna)[1:] == [("session_payment", -4, 6)]
