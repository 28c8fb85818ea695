"""What a user's type checker says: the example is right, and every kind of wrong call is found."""

import os
import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLE = PROJECT / "examples" / "app.py"
WRONG_CALLS = Path(__file__).with_name("wrong_calls.py")


def errors_of(*files: Path) -> set[tuple[str, int]]:
    """Return file and line of everything that mypy finds in files which are not of the project."""
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--enable-error-code=unused-coroutine", *files],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
        env=os.environ | {"MYPYPATH": "src"},
    )
    assert found.returncode in (0, 1), found.stderr
    lines = re.findall(r"^(.+):(\d+): error: ", found.stdout, re.MULTILINE)
    return {(Path(name).name, int(number)) for name, number in lines}


def test_the_example_is_right_and_wrong_calls_are_found() -> None:
    lines = WRONG_CALLS.read_text("utf-8").splitlines()
    expected = {(WRONG_CALLS.name, number) for number, line in enumerate(lines, 1) if "  # wrong: " in line}
    assert len(expected) > 20
    assert errors_of(EXAMPLE, WRONG_CALLS) == expected


def test_the_example_runs(dsn: str) -> None:
    ran = subprocess.run(
        [sys.executable, EXAMPLE], capture_output=True, text=True, check=True, env=os.environ | {"BOOKINGDB_DSN": dsn}
    )
    assert ran.stdout == (
        "Forest Steam: the host has 450 points now\n"
        "Offered:\n"
        "  Forest Steam with Heidi: 150 points\n"
        "  This spot is not available (status: booked_by_gusmester)\n"
        "  This spot is not available (status: booked_by_gusmester)\n"
        "  This spot is not available (status: booked_by_gusmester)\n"
        "  This spot is not available (status: booked_by_gusmester)\n"
        "  booked, 150 points left\n"
        "  booked, 150 points left\n"
        "Every invariant holds\n"
    )
