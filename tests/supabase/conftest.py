"""Tests against a Supabase project on this machine; skipped where node or npm's packages cannot be had.

What they cannot show: a hosted project, and the real PostgREST and Auth, for which something stands in. What that is
says support.supabase, and what follows from it ADR 0024.
"""

from collections.abc import Iterator

import pytest
from support.supabase import Platform, supabase_platform


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """Supabase's server, one for the test process."""
    with supabase_platform() as platform:
        yield platform
