"""Rules for migrations/NNNN.<module>-<what>.sql: tables that change once, and the way back."""

import re
from collections.abc import Iterator
from typing import Any

from pglast import ast, enums

from .source import Finding, Source, Statement, is_a, name, walk

FILE_NAME = re.compile(r"(?P<number>\d{4})\.(?P<module>[a-z]+)-[a-z0-9-]+(?P<rollback>\.rollback)?")
DEPENDS = re.compile(r"^-- depends:(?P<ids>.*)$", re.MULTILINE)
SERIAL = {"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"}

ELSEWHERE = {
    ast.CreateFunctionStmt: "sql/functions",
    ast.CreateTrigStmt: "sql/functions",
    ast.CreatePolicyStmt: "sql/policies",
    ast.GrantStmt: "sql/policies",
}
"""What is declared by files that run again when they change, and where."""


def check(source: Source) -> Iterator[Finding]:
    """Apply every rule of a migration or of its rollback."""
    match = FILE_NAME.fullmatch(source.stem)
    if match is None:
        yield source.finding(1, "is named NNNN.<module>-<what>.sql or .rollback.sql")
        return
    yield from _plain_statements(source)
    if match["rollback"]:
        yield from _takes_mark_away(source)
    else:
        yield from _header(source, match)
        yield from _ends_with_mark(source)
        yield from _closed(source)
        yield from _indexes(source)


def _header(source: Source, match: re.Match[str]) -> Iterator[Finding]:
    if not source.text.startswith("-- "):
        yield source.finding(1, "begins with a comment that says what it is for")
    if match["number"] != "0001" and not depends(source):
        yield source.finding(1, "says which migrations it follows: -- depends: ...")


def depends(source: Source) -> list[str]:
    """Return the ids that yoyo reads from the leading comment."""
    comment = source.text[: source.statements[0].start] if source.statements else source.text
    match = DEPENDS.search(comment)
    return match["ids"].split() if match else []


def _plain_statements(source: Source) -> Iterator[Finding]:
    for statement in source.statements:
        node = statement.node
        for kind, place in ELSEWHERE.items():
            if is_a(node, kind):
                yield source.finding(statement.line, f"belongs in {place}, whose files every migrate brings up to date")
        if is_a(node, ast.TransactionStmt):
            yield source.finding(statement.line, "yoyo runs a migration in one transaction; BEGIN and COMMIT break it")
        if is_a(node, ast.SelectStmt):
            yield source.finding(statement.line, "yoyo prints the rows of a SELECT; say DO or nothing")
        if _tolerates_existing(node):
            yield source.finding(statement.line, "runs once: IF NOT EXISTS would hide somebody else's table")
        yield from _columns(source, statement)


def _tolerates_existing(node: Any) -> bool:
    """Whether a statement passes over what exists; schema and extension of btree_gist are shared and may."""
    if is_a(node, ast.CreateSchemaStmt):
        return bool(node.if_not_exists) and node.schemaname != "extensions"
    if is_a(node, ast.CreateExtensionStmt):
        return str(node.extname) != "btree_gist"
    if is_a(node, ast.DropStmt):
        return bool(node.missing_ok)
    commands = getattr(node, "cmds", None) or ()
    return bool(getattr(node, "if_not_exists", False)) or any(getattr(c, "missing_ok", False) for c in commands)


def _columns(source: Source, statement: Statement) -> Iterator[Finding]:
    for node in walk(statement.node):
        if is_a(node, ast.ColumnDef) and name(node.typeName) in SERIAL:
            yield source.finding(statement.line, f"column {node.colname} is serial; say GENERATED ALWAYS AS IDENTITY")


def _ends_with_mark(source: Source) -> Iterator[Finding]:
    mark = f"INSERT INTO applied_migrations (migration_id) VALUES ('{source.stem}')"  # noqa: S608
    last = source.statements[-1].text if source.statements else ""
    if " ".join(last.split()) != mark:
        yield source.finding(source.text.count("\n"), f"ends with {mark}, which commits with the tables")


def _closed(source: Source) -> Iterator[Finding]:
    """A table nobody has opened yet is closed: default privileges may have granted it to everybody."""
    closed = {
        str(statement.node.relation.relname)
        for statement in source.of_kind(ast.AlterTableStmt)
        for command in statement.node.cmds
        if command.subtype == enums.AlterTableType.AT_EnableRowSecurity
    }
    for statement in source.of_kind(ast.CreateStmt):
        if statement.node.relation.relname not in closed:
            table = statement.node.relation.relname
            yield source.finding(statement.line, f"says ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def _takes_mark_away(source: Source) -> Iterator[Finding]:
    migration = source.stem.removesuffix(".rollback")
    mark = f"DELETE FROM applied_migrations WHERE migration_id = '{migration}'"  # noqa: S608
    for statement in source.statements:
        drops_marks = is_a(statement.node, ast.DropStmt) and "applied_migrations" in map(name, statement.node.objects)
        if drops_marks or " ".join(statement.text.split()) == mark:
            return
    yield source.finding(1, f"says {mark}")


def _indexes(source: Source) -> Iterator[Finding]:
    lines = source.text.splitlines()
    for statement in source.of_kind(ast.IndexStmt):
        if not statement.node.idxname:
            yield source.finding(statement.line, "an index is named for what it serves or keeps")
        if statement.line < 2 or not lines[statement.line - 2].startswith("--"):
            yield source.finding(statement.line, "the comment above an index says which query needs it")
