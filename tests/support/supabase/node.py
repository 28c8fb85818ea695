"""The programs of tests/supabase/npm: installed once, run by node, gone with whoever started them."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

NPM = Path(__file__).resolve().parents[2] / "supabase" / "npm"
OLDEST_NODE = 20
_MODULES = NPM / "node_modules"
_INSTALL = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]


def installed() -> Path:
    """Return the folder of the packages, installed as the lock file says; skip the test where that is impossible."""
    if not shutil.which("npm") or _node_version() < OLDEST_NODE:
        pytest.skip(f"npm and node {OLDEST_NODE} or newer are not installed")
    wanted = hashlib.sha256((NPM / "package-lock.json").read_bytes()).hexdigest()
    mark = _MODULES / ".installed"
    with (NPM / "package.json").open() as lock:  # another test process may be at it
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text() != wanted:
            _install()
            mark.write_text(wanted)
    return _MODULES


def _install() -> None:
    done = subprocess.run(_INSTALL, cwd=NPM, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"npm could not install tests/supabase/npm: {done.stderr.strip()}")


def _node_version() -> int:
    if not shutil.which("node"):
        return 0
    version = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout
    return int(version.lstrip("v").partition(".")[0])


@contextmanager
def node(script: str, *arguments: str) -> Iterator[tuple[IO[str], IO[str]]]:
    """Run a script, which ends when its standard input does; yield that and its standard output."""
    quiet = os.environ | {"LITE_TELEMETRY": "0", "DO_NOT_TRACK": "1"}
    command = ["node", str(NPM / script), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=quiet) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield process.stdin, process.stdout
        finally:
            process.stdin.close()


@contextmanager
def listening(script: str, *arguments: str) -> Iterator[int]:
    """Run a script that listens on 127.0.0.1; yield the port."""
    with node(script, *arguments) as (_, output):
        answer: dict[str, Any] = json.loads(output.readline() or '{"port": 0}')
        assert answer["port"], f"{script} did not start"
        yield answer["port"]
