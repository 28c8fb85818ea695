"""The SQL files of the package: reading them, and what each of them declares.

What a file declares is read from its own statements by a few patterns, which is enough for the way these files are
written; ``make check`` compares the outcome with PostgreSQL's own parser.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from bookingdb import __version__
from bookingdb._resources import resource_dir
from bookingdb.deploy.errors import DeployError

Kind = Literal["function", "constraint", "policy"]
ObjectType = Literal["function", "type", "trigger", "table", "policy", "constraint", "index"]

FOLDERS: dict[Kind, str] = {"constraint": "constraints", "function": "functions", "policy": "policies"}


Key = tuple[Kind, str, str]
"""Kind, module and name: what names a file in the history."""


class DatabaseObject(NamedTuple):
    """Something a file declares. ``table`` is set for what has a name only within its table."""

    type: ObjectType
    name: str
    table: str | None = None

    def __str__(self) -> str:
        return f"{self.type} {self.name}" + (f" on {self.table}" if self.table else "")


@dataclass(frozen=True)
class ObjectFile:
    """One file of ``sql/``: a function with its triggers, the policies of a table, or a constraint."""

    kind: Kind
    module: str
    name: str
    text: str

    @property
    def key(self) -> Key:
        """What names this file in the history."""
        return self.kind, self.module, self.name

    def __str__(self) -> str:
        return f"{FOLDERS[self.kind]}/{self.module}/{self.name}.sql"

    @cached_property
    def checksum(self) -> str:
        """The sha256 of the text, whatever the line endings are."""
        return checksum(self.text)

    @cached_property
    def objects(self) -> tuple[DatabaseObject, ...]:
        """What the file declares."""
        return tuple(declared_objects(self.text))

    @cached_property
    def sequences(self) -> tuple[str, ...]:
        """The sequences whose grants it decides."""
        lists = [match["names"] for match in _matches(_SEQUENCES, self.text)]
        return tuple(_folded(name) for names in lists for name in re.findall(_IDENTIFIER, names, re.IGNORECASE))

    @cached_property
    def sections(self) -> dict[str, str]:
        """The parts of a constraint's file: violations, repair, add, validate."""
        return sections(self.text)


@dataclass(frozen=True)
class MigrationFile:
    """One file of ``migrations/``; its rollback file is yoyo's business."""

    id: str
    text: str

    @property
    def module(self) -> str:
        """The module named by ``NNNN.<module>-<what>``."""
        return self.id.partition(".")[2].partition("-")[0]

    @cached_property
    def checksum(self) -> str:
        """The sha256 of the text, whatever the line endings are."""
        return checksum(self.text)

    @cached_property
    def relations(self) -> frozenset[str]:
        """The names of the tables, indexes, views, sequences and types it creates."""
        return frozenset(_folded(match["name"]) for match in _matches(_RELATION, self.text))

    @cached_property
    def extensions(self) -> frozenset[str]:
        """The names of the extensions it makes, in a DO block that looks whether they are there."""
        return frozenset(_EXTENSION.findall(self.text))


@dataclass(frozen=True)
class Package:
    """The SQL of one version of bookingdb."""

    sql: Path
    migrations: Path
    version: str = __version__

    @classmethod
    def installed(cls) -> "Package":
        """Return the SQL that belongs to this installation of the library."""
        return cls(resource_dir("sql"), resource_dir("migrations"))

    def objects(self, modules: Iterable[str]) -> list[ObjectFile]:
        """Return the files of ``modules`` in the order in which they are best tried: helpers before what uses them."""
        return [
            _object_file(kind, module, path)
            for module in modules
            for kind, folder in FOLDERS.items()
            for path in sorted((self.sql / folder / module).glob("[!.]*.sql"), key=_helpers_first)
        ]

    def migration_files(self) -> list[MigrationFile]:
        """Return every migration in order."""
        return [
            MigrationFile(path.stem, path.read_text("utf-8"))
            for path in sorted(self.migrations.glob("[!.]*.sql"))
            if not path.name.endswith(".rollback.sql")
        ]


