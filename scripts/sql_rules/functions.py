"""Rules for sql/functions/<module>/<name>.sql: one function, declared the same way everywhere."""

from collections.abc import Callable, Iterator
from typing import Any

from pglast import ast, enums

from .source import Finding, Source, Statement, Step, grantees, is_a, name, walk

ROLES = {"PUBLIC", "anon", "authenticated", "service_role"}

DYNAMIC_EXECUTE: dict[str, str] = {
    "verify_invariants": "asks each installed module's own function, found by its name",
    "booking_stats": "asks each installed module's own function, found by its name",
    "_person_rows": "asks each installed module's own function, found by its name",
    "erase_person": "asks each installed module's own function, found by its name",
    "_lock_person": "asks each installed module's own function, found by its name",
    "reconcile_credits": "asks each installed module's own function, found by its name",
    "_refund_session": "asks each installed module's own function, found by its name",
    "run_maintenance": "asks each installed module's own function, found by its name",
    "_reminder_has_passed": "asks each installed module's own function, found by its name",
    "_person_emails": "asks each installed module's own function, found by its name",
}
"""Functions that run SQL made of text -> why they must."""

EXCEPTION_BLOCK: dict[str, str] = {
    "_make_client_of_lead": "a booking on its way is seen by the unique index alone, which refuses the second place",
    "_queue_for_session": "a notification that cannot be queued never fails a booking, it is put on record",
    "erase_person": "gives back locks taken out of order when more becomes known of the person meanwhile",
}
"""Functions with an EXCEPTION block, which costs a subtransaction -> why they must."""

RAISING_HELPER = "_fail"
"""The one function that refuses: reason, status and hint come from its catalogue."""

SHARED_TRIGGERS = {"refuse_change", "check_timezone"}
"""Functions that triggers of other files execute, because the rule is the same for every table."""

WITHOUT_KEY = {
    "process_stripe_event",
    "cleanup_orphaned_sessions",
    "claim_notifications",
    "complete_notification",
    "fail_notification",
}
"""Commands without p_idempotency_key: they carry their own identity or hand out work."""

RETURN_ROWS = {"cleanup_orphaned_sessions", "claim_notifications"}
"""Commands that return rows instead of json."""

ERROR_LEVEL = 21  # elog_level of RAISE EXCEPTION in libpg_query's JSON

RESTRICTED: tuple[tuple[dict[str, str], Callable[[Step], bool], str], ...] = (
    (
        DYNAMIC_EXECUTE,
        lambda step: step.kind in {"PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"} or "dynquery" in step.fields,
        "runs text with EXECUTE, without a reason in the allow-list",
    ),
    (
        EXCEPTION_BLOCK,
        lambda step: step.kind == "PLpgSQL_exception_block",
        "has an EXCEPTION block, without a reason in the allow-list",
    ),
)
"""What only functions of an allow-list may do."""

ALLOWED_STATEMENTS = (
    ast.DropStmt | ast.CompositeTypeStmt | ast.CreateFunctionStmt | ast.GrantStmt | ast.CommentStmt | ast.CreateTrigStmt
)


class Function:
    """What a CREATE FUNCTION statement declares."""

    def __init__(self, statement: Statement) -> None:
        node = statement.node
        options = [(option.defname, option.arg) for option in node.options or ()]
        modes = enums.FunctionParameterMode
        self.line = statement.line
        self.start = statement.start
        self.node = node
        self.name = name(node.funcname)
        self.is_private = self.name.startswith("_")
        self.parameters = [p for p in node.parameters or () if p.mode != modes.FUNC_PARAM_TABLE]
        self.returns = name(node.returnType)
        self.is_trigger = self.returns == "trigger"
        self.volatility = next((arg.sval for key, arg in options if key == "volatility"), None)
        self.is_definer = any(key == "security" and arg.boolval for key, arg in options)
        self.settings = {arg.name: arg for key, arg in options if key == "set"}

    @property
    def is_command(self) -> bool:
        """Whether it is called to change something."""
        return not (self.is_private or self.is_trigger) and (self.returns == "json" or self.name in RETURN_ROWS)

    @property
    def is_query(self) -> bool:
        """Whether it is called to read something."""
        return not (self.is_private or self.is_trigger or self.is_command)


def check(source: Source) -> Iterator[Finding]:
    """Apply every rule of a function's file."""
    yield from _statements(source)
    yield from _header(source)
    created = [Function(statement) for statement in source.of_kind(ast.CreateFunctionStmt)]
    if [function.name for function in created] != [source.stem]:
        yield source.finding(1, f"holds exactly one function, named {source.stem} like the file")
        return
    (function,) = created
    for rule in (_declaration, _parameters, _command_or_query, _grants, _comment, _types, _triggers, _body):
        yield from rule(source, function)


