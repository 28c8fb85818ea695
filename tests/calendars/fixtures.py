"""Fixtures of every test that plays in the practice; a folder's conftest.py imports them."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import psycopg
import pytest

from calendars.practice import Practice

PracticeAs: TypeAlias = Callable[[str], Practice]


@pytest.fixture
def practice(db: psycopg.Connection) -> Practice:
    """The practice as the service sees it."""
    return Practice(db)


@pytest.fixture
def practice_as(as_user: Callable[[str], psycopg.Connection]) -> PracticeAs:
    """The practice as this person sees it."""
    return lambda person: Practice(as_user(person))


@pytest.fixture(autouse=True)
def every_invariant_holds(practice: Practice) -> Iterator[None]:
    """After each test, whatever it did."""
    yield
    assert practice.broken_invariants() == []
