"""What the text of a SQL file says about its objects: signatures, grants, comments, and what has to be there before.

Read by a few patterns, as in ``bookingdb.deploy.files``: enough for the way these files are written. Tests compare the
outcome with PostgreSQL's catalog.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from bookingdb.deploy.errors import DeployError
from bookingdb.deploy.files import DatabaseObject, Key, ObjectFile, statements_of

_WORD = re.compile(r"[a-z_][a-z0-9_]*")
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_STRING = r"'(?:[^']|'')*'"
_TOKEN = re.compile(rf"{_STRING}|.", re.DOTALL)
_OPTIONS = re.compile(r"\bLANGUAGE\b|\bAS\b|\bSET\b|\bSECURITY\b|\b(?:IMMUTABLE|STABLE|VOLATILE)\b", re.IGNORECASE)
_VOLATILITY = re.compile(r"\b(IMMUTABLE|STABLE|VOLATILE)\b", re.IGNORECASE)
_BODY = re.compile(r"\bAS\s+(?:\$|')|\bRETURN\b|\bBEGIN\s+ATOMIC\b", re.IGNORECASE)
_DEFAULT = re.compile(r"\s+(?:DEFAULT\s|=)", re.IGNORECASE)
_TABLE = re.compile(r"TABLE\s*\((.*)\)", re.IGNORECASE | re.DOTALL)
_PRIVILEGE = re.compile(r"(SELECT|INSERT|UPDATE|DELETE)\s*(?:\(([^)]*)\))?", re.IGNORECASE)

Columns = tuple[str, ...] | None
"""Which columns a privilege is for; None for all of them."""
Privileges = Mapping[str, Columns]
"""What somebody may do with a table: privilege -> columns."""


@dataclass(frozen=True)
class Argument:
    """A parameter or a column."""

    name: str
    type: str
    default: str | None = None


@dataclass(frozen=True)
class Signature:
    """How a function is called."""

    name: str
    parameters_text: str
    returns: str
    volatility: str

    @cached_property
    def parameters(self) -> tuple[Argument, ...]:
        """Its parameters in order."""
        return tuple(map(_argument, _split(self.parameters_text)))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that RETURNS TABLE lists; none for anything else."""
        table = _TABLE.fullmatch(self.returns)
        return tuple(_argument(column).name for column in _split(table[1])) if table else ()

    @property
    def is_public(self) -> bool:
        """Whether callers may know of it: no helper, no trigger, nothing that policies ask."""
        return not self.name.startswith(("_", "caller_")) and self.returns.lower() != "trigger"


def signature(file: ObjectFile) -> Signature:
    """Return the signature of the function a file declares."""
    head = re.search(rf"\bCREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s+{file.name}\s*\(", file.text, re.IGNORECASE)
    if head is None:
        raise DeployError(f"{file} declares no function {file.name}: install the package again.")
    parameters, rest = _parenthesis(_COMMENT.sub(" ", file.text[head.end() :]))
    returns = re.match(r"\s*RETURNS\s+(?P<rest>.*)", rest, re.IGNORECASE | re.DOTALL)
    if returns is None:
        raise DeployError(f"{file} does not say what its function returns: install the package again.")
    result, options = _until_options(returns["rest"])
    body = _BODY.search(options)
    volatility = _VOLATILITY.search(options[: body.start()] if body else options)
    return Signature(file.name, _one_line(parameters), result, volatility[1].upper() if volatility else "VOLATILE")


def _parenthesis(text: str) -> tuple[str, str]:
    """Return what stands before the parenthesis that closes the one opened just before ``text``, and after it."""
    depth = 1
    for token in _TOKEN.finditer(text):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if depth == 0:
            return text[: token.start()], text[token.end() :]
    raise DeployError(f"A parenthesis is never closed: {text[:60]}")