def _statements(source: Source) -> Iterator[Finding]:
    for statement in source.statements:
        if not is_a(statement.node, ALLOWED_STATEMENTS):
            yield source.finding(
                statement.line, "a function's file holds its type, function, grants, comment and triggers, nothing else"
            )


def _header(source: Source) -> Iterator[Finding]:
    if not source.text.startswith("--"):
        yield source.finding(1, "begins with a comment: what it does, its rules, errors and lock order")


def _declaration(source: Source, function: Function) -> Iterator[Finding]:
    if function.node.is_procedure:
        yield source.finding(function.line, "is a procedure; callers can only call functions")
        return
    if not function.node.replace:
        yield source.finding(function.line, "says CREATE OR REPLACE FUNCTION, for the file runs again when it changes")
    search_path = function.settings.get("search_path")
    if search_path is None or search_path.kind != enums.VariableSetKind.VAR_SET_CURRENT:
        yield source.finding(function.line, "says SET search_path FROM CURRENT")
    if function.volatility is None:
        yield source.finding(function.line, "states its volatility: VOLATILE, STABLE or IMMUTABLE")


def _parameters(source: Source, function: Function) -> Iterator[Finding]:
    allowed = {enums.FunctionParameterMode.FUNC_PARAM_DEFAULT, enums.FunctionParameterMode.FUNC_PARAM_IN}
    optional_seen = False
    for parameter in function.parameters:
        if parameter.mode not in allowed:
            yield source.finding(function.line, f"parameter {parameter.name} is OUT, INOUT or VARIADIC")
        if not (parameter.name or "").startswith("p_"):
            yield source.finding(function.line, f"parameter {parameter.name or '(unnamed)'} is named p_...")
        if optional_seen and parameter.defexpr is None:
            sentence = f"parameter {parameter.name} is required, so it comes before optional ones"
            yield source.finding(function.line, sentence)
        optional_seen = optional_seen or parameter.defexpr is not None


def _command_or_query(source: Source, function: Function) -> Iterator[Finding]:
    if function.is_command:
        yield from _command(source, function)
    elif function.is_query and function.volatility == "volatile":
        yield source.finding(function.line, "is VOLATILE: a command returns json, a query is STABLE")


def _command(source: Source, function: Function) -> Iterator[Finding]:
    if function.volatility != "volatile":
        yield source.finding(function.line, "returns json, so it is a command and VOLATILE; a query returns a TABLE")
    if not function.is_definer:
        yield source.finding(function.line, "a command is SECURITY DEFINER")
    if not _is_utc(function.settings.get("timezone")):
        yield source.finding(function.line, "a command says SET timezone TO 'UTC'")
    if function.name not in WITHOUT_KEY and not _ends_with_key(function.parameters):
        yield source.finding(function.line, "the last parameter of a command is p_idempotency_key text DEFAULT NULL")
    for parameter in function.parameters:
        if any(_reads_clock(node) for node in walk(parameter.defexpr)):
            yield source.finding(function.line, f"default of {parameter.name} reads the clock: it is NULL in a command")


def _is_utc(setting: Any) -> bool:
    return setting is not None and [arg.val.sval for arg in setting.args or ()] == ["UTC"]


def _ends_with_key(parameters: list[Any]) -> bool:
    if not parameters:
        return False
    last = parameters[-1]
    is_null = is_a(last.defexpr, ast.A_Const) and bool(last.defexpr.isnull)
    return last.name == "p_idempotency_key" and name(last.argType) == "text" and is_null


def _reads_clock(node: Any) -> bool:
    clocks = {"now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday"}
    return is_a(node, ast.SQLValueFunction) or (is_a(node, ast.FuncCall) and name(node.funcname) in clocks)


