"""Folders and programs for the launcher's tests."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bookingdb.server import _folders


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder with a short path that every user may enter, unlike pytest's own."""
    memory = _folders.SHARED_MEMORY
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def base(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which servers are run during the test."""
    monkeypatch.setattr(_folders, "SHARED_MEMORY", open_folder)
    return open_folder


@pytest.fixture
def make_programs(tmp_path: Path) -> Callable[[int], Path]:
    """Make a folder of programs that say they are a PostgreSQL of this version."""

    def make(version: int) -> Path:
        bindir = tmp_path / str(version) / "bin"
        bindir.mkdir(parents=True)
        for name in ("postgres", "initdb"):
            (bindir / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}.1'\n")
            (bindir / name).chmod(0o755)
        return bindir

    return make
