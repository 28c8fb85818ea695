"""Fixtures of every test that plays in the exchange; a folder's conftest.py imports them."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import psycopg
import pytest

from peer.exchange import Exchange

ExchangeAs: TypeAlias = Callable[[str], Exchange]


@pytest.fixture
def exchange(db: psycopg.Connection) -> Exchange:
    """The exchange as the service sees it."""
    return Exchange(db)


@pytest.fixture
def exchange_as(as_user: Callable[[str], psycopg.Connection]) -> ExchangeAs:
    """The exchange as this person sees it."""
    return lambda person: Exchange(as_user(person))


@pytest.fixture(autouse=True)
def every_invariant_holds(exchange: Exchange) -> Iterator[None]:
    """After each test, whatever it did, nothing is broken, for verify_invariants() and reconcile_credits() alike."""
    yield
    assert exchange.broken_invariants() == []
    assert exchange.bank.differences() == []