def _grants(source: Source, function: Function) -> Iterator[Finding]:
    revoked: set[str] = set()
    for statement in source.of_kind(ast.GrantStmt):
        grant = statement.node
        if grant.objtype != enums.ObjectType.OBJECT_FUNCTION or [name(o) for o in grant.objects] != [function.name]:
            yield source.finding(statement.line, f"grants and revokes are ON FUNCTION {function.name} alone")
        elif not grant.is_grant:
            revoked |= grantees(grant) if statement.start > function.start and not grant.privileges else set()
        elif function.is_private:
            yield source.finding(statement.line, "a private function is granted to nobody")
        elif "PUBLIC" in grantees(grant) or not grantees(grant) <= ROLES:
            yield source.finding(statement.line, "EXECUTE is granted to anon, authenticated or service_role by name")
        elif revoked != ROLES:
            yield source.finding(statement.line, "the grant comes after the REVOKE")
    if revoked != ROLES:
        wanted = f"REVOKE ALL ON FUNCTION {function.name} FROM PUBLIC, anon, authenticated, service_role"
        yield source.finding(function.line, f"is followed by {wanted}")


def _comment(source: Source, function: Function) -> Iterator[Finding]:
    commented = [
        name(statement.node.object)
        for statement in source.of_kind(ast.CommentStmt)
        if statement.node.objtype == enums.ObjectType.OBJECT_FUNCTION and statement.node.comment
    ]
    if not function.is_private and commented != [function.name]:
        yield source.finding(function.line, f"a public function has a COMMENT ON FUNCTION {function.name}")


def _types(source: Source, function: Function) -> Iterator[Finding]:
    dropped: set[str] = set()
    for statement in source.statements:
        node = statement.node
        if is_a(node, ast.DropStmt) and node.removeType == enums.ObjectType.OBJECT_TYPE:
            dropped |= {name(item) for item in node.objects} if node.missing_ok else set()
        if is_a(node, ast.CompositeTypeStmt):
            created = name(node.typevar)
            if created not in dropped:
                yield source.finding(statement.line, f"CREATE TYPE {created} comes after its DROP TYPE IF EXISTS")
            if statement.start > function.start:
                yield source.finding(statement.line, "a type stands before the function")


def _triggers(source: Source, function: Function) -> Iterator[Finding]:
    dropped: set[tuple[str, ...]] = set()
    for statement in source.statements:
        node = statement.node
        if is_a(node, ast.DropStmt) and node.removeType == enums.ObjectType.OBJECT_TRIGGER and node.missing_ok:
            dropped |= {tuple(part.sval for part in item) for item in node.objects}
        if not is_a(node, ast.CreateTrigStmt):
            continue
        if name(node.funcname) not in {function.name, *SHARED_TRIGGERS}:
            yield source.finding(statement.line, f"a trigger here executes {function.name}")
        if not node.replace and (node.relation.relname, node.trigname) not in dropped:
            yield source.finding(
                statement.line, f"trigger {node.trigname} is made again: CREATE OR REPLACE, or DROP TRIGGER IF EXISTS"
            )


def _body(source: Source, function: Function) -> Iterator[Finding]:
    steps = [step for body in source.bodies for step in body.steps]
    for allowed, is_meant, sentence in RESTRICTED:
        found = [step for step in steps if is_meant(step)]
        if function.name not in allowed:
            yield from (source.finding(step.line, sentence) for step in found)
        elif not found:
            yield source.finding(function.line, f"needs its allowance no more: {allowed[function.name]}")
    for step in steps:
        if _refuses(step) and not function.is_trigger and function.name not in {RAISING_HELPER, *EXCEPTION_BLOCK}:
            yield source.finding(step.line, f"refuses with {RAISING_HELPER}(), the one raising helper")
        if step.kind == "PLpgSQL_diag_item" and step.fields.get("kind") == "CONSTRAINT_NAME":
            yield source.finding(step.line, "branches on a constraint's name; only the SQLSTATE is the same everywhere")
    for query in (query for body in source.bodies for query in body.queries):
        if query.within in {"sql", "PLpgSQL_stmt_return_query"} and _selects_star(query.node):
            yield source.finding(query.line, "returns SELECT *; a result names its columns")


def _refuses(step: Step) -> bool:
    """Whether a step is a RAISE EXCEPTION; a bare RAISE only passes on what an EXCEPTION block caught."""
    says_something = bool({"message", "condname", "options"} & set(step.fields))
    return step.kind == "PLpgSQL_stmt_raise" and step.fields["elog_level"] == ERROR_LEVEL and says_something


def _selects_star(query: Any) -> bool:
    """Whether the outermost SELECT of a query, or an arm of its UNION, returns a star."""
    if not is_a(query, ast.SelectStmt):
        return False
    if query.op != enums.SetOperation.SETOP_NONE:
        return _selects_star(query.larg) or _selects_star(query.rarg)
    targets = [target.val for target in query.targetList or ()]
    return any(is_a(t, ast.ColumnRef) and is_a(t.fields[-1], ast.A_Star) for t in targets)
