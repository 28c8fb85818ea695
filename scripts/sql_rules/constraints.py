"""Rules for sql/constraints/<module>/<constraint>.sql: what it stops, how violations are found, repaired, stopped."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pglast import ast, enums

from .source import Finding, Source, Statement, is_a

SECTION = re.compile(r"^-- (violations|repair|add|validate):$", re.MULTILINE)
OBLIGATORY = ["violations", "repair", "add"]
CHECKED_LATER = {enums.ConstrType.CONSTR_CHECK, enums.ConstrType.CONSTR_FOREIGN}


@dataclass(frozen=True)
class Section:
    """The part of the file that a marker line opens."""

    title: str
    line: int
    text: str
    statements: list[Statement]


def check(source: Source) -> Iterator[Finding]:
    """Apply every rule of a constraint's file."""
    sections = list(_sections(source))
    titles = [section.title for section in sections]
    if titles not in (OBLIGATORY, [*OBLIGATORY, "validate"]):
        yield source.finding(1, "has the sections violations, repair and add, in this order, then perhaps validate")
        return
    before = source.text[: SECTION.search(source.text).start()]  # type: ignore[union-attr]
    if not before.startswith("--"):
        yield source.finding(1, "begins with a comment that says what the constraint stops")
    by_title = {section.title: section for section in sections}
    yield from _violations(source, by_title["violations"])
    if not by_title["repair"].text.strip():
        yield source.finding(by_title["repair"].line, "repair says how violating rows are repaired")
    yield from _add(source, by_title["add"], by_title.get("validate"))


def _sections(source: Source) -> Iterator[Section]:
    markers = list(SECTION.finditer(source.text))
    ends = [marker.start() for marker in markers[1:]] + [len(source.text)]
    for marker, end in zip(markers, ends, strict=True):
        inside = [s for s in source.statements if marker.end() <= s.start < end]
        yield Section(marker[1], source.line(marker.start()), source.text[marker.end() : end], inside)


def _violations(source: Source, section: Section) -> Iterator[Finding]:
    if [type(statement.node) for statement in section.statements] != [ast.SelectStmt]:
        yield source.finding(section.line, "violations is one SELECT of the rows that break the constraint")


def _add(source: Source, section: Section, validate: Section | None) -> Iterator[Finding]:
    added = [_added(statement.node) for statement in section.statements]
    if len(added) != 1 or added[0] is None or added[0][0] != source.stem:
        yield source.finding(section.line, f"add is one statement that makes {source.stem}, named like the file")
        return
    (_, checked_later, not_valid) = added[0]
    if checked_later and not not_valid:
        yield source.finding(section.line, "a CHECK or FOREIGN KEY is added NOT VALID, without a scan under the lock")
    if checked_later and (validate is None or not _validates(validate, source.stem)):
        yield source.finding(section.line, f"a validate section says VALIDATE CONSTRAINT {source.stem}")
    if validate and not checked_later:
        yield source.finding(validate.line, "only a CHECK or FOREIGN KEY is validated")


def _added(node: Any) -> tuple[str, bool, bool] | None:
    """Return the added constraint's name, whether it is checked later, and whether it is NOT VALID."""
    if is_a(node, ast.IndexStmt) and node.unique:
        return str(node.idxname), False, False
    if is_a(node, ast.AlterTableStmt) and len(node.cmds) == 1:
        command = node.cmds[0]
        if command.subtype == enums.AlterTableType.AT_AddConstraint:
            constraint = command.def_
            return str(constraint.conname), constraint.contype in CHECKED_LATER, bool(constraint.skip_validation)
    return None


def _validates(section: Section, constraint: str) -> bool:
    commands = [
        (command.subtype, command.name)
        for statement in section.statements
        if is_a(statement.node, ast.AlterTableStmt)
        for command in statement.node.cmds
    ]
    return len(section.statements) == 1 and commands == [(enums.AlterTableType.AT_ValidateConstraint, constraint)]
