"""Fixtures of every test that plays in the club; a folder's conftest.py imports them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeAlias

import psycopg
import pytest
from support.refusals import refused

from gusmester.club import Club, Employee
from gusmester.snapshot import nothing_written

AsEmployee: TypeAlias = Callable[[Employee], psycopg.Connection]
ClubAs: TypeAlias = Callable[[Employee], Club]
Refuses: TypeAlias = Callable[..., AbstractContextManager[pytest.ExceptionInfo[psycopg.Error]]]


@pytest.fixture
def club(db: psycopg.Connection) -> Club:
    """The club as the service sees it."""
    return Club(db)


@pytest.fixture
def as_employee(as_user: Callable[[str], psycopg.Connection]) -> AsEmployee:
    """Open a connection of this employee's login."""
    return lambda employee: as_user(employee.user_id)


@pytest.fixture
def club_as(as_employee: AsEmployee) -> ClubAs:
    """The club as this employee sees it."""
    return lambda employee: Club(as_employee(employee))


@pytest.fixture
def refuses(db: psycopg.Connection) -> Refuses:
    """Assert that a block is refused for a reason, with this context, and that nothing was written."""

    @contextmanager
    def refuses(reason: str, **context: Any) -> Iterator[pytest.ExceptionInfo[psycopg.Error]]:
        with nothing_written(db), refused(reason, **context) as caught:
            yield caught

    return refuses


@pytest.fixture(autouse=True)
def every_invariant_holds(club: Club) -> Iterator[None]:
    """After each test, whatever it did."""
    yield
    assert club.broken_invariants() == []
