"""Rules for sql/policies/<module>/<table>.sql: row-level security on, everything revoked, then granted by name."""

from collections.abc import Iterator
from typing import Any

from pglast import ast, enums

from .source import Finding, Source, Statement, grantees, is_a, name, walk

ROLES = {"PUBLIC", "anon", "authenticated", "service_role"}
MAY_BE_GRANTED = {"authenticated": {"select"}, "service_role": {"select", "insert", "update", "delete"}}


def check(source: Source) -> Iterator[Finding]:
    """Apply every rule of a table's policy file."""
    done: list[str] = []
    dropped: set[str] = set()
    for statement in source.statements:
        step = _step(statement.node, source.stem)
        if step is None:
            yield source.finding(
                statement.line,
                f"a policy file enables row-level security on {source.stem}, revokes, grants and makes its policies",
            )
            continue
        done.append(step)
        if step.startswith("revoke"):
            yield from _revoke(source, statement)
        elif step == "grant":
            yield from _grant(source, statement)
        elif step == "drop":
            dropped |= {name(item) for item in statement.node.objects} if statement.node.missing_ok else set()
        elif step == "policy":
            yield from _policy(source, statement, dropped)
    if done[:2] != ["enable", "revoke"]:
        yield source.finding(1, "begins with ENABLE ROW LEVEL SECURITY and REVOKE ALL")


def _step(node: Any, table: str) -> str | None:
    """Return what a statement of a policy file does, None when it does not belong there."""
    if is_a(node, ast.AlterTableStmt):
        commands = [command.subtype for command in node.cmds]
        is_enable = commands == [enums.AlterTableType.AT_EnableRowSecurity]
        return "enable" if is_enable and name(node.relation) == table else None
    if is_a(node, ast.GrantStmt):
        if node.objtype == enums.ObjectType.OBJECT_SEQUENCE and not node.is_grant:
            return "revoke sequences"
        is_ours = node.objtype == enums.ObjectType.OBJECT_TABLE and [name(o) for o in node.objects] == [table]
        return ("grant" if node.is_grant else "revoke") if is_ours else None
    if is_a(node, ast.DropStmt):
        is_policy = node.removeType == enums.ObjectType.OBJECT_POLICY
        return "drop" if is_policy and all(item[0].sval == table for item in node.objects) else None
    if is_a(node, ast.CreatePolicyStmt):
        return "policy" if name(node.table) == table else None
    if is_a(node, ast.CommentStmt):
        return "comment" if node.objtype == enums.ObjectType.OBJECT_POLICY else None
    return None


def _revoke(source: Source, statement: Statement) -> Iterator[Finding]:
    if statement.node.privileges or grantees(statement.node) != ROLES:
        yield source.finding(statement.line, "revokes ALL from PUBLIC, anon, authenticated and service_role")


def _grant(source: Source, statement: Statement) -> Iterator[Finding]:
    granted = {privilege.priv_name for privilege in statement.node.privileges or ()} or {"all"}
    for role in sorted(grantees(statement.node)):
        excess = granted - MAY_BE_GRANTED.get(role, set())
        if excess:
            what = ", ".join(sorted(excess)).upper()
            yield source.finding(statement.line, f"{role} is granted {what}: tables are no public interface")


def _policy(source: Source, statement: Statement, dropped: set[str]) -> Iterator[Finding]:
    policy = statement.node
    if policy.policy_name not in dropped:
        yield source.finding(
            statement.line, f"policy {policy.policy_name} is made again: DROP POLICY IF EXISTS comes before"
        )
    roles = {str(role.rolename) for role in policy.roles or ()}
    if not roles or not roles <= {"authenticated", "service_role"}:
        yield source.finding(statement.line, f"policy {policy.policy_name} says TO authenticated or TO service_role")
    for expression in (policy.qual, policy.with_check):
        for fault in faults_of_expression(expression):
            yield source.finding(statement.line, f"policy {policy.policy_name} {fault}")


def faults_of_expression(expression: Any) -> Iterator[str]:
    """Yield what is wrong with the USING or CHECK of a policy: it may compare with who is calling, no more."""
    if any(is_a(node, ast.RangeVar) for node in walk(expression)):
        yield "reads a table, which may recurse or be slow"
    once = {
        id(call)
        for link in walk(expression)
        if is_a(link, ast.SubLink)
        for call in walk(link.subselect)
        if is_a(call, ast.FuncCall)
    }
    for node in walk(expression):
        if not is_a(node, ast.FuncCall):
            continue
        called = name(node.funcname)
        if not called.startswith("caller_"):
            yield f"calls {called}; it may ask who is calling, no more"
        elif id(node) not in once:
            yield f"says (SELECT {called}()), run once and not per row"
