"""Fixtures of every test that plays in the clinic; a folder's conftest.py imports them."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import psycopg
import pytest

from therapy.clinic import Clinic

ClinicAs: TypeAlias = Callable[[str], Clinic]


@pytest.fixture
def clinic(db: psycopg.Connection) -> Clinic:
    """The clinic as the service sees it."""
    return Clinic(db)


@pytest.fixture
def clinic_as(as_user: Callable[[str], psycopg.Connection]) -> ClinicAs:
    """The clinic as this person sees it."""
    return lambda person: Clinic(as_user(person))


@pytest.fixture
def superuser(superuser_dsn: str) -> Iterator[psycopg.Connection]:
    """A superuser who gets past every trigger and foreign key."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


@pytest.fixture(autouse=True)
def every_invariant_holds(clinic: Clinic) -> Iterator[None]:
    """After each test, whatever it did, nothing is broken, for verify_invariants() and reconcile_credits() alike."""
    yield
    assert clinic.broken_invariants() == []
    assert clinic.differences() == []