def _until_options(text: str) -> tuple[str, str]:
    table = re.match(r"TABLE\s*\(", text, re.IGNORECASE)
    if table:
        columns, rest = _parenthesis(text[table.end() :])
        return f"TABLE ({_one_line(columns)})", rest
    options = _OPTIONS.search(text)
    end = options.start() if options else len(text)
    return _one_line(text[:end]), text[end:]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _split(text: str) -> list[str]:
    """Split a list at its commas, those inside parentheses and strings apart."""
    parts, depth = [""], 0
    for letters in _TOKEN.findall(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(letters, 0)
        if letters == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letters
    return [part.strip() for part in parts if part.strip()]


def _argument(text: str) -> Argument:
    name, _, rest = text.partition(" ")
    default = _DEFAULT.search(rest)
    if default is None:
        return Argument(name, rest)
    return Argument(name, rest[: default.start()], rest[default.end() :].strip())


def executing_roles(file: ObjectFile) -> tuple[str, ...]:
    """Return who may execute the function of a file."""
    return tuple(
        role for privileges, role in _grants(file.text, rf"FUNCTION\s+{file.name}") if "execute" in privileges.lower()
    )


def table_privileges(file: ObjectFile) -> Mapping[str, Privileges]:
    """Return who may do what with the table of a policy's file: role -> privileges."""
    granted: dict[str, dict[str, Columns]] = {}
    for privileges, role in _grants(file.text, rf"(?:TABLE\s+)?{file.name}"):
        of_role = granted.setdefault(role, {})
        for privilege in filter(None, map(_PRIVILEGE.fullmatch, _split(privileges))):
            columns = tuple(_WORD.findall(privilege[2])) if privilege[2] else None
            of_role[privilege[1].upper()] = _together(of_role.get(privilege[1].upper(), ()), columns)
    return granted


def is_readable(granted: Mapping[str, Privileges]) -> bool:
    """Tell whether anybody may read the table: such a table has a view."""
    return any("SELECT" in privileges for privileges in granted.values())


def _together(one: Columns, other: Columns) -> Columns:
    return None if one is None or other is None else tuple(dict.fromkeys([*one, *other]))


def common_columns(granted: Mapping[str, Privileges]) -> Columns:
    """Return the columns that all who may read a table may read.

    A view with others would be refused to some: it reads with its caller's rights.
    """
    restricted = [columns for may in granted.values() if (columns := may.get("SELECT")) is not None]
    if not restricted:
        return None
    return tuple(column for column in restricted[0] if all(column in columns for columns in restricted))


def _grants(text: str, what: str) -> list[tuple[str, str]]:
    """Return privileges and role of every GRANT on ``what``."""
    grant = re.compile(rf"\s*GRANT\s+(.+?)\s+ON\s+{what}\s+TO\s+(.+)", re.IGNORECASE | re.DOTALL)
    found = [match for statement in statements_of(text) if (match := grant.fullmatch(statement))]
    return [(match[1], role.strip()) for match in found for role in match[2].split(",")]


def comments_on(kind: str, name: str, text: str) -> dict[str, str]:
    """Return what ``COMMENT ON kind name`` says in ``text``, quoted as it stands there; for COLUMN by column."""
    dotted = r"\.(\w+)" if kind == "COLUMN" else "()"
    pattern = rf"^COMMENT\s+ON\s+{kind}\s+{name}{dotted}\s+IS\s+({_STRING})\s*;"
    return {match[1]: match[2] for match in re.finditer(pattern, text, re.MULTILINE)}


def touched_by(table: str, text: str) -> bool:
    """Tell whether the statements of a migration create or alter a table."""
    pattern = re.compile(rf"\s*(?:CREATE|ALTER)\s+TABLE\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(?:ONLY\s+)?{table}\b", re.I)
    return any(pattern.match(statement) for statement in statements_of(text))


def reshapes(table: str, text: str) -> bool:
    """Tell whether a migration drops, renames or retypes a table or its columns."""
    altered = re.compile(rf"\s*(?:DROP|ALTER)\s+TABLE\b.*\b{table}\b", re.IGNORECASE | re.DOTALL)
    harmful = re.compile(r"\b(?:DROP\s+(?:TABLE|COLUMN)|RENAME|TYPE)\b", re.IGNORECASE)
    return any(altered.match(statement) and harmful.search(statement) for statement in statements_of(text))


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return _WORD.findall(text.lower())


def names_outside(text: str) -> frozenset[str]:
    """Return the words outside comments, strings and function bodies: what PostgreSQL itself depends on."""
    return frozenset(word for statement in statements_of(text) for word in _WORD.findall(statement.lower()))


def _names_anywhere(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(_COMMENT.sub(" ", text).lower()))


def in_order(files: Iterable[ObjectFile]) -> list[ObjectFile]:
    """Return ``files`` so that each comes after those without which PostgreSQL would not accept it.

    A function's body is looked at when the function is made: in SQL for everything it calls, in PL/pgSQL for the
    types of its variables.
    """
    files = list(files)
    makers = {declared: file for file in files for declared in file.objects if declared.type in ("function", "type")}
    ordered: dict[Key, ObjectFile] = {}
    visited: set[Key] = set()

    def visit(file: ObjectFile) -> None:
        if file.key in visited:
            return
        visited.add(file.key)
        for needed in _needed(file, makers):
            visit(needed)
        ordered[file.key] = file

    for file in files:
        visit(file)
    return list(ordered.values())


def _needed(file: ObjectFile, makers: Mapping[DatabaseObject, ObjectFile]) -> list[ObjectFile]:
    outside, anywhere = names_outside(file.text), _names_anywhere(file.text)
    in_sql = re.search(r"\bLANGUAGE\s+sql\b", file.text, re.IGNORECASE) is not None
    return [
        maker
        for made, maker in makers.items()
        if maker.key != file.key and made.name in (anywhere if in_sql or made.type == "type" else outside)
    ]