def checksum(text: str) -> str:
    """Return the sha256 of ``text`` in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _helpers_first(path: Path) -> tuple[bool, str]:
    return not path.name.startswith("_"), path.name


def _object_file(kind: Kind, module: str, path: Path) -> ObjectFile:
    file = ObjectFile(kind, module, path.stem, path.read_text("utf-8"))
    if not any(declared.name == file.name for declared in file.objects):
        raise DeployError(f"{path} declares nothing named {file.name}: install the package again")
    return file


# What a statement declares. The text is searched without comments, string constants and function bodies.
_IDENTIFIER = r'(?:"(?:[^"]|"")+"|[a-z_][\w$]*)'
_NAME = rf"(?P<name>{_IDENTIFIER})"
_ON_TABLE = rf"\bON\s+(?P<table>{_IDENTIFIER})"
_ALTER_TABLE = rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?P<table>{_IDENTIFIER})\s+"


def _statement(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\s*{pattern}", re.IGNORECASE | re.DOTALL)


_DECLARATIONS: dict[ObjectType, re.Pattern[str]] = {
    "function": _statement(rf"CREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s+{_NAME}"),
    "type": _statement(rf"CREATE\s+TYPE\s+{_NAME}"),
    "trigger": _statement(rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\s+{_NAME}\s.*?{_ON_TABLE}"),
    "table": _statement(rf"ALTER\s+TABLE\s+{_NAME}\s+ENABLE\s+ROW\s+LEVEL\s+SECURITY"),
    "policy": _statement(rf"CREATE\s+POLICY\s+{_NAME}\s+{_ON_TABLE}"),
    "constraint": _statement(rf"{_ALTER_TABLE}ADD\s+CONSTRAINT\s+{_NAME}"),
    "index": _statement(rf"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}\s+ON\b"),
}
_RELATION = _statement(
    r"CREATE\s+(?:UNLOGGED\s+)?(?:UNIQUE\s+)?(?:TABLE|INDEX|(?:MATERIALIZED\s+)?VIEW|SEQUENCE|TYPE|DOMAIN)\s+"
    rf"(?:IF\s+NOT\s+EXISTS\s+)?(?!ON\b){_NAME}"
)
_EXTENSION = re.compile(r"^\s*CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)", re.MULTILINE)
_SEQUENCES = _statement(rf"REVOKE\s+ALL\s+ON\s+SEQUENCE\s+(?P<names>{_IDENTIFIER}(?:\s*,\s*{_IDENTIFIER})*)\s+FROM\b")
_OPAQUE = re.compile(
    r"""(?P<keep>"(?:[^"]|"")*")        # a quoted identifier
    | --[^\n]* | /\*.*?\*/              # comments
    | \$(?P<tag>(?:[a-z_]\w*)?)\$.*?\$(?P=tag)\$
    | \bE'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*'""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_SECTION = re.compile(r"^-- (violations|repair|add|validate):[ \t]*$", re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    """Return the marked sections of a constraint's file; an empty dictionary for any other file."""
    _, *parts = _SECTION.split(text)
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


def declared_objects(text: str) -> list[DatabaseObject]:
    """Return what the statements of a file declare, in their order."""
    text = sections(text).get("add", text)
    return [
        _declared(type_, match.groupdict())
        for statement in statements_of(text)
        for type_, pattern in _DECLARATIONS.items()
        if (match := pattern.match(statement))
    ]


def _declared(type_: ObjectType, names: dict[str, str]) -> DatabaseObject:
    return DatabaseObject(type_, _folded(names["name"]), _folded(names["table"]) if "table" in names else None)


def statements_of(text: str) -> list[str]:
    """Return the statements of a text; comments, strings and function bodies are blank."""
    return _OPAQUE.sub(lambda match: match["keep"] or " ", text).split(";")


def _matches(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    return [match for statement in statements_of(text) if (match := pattern.match(statement))]


def _folded(identifier: str) -> str:
    """Return the name that PostgreSQL makes of an identifier."""
    return identifier[1:-1].replace('""', '"') if identifier.startswith('"') else identifier.lower()
