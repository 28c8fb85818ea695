"""Every command on accounts, ready to be called: for the rules that hold for each of them alike."""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import pytest
from gusmester.calls import Json

from credits.bank import Bank


@dataclass(frozen=True)
class Trial:
    """A bank in which a command can be called, and with what."""

    arguments: Json
    """What the service calls it with."""
    other_arguments: Json
    """Other arguments that would do as well."""
    obstruct: Callable[[], object]
    """Makes the prepared call fail, for ``refused_as``."""
    clear: Callable[[], object]
    """Undoes that."""


@dataclass(frozen=True)
class Command:
    """A command, what it answers, and how to come to a bank in which it can be called."""

    name: str
    result: tuple[str, ...]
    prepare: Callable[[Bank, psycopg.Connection], Trial]
    refused_as: str


def _change(bank: Bank, _: psycopg.Connection) -> Trial:
    anna = bank.person(30)
    return Trial(
        {"p_user_id": anna, "p_amount": -30, "p_transaction_type": "session_payment", "p_description": "Massage"},
        {"p_amount": -29},
        obstruct=lambda: bank.change(anna, -1, "expiry"),
        clear=lambda: bank.change(anna, 1, "refund"),
    )


def _transfer(bank: Bank, _: psycopg.Connection) -> Trial:
    anna, bob = bank.person(30), bank.person(10)
    return Trial(
        {"p_from_user_id": anna, "p_to_user_id": bob, "p_amount": 30, "p_description": "Lunch"},
        {"p_amount": 29},
        obstruct=lambda: bank.transfer(anna, bob, 1),
        clear=lambda: bank.transfer(bob, anna, 1),
    )


def _repair(bank: Bank, superuser: psycopg.Connection) -> Trial:
    anna = bank.person(30)

    def show(balance: int) -> None:
        superuser.execute("UPDATE credits SET balance = %s WHERE user_id = %s", [balance, anna])

    show(40)
    return Trial(
        {"p_user_id": anna, "p_reason": "Cheque found"},
        {"p_reason": "Cheque lost and found"},
        obstruct=lambda: show(-1),
        clear=lambda: show(40),
    )


COMMANDS = [
    Command(
        "update_credit_balance", ("transaction_id", "balance_before", "balance_after"), _change, "insufficient_credits"
    ),
    Command(
        "credits_transfer", ("transfer_id", "from_balance_after", "to_balance_after"), _transfer, "insufficient_credits"
    ),
    Command(
        "repair_credit_account", ("repaired", "transaction_id", "amount", "balance_after"), _repair, "invalid_state"
    ),
]

every_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
"""Runs a test with each of them."""
