"""One SQL file: its statements, the bodies inside them, and on which line each of them is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from types import UnionType
from typing import Any

from pglast import ast, enums, parse_plpgsql, parser


@dataclass(frozen=True, order=True)
class Finding:
    """A rule that a line of a file breaks, in a sentence."""

    path: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}"


@dataclass(frozen=True)
class Statement:
    """A top-level statement: its node, its text, and where it starts."""

    node: Any
    text: str
    start: int
    line: int


@dataclass(frozen=True)
class Step:
    """A node of a PL/pgSQL body, such as PLpgSQL_stmt_if; ``within`` is the kind of the statement that holds it."""

    kind: str
    fields: dict[str, Any]
    line: int
    within: str


@dataclass(frozen=True)
class Query:
    """A parsed query or expression of a body; ``within`` is the kind of PL/pgSQL statement that holds it."""

    node: Any
    line: int
    within: str


class Body:
    """What stands between the quotes of a function or a DO statement; ``line`` is where it begins."""

    def __init__(self, language: str, text: str, statement: str, line: int) -> None:
        self.language = language
        self.text = text
        self.line = line
        self._statement = statement

    @cached_property
    def steps(self) -> list[Step]:
        """The nodes of a PL/pgSQL body, none of another language; raises ParseError."""
        if self.language != "plpgsql":
            return []
        return list(_steps(parse_plpgsql(self._statement), self.line, self.line, ""))

    @cached_property
    def queries(self) -> list[Query]:
        """Every query and expression of the body; raises ParseError."""
        if self.language == "sql":
            return [Query(raw.stmt, self.line, "sql") for raw in parser.parse_sql(self.text)]
        return [
            Query(raw.stmt, step.line, step.within)
            for step in self.steps
            if step.kind == "PLpgSQL_expr"
            for raw in parser.parse_sql(_as_query(step.fields))
        ]


class Source:
    """A file, parsed when first looked at; ``path`` is relative to the project, with slashes."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.stem = PurePosixPath(path).stem
        self.module = PurePosixPath(path).parent.name

    def line(self, index: int) -> int:
        """Return the line on which the character ``index`` of the file is."""
        return self.text.count("\n", 0, index) + 1

    def finding(self, line: int, sentence: str) -> Finding:
        """Return a finding in this file."""
        return Finding(self.path, line, sentence)

    @cached_property
    def statements(self) -> list[Statement]:
        """The statements of the file; raises ParseError."""
        found = []
        for raw in parser.parse_sql(self.text):
            begin = raw.stmt_location or 0
            end = begin + raw.stmt_len if raw.stmt_len else len(self.text)
            text = self.text[begin:end]
            start = end - len(text.lstrip())
            found.append(Statement(raw.stmt, text.strip(), start, self.line(start)))
        return found

    def of_kind(self, kind: type) -> list[Statement]:
        """Return the statements whose node is a ``kind``."""
        return [statement for statement in self.statements if isinstance(statement.node, kind)]

    @cached_property
    def bodies(self) -> list[Body]:
        """The bodies of the file's functions and DO statements."""
        found = []
        for statement in self.statements:
            if body := _body(statement.node):
                language, text = body
                begins = statement.start + max(statement.text.find(text), 0)
                found.append(Body(language, text, statement.text, self.line(begins)))
        return found

    def nodes(self) -> Iterator[tuple[Any, int]]:
        """Yield every node of SQL in the file, those inside bodies too, with its line."""
        for statement in self.statements:
            for node in walk(statement.node):
                index = getattr(node, "location", None) or 0
                yield node, self.line(index) if index > 0 else statement.line
        for body in self.bodies:
            for query in body.queries:
                for node in walk(query.node):
                    yield node, query.line


def _body(node: Any) -> tuple[str, str] | None:
    """Return the language and the text of a function's or DO statement's body, None when there is no such text."""
    if isinstance(node, ast.CreateFunctionStmt):
        options = node.options
    elif isinstance(node, ast.DoStmt):
        options = node.args
    else:
        return None
    given = {option.defname: option.arg for option in options or ()}
    if "as" not in given:
        return None
    text = given["as"][0] if isinstance(given["as"], tuple) else given["as"]
    language = given["language"].sval if "language" in given else "plpgsql"
    return language, text.sval


def _steps(tree: object, first: int, line: int, within: str) -> Iterator[Step]:
    """Yield the nodes of libpg_query's JSON in the order of the text; its line numbers count from ``first``."""
    if isinstance(tree, list):
        for item in tree:
            yield from _steps(item, first, line, within)
    elif isinstance(tree, dict):
        for kind, fields in tree.items():
            here, holder = line, within
            if kind.startswith("PLpgSQL_"):
                here = first + fields["lineno"] - 1 if fields.get("lineno", 0) > 0 else line
                yield Step(kind, fields, here, within)
                holder = kind if kind.startswith("PLpgSQL_stmt_") else within
            yield from _steps(fields, first, here, holder)


def _as_query(expression: dict[str, Any]) -> str:
    """Return the SQL of an expression: whole statements as they are, values and assignments as a SELECT."""
    query, mode = str(expression["query"]), expression.get("parseMode", 0)
    if mode == 0:
        return query
    if mode > 2:
        query = re.sub(r"^[^:=]*:?=", "", query)
    return f"SELECT {query}"


def is_a(node: Any, kind: type | UnionType) -> bool:
    """isinstance() that does not narrow the type: pglast's stubs call every attribute of a node optional."""
    return isinstance(node, kind)


def walk(node: object) -> Iterator[Any]:
    """Yield ``node`` and every node below it."""
    if isinstance(node, tuple | list):
        for item in node:
            yield from walk(item)
    elif isinstance(node, ast.Node):
        yield node
        for name in node:
            yield from walk(getattr(node, name))


def names(node: Any) -> tuple[str, ...]:
    """Return the dotted parts of a name, whichever kind of node spells it."""
    if isinstance(node, ast.String):
        return (str(node.sval),)
    if isinstance(node, ast.RangeVar):
        return tuple(str(part) for part in (node.schemaname, node.relname) if part)
    if isinstance(node, ast.TypeName):
        return names(node.names)
    if isinstance(node, ast.ObjectWithArgs):
        return names(node.objname)
    return tuple(part for item in node or () for part in names(item))


def name(node: Any) -> str:
    """Return the last part of a name; "" when there is none."""
    return (names(node) or ("",))[-1]


def grantees(grant: Any) -> set[str]:
    """Return the roles of a GRANT or REVOKE, PUBLIC among them."""
    public = enums.RoleSpecType.ROLESPEC_PUBLIC
    return {"PUBLIC" if role.roletype == public else str(role.rolename) for role in grant.grantees}
