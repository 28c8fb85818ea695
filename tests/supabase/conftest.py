"""Tests against a Supabase project on this machine; skipped where node or npm's packages cannot be had.

What they cannot show: a hosted project, and the real PostgREST and Auth, for which something stands in. What that is
says support.supabase, and what follows from it ADR 0024.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.supabase import Clients, Platform, Project, supabase_platform

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


@pytest.fixture(
    scope="session", params=[False, True], ids=["nothing is granted by default", "everything is granted by default"]
)
def project(request: pytest.FixtureRequest, platform: Platform, exported: Path) -> Iterator[Project]:
    """A project with everything pushed to it, after and before the change of October 2026."""
    with platform.project(granted=request.param) as project:
        project.command_line(exported)("db", "push", "--yes")
        yield project


@pytest.fixture(scope="session")
def clients(platform: Platform, exported: Path) -> Iterator[Clients]:
    """A project of today with everything pushed to it, and its clients."""
    with platform.project() as project:
        project.command_line(exported)("db", "push", "--yes")
        with project.clients() as clients:
            yield clients
