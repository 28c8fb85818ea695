"""Fixtures of every test that plays in the studio; a folder's conftest.py imports them."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import psycopg
import pytest

from classes.studio import Customer, Studio

StudioAs: TypeAlias = Callable[[Customer | str], Studio]


@pytest.fixture
def studio(db: psycopg.Connection) -> Studio:
    """The studio as the service sees it."""
    return Studio(db)


@pytest.fixture
def studio_as(studio: Studio, as_user: Callable[[str], psycopg.Connection]) -> StudioAs:
    """The studio as this client, or the user with this id, sees it."""

    def studio_as(who: Customer | str) -> Studio:
        user_id = who if isinstance(who, str) else who.user_id
        assert user_id is not None
        return Studio(as_user(user_id), studio.organization)

    return studio_as


@pytest.fixture
def staff_as(studio: Studio, studio_as: StudioAs) -> Callable[[], Studio]:
    """The studio as a new member of its staff sees it."""
    return lambda: studio_as(studio.staff())


@pytest.fixture(autouse=True)
def every_invariant_holds(studio: Studio) -> Iterator[None]:
    """After each test, whatever it did."""
    yield
    assert studio.broken_invariants() == []
