"""The types that an export writes for supabase-js are those that Supabase's own generator finds, and more exact."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.supabase import NPM, Project, installed

from bookingdb.export import export_typescript


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an export."""
    installed()
    file = tmp_path_factory.mktemp("types") / "database.types.ts"
    export_typescript(file, expose="public")
    return file


def signatures(file: Path) -> dict[str, Any]:
    """Return what a file says of `public`."""
    command = ["node", str(NPM / "signatures.mjs"), str(file), "public"]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def plain(shape: Any) -> Any:
    """Return what is left of types when it is forgotten what may be NULL and which texts there are."""
    if isinstance(shape, dict):
        return {name: plain(inner) for name, inner in shape.items()}
    if isinstance(shape, list):
        return [plain(shape[0]), shape[1]]
    shape = re.sub(r"\((\w+)\)\[\]", r"\1[]", re.sub(r"NonNullable<(\w+)>", r"\1", shape)).removesuffix(" | null")
    return re.sub(r"'\w+'( \| '\w+')*", "string", shape)


def test_they_are_those_of_supabase(project: Project, exported: Path, ours: Path, tmp_path: Path) -> None:
    file = tmp_path / "generated.ts"
    file.write_text(project.command_line(exported)("gen", "types", "--lang=typescript", "--schema=public"))
    generated, written = plain(signatures(file)), plain(signatures(ours))
    for function in generated["Functions"].values():
        if function["Returns"] == "Json":  # of a json command nothing more can be seen from outside
            function["Returns"] = None
    for name, function in written["Functions"].items():
        if generated["Functions"][name]["Returns"] is None:
            assert "success" in function["Returns"] or name == "process_stripe_event"
            function["Returns"] = None
    assert written["Functions"] == generated["Functions"]
    assert rows(written) == rows(generated)


def rows(types: Any) -> Any:
    """Return what is read from views."""
    return {name: view["Row"] for name, view in types["Views"].items()}


def test_what_is_written_are_the_columns_that_the_service_may_write(ours: Path) -> None:
    """Supabase's generator knows no grants, and takes every column of a view for one that may be left out."""
    views = signatures(ours)["Views"]
    assert views["session_employees"]["Insert"] == {
        "session_id": ["string", False],
        "employee_id": ["string", False],
        "assigned_at": ["string", True],
    }
    assert views["employees"]["Update"] == {
        "user_id": ["string | null", True],
        "name": ["string", True],
        "email": ["string", True],
        "status": ["'active' | 'inactive'", True],
        "is_admin": ["boolean", True],
    }
    assert views["employees"]["Insert"]["email"] == ["string", False]
    assert "points" not in views["employees"]["Insert"]
    assert views["credits"].keys() == {"Row"}


def test_a_command_says_what_it_returns(ours: Path) -> None:
    assert signatures(ours)["Functions"]["book_gusmester_spot"] == {
        "Args": {
            "p_session_id": ["string", False],
            "p_employee_id": ["string | null", True],
            "p_idempotency_key": ["string | null", True],
        },
        "Returns": {
            "success": ["true", False],
            "booking_id": ["string", False],
            "guest_spot_id": ["string", False],
            "session_id": ["string", False],
            "employee_id": ["string", False],
            "points_charged": ["number", False],
            "new_points": ["number", False],
        },
    }


def test_an_application_is_checked_by_them(ours: Path) -> None:
    """What is wrong in it is expected to be found; an expectation that nothing meets is an error too."""
    shutil.copy(NPM / "application.ts", ours.parent)
    (ours.parent / "node_modules").symlink_to(installed())
    options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--moduleResolution", "bundler"]
    command = ["node", str(installed() / "typescript" / "bin" / "tsc"), *options, "--module", "es2022"]
    checked = subprocess.run([*command, "application.ts"], cwd=ours.parent, capture_output=True, text=True)
    assert checked.stdout == ""
    assert checked.returncode == 0
