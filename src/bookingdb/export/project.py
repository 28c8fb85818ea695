"""The folder of a Supabase project that migrations go into: what earlier exports left there, and the next file."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bookingdb.deploy.errors import WRONG_USAGE, DeployError
from bookingdb.deploy.files import Key, Kind, ObjectFile, checksum
from bookingdb.export.release import Earlier
from bookingdb.export.script import HEADER

_NUMBER = re.compile(r"(\d{14})_.*\.sql")
_FORMAT = "%Y%m%d%H%M%S"
_HEADER = re.compile(rf"\A(?:--[^\n]*\n)?{re.escape(HEADER)}(?P<about>{{[^\n]*}})\n(?P<body>.*)\Z", re.DOTALL)
_SECTION = re.compile(r"^-- >>> (?P<name>\S+) (?P<mark>[^\n]+)\n(?P<text>.*?)^-- <<<$", re.DOTALL | re.MULTILINE)
_KINDS: dict[str, Kind] = {"functions": "function", "constraints": "constraint", "policies": "policy"}


def migrations_folder(folder: Path) -> Path:
    """Return where migrations go: below a project or its folder ``supabase``; else the folder itself."""
    if not folder.is_dir():
        raise DeployError(
            f"There is no folder {folder}.",
            "Name the folder of the Supabase project; supabase init makes one.",
            exit_code=WRONG_USAGE,
        )
    if (folder / "supabase").is_dir():
        return folder / "supabase" / "migrations"
    if (folder / "config.toml").is_file() or folder.resolve().name == "supabase":
        return folder / "migrations"
    return folder


def earlier_exports(folder: Path, schema: str) -> Earlier:
    """Return what the folder's exports bring to ``schema``."""
    version, modules = None, ()
    migrations: dict[str, str] = {}
    files: dict[Key, ObjectFile] = {}
    checksums: dict[Key, str] = {}
    exposed: dict[str, dict[tuple[str, str], tuple[str, str]]] = {}
    for about, body in _exports(folder):
        if about["schema"] != schema:
            continue
        version, modules = about["version"], tuple(about["modules"])
        for where in about["expose"]:
            exposed.setdefault(where, {})
        for name, mark, text in _SECTION.findall(body):
            kind, *rest = name.removesuffix(".sql").split("/")
            if kind == "migrations":
                migrations[rest[0]] = mark
            elif kind == "exposed":
                _note_exposed(exposed[unquote(rest[0])], (rest[1], rest[2]), mark)
            else:
                _note_file(files, checksums, ObjectFile(_KINDS[kind], rest[0], rest[1], text), mark)
    return Earlier(version, modules, migrations, files, checksums, exposed)


def _note_exposed(exposed: dict[tuple[str, str], tuple[str, str]], key: tuple[str, str], mark: str) -> None:
    if mark == "dropped":
        exposed.pop(key, None)
    else:
        checksum_, shape = mark.split()
        exposed[key] = (checksum_, shape)


def _note_file(files: dict[Key, ObjectFile], checksums: dict[Key, str], file: ObjectFile, mark: str) -> None:
    files.pop(file.key, None)  # the newest goes to the end: files are in the order of their making
    checksums.pop(file.key, None)
    if mark != "dropped":
        files[file.key] = file
        checksums[file.key] = mark


def _exports(folder: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield header and body of every file that an export has written, oldest first."""
    for path in _numbered(folder):
        text = path.read_text("utf-8", errors="replace")
        if HEADER not in text:
            continue
        found = _HEADER.match(text)
        about = json.loads(found["about"]) if found else {}
        if found is None or checksum(found["body"]) != about.get("sha256"):
            raise DeployError(
                f"{path} was edited after bookingdb export had written it: what it brings is not certain any more.",
                "Restore it (git checkout), and put your own changes into a migration of your own.",
            )
        yield about, found["body"]


def _numbered(folder: Path) -> list[Path]:
    return sorted((path for path in folder.glob("*.sql") if _NUMBER.fullmatch(path.name)), key=lambda path: path.name)


def next_name(folder: Path, title: str, now: datetime | None = None) -> str:
    """Return the name of the next migration, which comes after every other."""
    number = (now or datetime.now(UTC)).strftime(_FORMAT)
    newest = max((path.name[:14] for path in _numbered(folder)), default="")
    if number <= newest:
        number = _after(newest)
    return f"{number}_{re.sub(r'[^a-z0-9]+', '_', title.lower()).strip('_')}.sql"


def _after(number: str) -> str:
    try:
        return (datetime.strptime(number, _FORMAT) + timedelta(seconds=1)).strftime(_FORMAT)
    except (ValueError, OverflowError):  # fourteen digits, but no time
        return f"{int(number) + 1:014}"


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.half")
    try:
        half.write_text(text, "utf-8", newline="\n")
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def check_exposable(schema: str, expose: Iterable[str]) -> None:
    """Refuse to expose the schema in itself."""
    if schema in expose:
        raise DeployError(
            f"Schema {schema!r} is what is not to be exposed.",
            "--schema and --expose name two schemas.",
            exit_code=WRONG_USAGE,
        )
