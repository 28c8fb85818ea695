"""Scenario 40 in the bank: the server is killed under load; what it has acknowledged is there, nothing is half-done."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path

import psycopg
import pytest
from faults.clients import Diary
from faults.conftest import data
from faults.test_kill_under_load import ANSWERS, CLIENTS, KILLS, assert_nothing_is_lost, connect, kill
from support.threads import in_thread

from bookingdb.deploy import migrate
from bookingdb.server import Server, launch
from credits.bank import Bank

__all__ = ["data"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the end of a process is waited for with a pidfd")


@pytest.fixture(autouse=True)
def every_invariant_holds() -> None:
    """Looked at on the server that is killed, not here."""


@contextmanager
def running(data: Path) -> Iterator[tuple[Server, Bank]]:
    """Run the server on its data, whatever became of it before."""
    with launch(directory=data) as server, connect(server) as connection:
        yield server, Bank(connection)


def move_until_the_end(
    connect: Callable[[], psycopg.Connection], diary: Diary, name: str, giver: str, receiver: str
) -> None:
    """Allocate, spend and send credits until the server is gone."""
    with suppress(psycopg.OperationalError), connect() as connection:
        for number in count():
            key = f"{name}, round {number}: "
            period = {"p_subscription_id": None, "p_amount": 60, "p_allocation_type": key}
            diary.ask(connection, key + "allocate", "allocate_monthly_credits", p_user_id=giver, **period)
            payment = {"p_amount": -20, "p_transaction_type": "session_payment"}
            diary.ask(connection, key + "spend", "update_credit_balance", p_user_id=giver, **payment)
            people = {"p_from_user_id": giver, "p_to_user_id": receiver}
            diary.ask(connection, key + "send", "credits_transfer", **people, p_amount=30)


def move_and_kill(server: Server, diary: Diary, name: str, bank: Bank) -> None:
    """Let clients move credits for a while, all of them among the same few people, and kill the server."""
    people = [bank.person() for _ in range(4)]
    pairs = [(people[i % 4], people[(i + 1) % 4]) for i in range(CLIENTS)]
    clients = [
        in_thread(partial(move_until_the_end, partial(connect, server), diary, f"{name}, client {i}", *pair))
        for i, pair in enumerate(pairs)
    ]
    diary.wait_for_answers(ANSWERS)
    kill(server)
    for client in clients:
        client.result(timeout=60)


def assert_nothing_is_half_done(bank: Bank, diary: Diary) -> None:
    """Each call had all of its effects once: there are as many rows and credits as the calls made."""
    calls = Counter(function for function, _ in diary.asked.values())
    allocated, spent = calls["allocate_monthly_credits"], calls["update_credit_balance"]
    assert bank.broken_invariants() == []
    assert bank.differences() == []
    assert Counter(dict(bank.rows("SELECT action, count(*) FROM audit_log GROUP BY action"))) == calls
    assert Counter(dict(bank.rows("SELECT amount, count(*) FROM credit_transactions GROUP BY amount"))) == {
        60: allocated,
        -20: spent,
        -30: calls["credits_transfer"],
        30: calls["credits_transfer"],
    }
    assert bank.value("SELECT count(*) FROM credit_allocations") == allocated
    assert bank.value("SELECT sum(balance) FROM credits") == 60 * allocated - 20 * spent


def test_every_acknowledged_call_is_there_and_none_is_half_done(data):
    diary = Diary()
    for kills in range(KILLS):
        with running(data) as (server, bank):
            if kills == 0:
                migrate(server.conninfo())
            else:
                assert_nothing_is_lost(bank, diary)
                assert_nothing_is_half_done(bank, diary)
            move_and_kill(server, diary, f"kill {kills}", bank)
    with running(data) as (_, bank):
        assert_nothing_is_lost(bank, diary)
        assert_nothing_is_half_done(bank, diary)
