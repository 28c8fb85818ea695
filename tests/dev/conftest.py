"""Places for development servers, which are stopped and deleted after the test."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bookingdb import dev
from bookingdb.server import _folders


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path that every user may enter."""
    memory = _folders.SHARED_MEMORY
    folder = Path(tempfile.mkdtemp(prefix="bookingdb-dev-test-", dir=memory if memory.is_dir() else None))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the development server of this test keeps its data, for this process and those it starts."""
    place = folder / "dev"
    monkeypatch.setenv(dev.DIRECTORY_VARIABLE, str(place))
    yield place
    dev.stop(place)
