"""The deployer reads with a few patterns what a file declares; here PostgreSQL's own parser has to agree."""

from collections.abc import Iterator
from typing import Any

from pglast import ast, enums

from bookingdb.deploy.files import DatabaseObject, MigrationFile, declared_objects, sections

from .source import Finding, Source, is_a, name


def check_objects(source: Source) -> Iterator[Finding]:
    """What a file of sql/ declares."""
    read, meant = declared_objects(source.text), list(_objects(source))
    if read != meant:
        yield source.finding(1, f"declares {_list(meant)}, but the deployer reads {_list(read)}")


def check_relations(source: Source) -> Iterator[Finding]:
    """The names that a migration takes."""
    read, meant = MigrationFile(source.stem, source.text).relations, frozenset(_relations(source))
    if read != meant:
        yield source.finding(1, f"creates {_list(sorted(meant))}, but the deployer reads {_list(sorted(read))}")


def _list(items: list[Any]) -> str:
    return ", ".join(map(str, items)) or "nothing"


def _objects(source: Source) -> Iterator[DatabaseObject]:
    text = sections(source.text).get("add")
    for statement in source.statements if text is None else Source(source.path, text).statements:
        yield from _objects_of(statement.node)


def _objects_of(node: Any) -> Iterator[DatabaseObject]:
    if is_a(node, ast.CreateFunctionStmt) and not node.is_procedure:
        yield DatabaseObject("function", name(node.funcname))
    elif is_a(node, ast.CompositeTypeStmt):
        yield DatabaseObject("type", name(node.typevar))
    elif is_a(node, ast.CreateTrigStmt):
        yield DatabaseObject("trigger", node.trigname, name(node.relation))
    elif is_a(node, ast.CreatePolicyStmt):
        yield DatabaseObject("policy", node.policy_name, name(node.table))
    elif is_a(node, ast.IndexStmt):
        yield DatabaseObject("index", node.idxname)
    elif is_a(node, ast.AlterTableStmt):
        for command in node.cmds:
            if command.subtype == enums.AlterTableType.AT_EnableRowSecurity:
                yield DatabaseObject("table", name(node.relation))
            elif command.subtype == enums.AlterTableType.AT_AddConstraint:
                yield DatabaseObject("constraint", command.def_.conname, name(node.relation))


def _relations(source: Source) -> Iterator[str]:
    for statement in source.statements:
        node = statement.node
        if is_a(node, ast.CreateStmt):
            yield name(node.relation)
        elif is_a(node, ast.IndexStmt) and node.idxname:
            yield node.idxname
        elif is_a(node, ast.ViewStmt):
            yield name(node.view)
        elif is_a(node, ast.CreateSeqStmt):
            yield name(node.sequence)
        elif is_a(node, ast.CompositeTypeStmt):
            yield name(node.typevar)
        elif is_a(node, ast.CreateEnumStmt):
            yield name(node.typeName)
        elif is_a(node, ast.CreateDomainStmt):
            yield name(node.domainname)
