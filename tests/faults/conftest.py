"""Faults are worked on servers of their own, whose data outlive them."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bookingdb.server import SHARED_MEMORY


@pytest.fixture
def data() -> Iterator[Path]:
    """Where a server may keep its data: in memory, which outlives processes as a disk does, and open to its user."""
    folder = Path(tempfile.mkdtemp(dir=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None))
    folder.chmod(0o755)
    yield folder / "data"
    shutil.rmtree(folder)
