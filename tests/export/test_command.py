"""``bookingdb export``: its answers and its refusals."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bookingdb import __version__
from bookingdb.cli import main
from bookingdb.export import project
from bookingdb.modules import DEPENDENCIES

_NAME = f"bookingdb_{__version__.replace('.', '_')}.sql"


def export(*arguments: object) -> Result:
    """Run the command; an exception that is no sentence fails the test."""
    result = CliRunner().invoke(
        main, ["export", *map(str, arguments)], env={"BOOKINGDB_DSN": "", "BOOKINGDB_SCHEMA": ""}
    )
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_into_a_project(tmp_path: Path) -> None:
    (tmp_path / "supabase").mkdir()

    first, again = export("--supabase", tmp_path, "--expose", "public"), export("--supabase", tmp_path)

    (file,) = (tmp_path / "supabase" / "migrations").iterdir()
    assert file.name[14:] == f"_{_NAME}"
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert f"Wrote {file}" in first.stdout
    assert "supabase db push" in first.stdout
    assert again.stdout.startswith(f"Nothing to write: the folder has all of bookingdb {__version__}")


@pytest.mark.parametrize("named", ["", "supabase", "supabase/migrations"])
def test_the_folder_may_be_named_in_three_ways(tmp_path: Path, named: str) -> None:
    (tmp_path / "supabase" / "migrations").mkdir(parents=True)
    (tmp_path / "supabase" / "config.toml").touch()

    assert export("--supabase", tmp_path / named, "--modules", "core").exit_code == 0
    assert len(list((tmp_path / "supabase" / "migrations").iterdir())) == 1


def test_json(tmp_path: Path) -> None:
    types = tmp_path / "types.ts"
    options = (
        "--supabase",
        tmp_path,
        "--modules",
        "gusmester,therapy",
        "--expose",
        "api",
        "--typescript",
        types,
        "--json",
    )

    first, again = json.loads(export(*options).stdout), json.loads(export(*options).stdout)

    assert first["changed"]
    assert (first["schema"], first["expose"], first["typescript"]) == ("bookingdb", ["api"], str(types))
    assert "core" in first["modules"]
    assert Path(first["file"]).is_file()
    assert {"kind": "function", "module": "core", "name": "_fail", "action": "created"} in first["changes"]
    assert "view api.sessions" in first["exposed"]
    assert "  api: {" in types.read_text()
    assert (again["changed"], again["file"], again["typescript"], again["changes"]) == (False, None, None, [])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "Export what?"),
        (["--supabase", "nowhere"], "There is no folder nowhere."),
        (["--supabase", ".", "--modules", "sauna"], "unknown module: sauna"),
        (["--supabase", ".", "--expose", "bookingdb"], "what is not to be exposed"),
        (["--supabase", ".", "--expose", "pg_catalog"], "that name belongs to PostgreSQL"),
        (["--supabase", ".", "--schema", "x" * 64], "a name has 1 to 63 bytes"),
        (["--typescript", "nowhere/types.ts"], "There is no folder nowhere."),
        (["--typescript", "mine.ts"], "bookingdb export did not write it"),
    ],
)
def test_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], message: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.ts").write_text("export type Mine = 1\n")

    said, as_json = export(*options), export(*options, "--json")

    assert (said.exit_code, as_json.exit_code) == (2, 2)
    assert message in said.stderr
    assert message in json.loads(as_json.stdout)["error"]
    assert [path.name for path in tmp_path.iterdir()] == ["mine.ts"]
    assert Path("mine.ts").read_text() == "export type Mine = 1\n"


def test_a_name_that_cannot_be_is_told_by_its_option(tmp_path: Path) -> None:
    assert "Choose another --expose." in export("--supabase", tmp_path, "--expose", "pg_catalog").stderr
    assert "Choose another --schema." in export("--supabase", tmp_path, "--schema", "pg_catalog").stderr


def test_an_edited_export_is_no_wrong_usage(tmp_path: Path) -> None:
    export("--supabase", tmp_path, "--modules", "core")
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text().replace("COMMIT;", "COMMIT; -- mine"))

    result = export("--supabase", tmp_path)

    assert result.exit_code == 1
    assert str(file) in result.stderr
    assert "git checkout" in result.stderr


def test_a_disk_that_fails_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, text: str, *_: object, **__: object) -> None:
        with path.open("w") as half:
            half.write(text[:1000])
        raise OSError("no space left on device")

    monkeypatch.setattr(project.Path, "write_text", fail)

    result = export("--supabase", tmp_path)

    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "no space left on device" in result.stderr


def test_modules_are_completed() -> None:
    complete = {
        "_BOOKINGDB_COMPLETE": "bash_complete",
        "COMP_WORDS": "bookingdb export --modules gus",
        "COMP_CWORD": "3",
    }
    shown = CliRunner().invoke(main, [], prog_name="bookingdb", env=complete).stdout

    assert shown.split() == [f"plain,{name}" for name in DEPENDENCIES if name.startswith("gus")]
