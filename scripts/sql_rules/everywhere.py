"""Rules for every SQL file: it parses, names no schema, writes keywords in capitals."""

from collections.abc import Iterator
from typing import Any

from pglast import ast, enums, parser

from .source import Finding, Source, is_a, names

FOREIGN_SCHEMAS = {"pg_catalog", "information_schema", "extensions"}
"""Schemas a file may name: none of them is ours."""

WRITTEN_SMALL = {"true", "false", "session_user", "current_user", "current_role", "user"}
"""Reserved words that stand for values and read well in small letters."""

STATEMENT_WORDS = {
    "begin", "declare", "delete", "elsif", "exit", "if", "insert", "language", "loop", "perform", "raise", "return",
    "returns", "revoke", "set", "stable", "update", "values", "volatile", "while",
}  # fmt: skip
"""Keywords of SQL and PL/pgSQL that are not reserved but never name a thing of ours."""

PARTS_BEFORE_NAME = {
    enums.ObjectType.OBJECT_TRIGGER: 1,
    enums.ObjectType.OBJECT_POLICY: 1,
    enums.ObjectType.OBJECT_COLUMN: 1,
    enums.ObjectType.OBJECT_TABCONSTRAINT: 1,
}
"""How many parts an object's name has before its own: a trigger's is preceded by its table's."""

OPEN, CLOSE, COMMA = "ASCII_40", "ASCII_41", "ASCII_44"  # pglast's names of these tokens


def parses(source: Source) -> Iterator[Finding]:
    """Every statement, body and query inside a body is correct SQL."""
    try:
        bodies = source.bodies
    except parser.ParseError as error:
        yield source.finding(source.line(_index(error)), f"does not parse: {error.args[0]}")
        return
    for body in bodies:
        try:
            _ = body.queries
        except parser.ParseError as error:
            yield source.finding(body.line, f"the body does not parse: {error.args[0]}")


def _index(error: parser.ParseError) -> int:
    return error.args[1] if len(error.args) > 1 and isinstance(error.args[1], int) else 0


def names_no_schema(source: Source) -> Iterator[Finding]:
    """The package is installed in a schema of the user's choice, found by the search path."""
    for node, line in source.nodes():
        for parts in _qualified_names(node):
            if parts[0] not in FOREIGN_SCHEMAS:
                yield source.finding(line, f"{'.'.join(parts)} names a schema; the search path finds what is ours")
    for body in source.bodies:
        for step in body.steps:
            typename = step.fields.get("typname", "") if step.kind == "PLpgSQL_type" else ""
            if typename.count(".") > typename.lower().endswith("%type"):
                yield source.finding(step.line, f"{typename} names a schema; the search path finds what is ours")


def _qualified_names(node: Any) -> Iterator[tuple[str, ...]]:
    if is_a(node, ast.RangeVar | ast.TypeName | ast.ObjectWithArgs):
        found, own = names(node), 1
    elif is_a(node, ast.FuncCall | ast.CreateFunctionStmt | ast.CreateTrigStmt):
        found, own = names(node.funcname), 1
    elif is_a(node, ast.CommentStmt) and isinstance(node.object, tuple):
        found, own = names(node.object), 1 + PARTS_BEFORE_NAME.get(node.objtype, 0)
    elif is_a(node, ast.DropStmt):
        for dropped in node.objects:
            if isinstance(dropped, tuple) and len(names(dropped)) > 1 + PARTS_BEFORE_NAME.get(node.removeType, 0):
                yield names(dropped)
        return
    else:
        return
    if len(found) > own:
        yield found


def keywords_in_capitals(source: Source) -> Iterator[Finding]:
    """SQL keywords are upper case. A light look: reserved words and those that start a statement."""
    yield from _small_keywords(source, source.text, 1)
    for body in source.bodies:
        yield from _small_keywords(source, body.text, body.line)


def _small_keywords(source: Source, text: str, first_line: int) -> Iterator[Finding]:
    for token in parser.scan(text):
        word = text[token.start : token.end + 1]
        is_keyword = token.kind == "RESERVED_KEYWORD" or word.lower() in STATEMENT_WORDS
        if is_keyword and word != word.upper() and word.lower() not in WRITTEN_SMALL and not word.startswith('"'):
            line = first_line + text.count("\n", 0, token.start)
            yield source.finding(line, f"keyword {word} is written {word.upper()}")


COMPATIBLE = {enums.LockClauseStrength.LCS_FORNOKEYUPDATE, enums.LockClauseStrength.LCS_FORKEYSHARE}
"""Lock strengths that a foreign-key check never waits for."""


def locks_leave_foreign_keys_alone(source: Source) -> Iterator[Finding]:
    """FOR UPDATE deadlocks with foreign-key checks, which take KEY SHARE on the same rows out of order."""
    for node, line in source.nodes():
        if is_a(node, ast.LockingClause) and node.strength not in COMPATIBLE:
            yield source.finding(line, "rows are locked FOR NO KEY UPDATE or FOR KEY SHARE only")


def drops_only_its_own(source: Source) -> Iterator[Finding]:
    """CASCADE would take along what is not ours."""
    for statement in source.of_kind(ast.DropStmt):
        if statement.node.behavior == enums.DropBehavior.DROP_CASCADE:
            yield source.finding(statement.line, "drops with CASCADE, which takes along what others built on it")


def foreign_keys_say_on_delete(source: Source) -> Iterator[Finding]:
    """What happens when the referenced row goes is decided, not left to a default."""
    for statement in source.of_kind(ast.CreateStmt) + source.of_kind(ast.AlterTableStmt):
        tokens = [t for t in parser.scan(statement.text) if t.name != "SQL_COMMENT"]
        for position, token in enumerate(tokens):
            if token.name == "REFERENCES" and not _says_on_delete([t.name for t in tokens[position:]]):
                line = statement.line + statement.text.count("\n", 0, token.start)
                yield source.finding(line, "a foreign key says ON DELETE")


def _says_on_delete(tokens: list[str]) -> bool:
    """Whether ON DELETE comes before the comma or bracket that ends the foreign key."""
    depth = 0
    for kind, following in zip(tokens, [*tokens[1:], ""], strict=True):
        depth += (kind == OPEN) - (kind == CLOSE)
        if depth < 0 or (depth == 0 and kind == COMMA):
            return False
        if (kind, following) == ("ON", "DELETE_P"):
            return True
    return False


RULES = (
    names_no_schema,
    keywords_in_capitals,
    locks_leave_foreign_keys_alone,
    drops_only_its_own,
    foreign_keys_say_on_delete,
)
"""The rules that need a file that parses."""
