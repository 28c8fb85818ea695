"""Fixtures of every test that plays in the bank; a folder's conftest.py imports them."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import psycopg
import pytest

from credits.bank import Bank

BankAs: TypeAlias = Callable[[str], Bank]


@pytest.fixture
def bank(db: psycopg.Connection) -> Bank:
    """The bank as the service sees it."""
    return Bank(db)


@pytest.fixture
def bank_as(as_user: Callable[[str], psycopg.Connection]) -> BankAs:
    """The bank as this person sees it."""
    return lambda person: Bank(as_user(person))


@pytest.fixture
def superuser(superuser_dsn: str) -> Iterator[psycopg.Connection]:
    """A superuser who gets past every trigger and foreign key."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


@pytest.fixture(autouse=True)
def every_invariant_holds(bank: Bank) -> Iterator[None]:
    """After each test, whatever it did, nothing is broken, for verify_invariants() and reconcile_credits() alike."""
    yield
    assert bank.broken_invariants() == []
    assert bank.differences() == []
