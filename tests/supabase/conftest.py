"""Tests against a Supabase project on this machine; skipped where node or npm's packages cannot be had.

What they cannot show: a hosted project, and the real PostgREST and Auth, for which something stands in. What that is
says support.supabase, and what follows from it ADR 0024.
"""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from gusmester.club import Club
from peer.exchange import Exchange
from support.supabase import Clients, Platform, Project, supabase_platform
from therapy.clinic import Clinic

from bookingdb.export import export_supabase


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """Supabase's server, one for the test process."""
    with supabase_platform() as platform:
        yield platform


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A developer's folder with an export of everything, exposed in `public`."""
    folder = tmp_path_factory.mktemp("exported")
    (folder / "supabase").mkdir()
    export_supabase(folder, expose="public")
    return folder


@pytest.fixture(scope="session")
def today(platform: Platform, exported: Path) -> Iterator[Project]:
    """A project with everything pushed to it; nothing in `public` is granted by default."""
    with platform.project() as project:
        project.command_line(exported)("db", "push", "--yes")
        yield project


@pytest.fixture(scope="session")
def before_october_2026(platform: Platform, exported: Path) -> Iterator[Project]:
    """A project with everything pushed to it; everything in `public` is granted to the API's roles by default."""
    with platform.project(granted=True) as project:
        project.command_line(exported)("db", "push", "--yes")
        yield project


@pytest.fixture(params=["today", "before_october_2026"])
def project(request: pytest.FixtureRequest) -> Project:
    """One of these projects, and then the other."""
    project: Project = request.getfixturevalue(request.param)
    return project


@pytest.fixture(scope="session")
def clients(today: Project) -> Iterator[Clients]:
    """The clients of a project. It is the same one for all tests, as it is for its users."""
    with today.clients() as clients:
        yield clients


@pytest.fixture
def db(today: Project) -> Iterator[psycopg.Connection]:
    """The developer's connection to that project."""
    with psycopg.connect(today.dsn, autocommit=True, options="-csearch_path=bookingdb,pg_temp") as connection:
        yield connection


@pytest.fixture
def club(db: psycopg.Connection) -> Iterator[Club]:
    """A club in that project, where every rule still holds after the test."""
    club = Club(db)
    yield club
    assert club.broken_invariants() == []


@pytest.fixture
def clinic(db: psycopg.Connection) -> Iterator[Clinic]:
    """A clinic in that project, where every rule still holds after the test."""
    clinic = Clinic(db)
    yield clinic
    assert clinic.broken_invariants() == []


@pytest.fixture
def exchange(db: psycopg.Connection) -> Iterator[Exchange]:
    """A peer exchange in that project, where every rule still holds after the test."""
    exchange = Exchange(db)
    yield exchange
    assert exchange.broken_invariants() == []
