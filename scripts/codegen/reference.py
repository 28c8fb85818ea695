"""The reference in docs/reference: functions and tables by module, and the reasons to refuse."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bookingdb import errors
from bookingdb.modules import DEPENDENCIES

from .catalog import Catalog, Column, Function, Parameter, Reason, Table
from .python import parameter_name

FOLDER = Path("docs/reference")
FROM_CATALOG = "<!-- Generated from the catalog by `make docs`: change the SQL and its comments instead. -->"
SHORT = {
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
}
SUCCESS = Column("success", "boolean", nullable=False, about="true; a refusal is an error", values=())
"""The first key of every command's result."""


def generate(catalog: Catalog) -> dict[str, str]:
    """Return the pages: path -> text."""
    pages = {
        "README.md": _index(catalog),
        "errors.md": _errors(catalog),
        **{f"{module}.md": _module(catalog, module) for module in catalog.modules},
    }
    return {str(FOLDER / name): "\n".join([FROM_CATALOG, "", *lines]).strip() + "\n" for name, lines in pages.items()}


def _index(catalog: Catalog) -> Iterator[str]:
    yield "# Reference\n"
    rows = [
        (
            f"[{module}]({module}.md)",
            ", ".join(f"[{f.name}]({module}.md#{f.name})" for f in catalog.functions_of(module)),
            ", ".join(f"[{table.name}]({module}.md#{table.name})" for table in catalog.tables_of(module)),
        )
        for module in catalog.modules
    ]
    yield from _table(("module", "functions", "tables"), rows)
    yield "A call that a rule refuses has one of the [reasons](errors.md)."


def _module(catalog: Catalog, module: str) -> Iterator[str]:
    yield f"# Module {module}\n"
    if needs := DEPENDENCIES[module]:
        yield f"Stands on {', '.join(f'[{name}]({name}.md)' for name in needs)}.\n"
    if functions := catalog.functions_of(module):
        yield "## Functions\n"
        for function in functions:
            yield from _function(function)
    if tables := catalog.tables_of(module):
        yield "## Tables\n"
        yield from _diagram(tables)
        for table in tables:
            yield from _described(table)


def _function(function: Function) -> Iterator[str]:
    yield f"### {function.name}\n"
    yield _text(function.comment.summary) + "\n"
    if function.parameters:
        yield from _table(
            ("parameter", "type", "default", ""),
            [(f"`p_{p.name}`", _short(p.type), _code(p.default_value), _meaning(p)) for p in function.parameters],
        )
    yield from _result(function)
    reasons = ", ".join(
        f"[{reason.name}](errors.md#{reason.name})" + (f" ({reason.about})" if reason.about else "")
        for reason in function.comment.raises
    )
    yield f"Refused with: {reasons or 'nothing'}.\n"
    yield f"Called by: {', '.join(f'`{role}`' for role in function.roles)}. Python: `{_python(function)}`.\n"
    if function.comment.rule:
        yield f"Rule: {function.comment.rule}\n"


def _python(function: Function) -> str:
    parameters = (parameter_name(p.name) + ("" if p.default is None else "=…") for p in function.parameters)
    return f"db.{function.name}({', '.join(parameters)})"


def _result(function: Function) -> Iterator[str]:
    if function.kind == "value":
        yield f"Returns {_short(function.columns[0].type)}: {_text(function.comment.returns)}\n"
        return
    what, name = ("an object", "key") if function.kind == "command" else ("rows", "column")
    yield f"Returns {what}" + (f"; {_text(function.note)}\n" if function.note else ":\n")
    yield from _table(
        (name, "type", "may be NULL", ""),
        [
            (f"`{column.name}`", _short(column.type), "yes" if column.nullable else "", _meaning(column))
            for column in [*[SUCCESS] * (function.kind == "command"), *function.columns]
        ],
    )


def _meaning(what: Column | Parameter) -> str:
    listed = what.values and not what.about.startswith("one of ")
    values = f"one of {', '.join(f'`{value}`' for value in what.values)}" if listed else ""
    about = "" if what.about == "may be NULL" else _text(what.about).rstrip(".")  # a column of the table says so
    return "; ".join(filter(None, [about, values]))


def _diagram(tables: list[Table]) -> Iterator[str]:
    yield "```mermaid"
    yield "erDiagram"
    for table in tables:
        yield f"    {table.name} {{"
        foreign = {name for key in table.foreign_keys for name in key.columns}
        for column in table.columns:
            keys = [mark for mark, has in (("PK", column.in_primary_key), ("FK", column.name in foreign)) if has]
            yield f"        {_short(column.type).replace(' ', '_')} {column.name} {', '.join(keys)}".rstrip()
        yield "    }"
    for table in tables:
        for key in table.foreign_keys:
            parent, children = "|o" if key.nullable else "||", "o|" if key.unique else "o{"
            yield f'    {key.table} {parent}--{children} {table.name} : "{", ".join(key.columns)}"'
    yield "```\n"


def _described(table: Table) -> Iterator[str]:
    yield f"### {table.name}\n"
    if table.about:
        yield _text(table.about) + "\n"
    yield from _table(
        ("column", "type", "may be NULL", "default", ""),
        [
            (
                f"`{column.name}`",
                _short(column.type),
                "yes" if column.nullable else "",
                _code(column.default),
                " ".join(filter(None, ["Primary key." if column.in_primary_key else "", _text(column.about)])),
            )
            for column in table.columns
        ],
    )
    for constraint in table.constraints:
        yield f"- `{constraint.name}`: `{' '.join(constraint.about.split())}`"
    if table.constraints:
        yield ""


def _errors(catalog: Catalog) -> Iterator[str]:
    yield "# Reasons to refuse\n"
    yield (
        "SQLSTATE is `PT` and the HTTP status; DETAIL is a JSON object with the `reason` and what is named in "
        "parentheses here. In Python each is a class below `bookingdb.BookingError`.\n"
    )
    yield from _table(
        ("reason", "status", "Python", "when"),
        [
            (f"[{reason.name}](#{reason.name})", str(reason.status), f"`{_class(reason).__name__}`", _when(reason))
            for reason in catalog.reasons
        ],
    )
    for reason in catalog.reasons:
        yield from _reason(reason, catalog.functions)


def _reason(reason: Reason, functions: Iterable[Function]) -> Iterator[str]:
    yield f"## {reason.name}\n"
    yield f"{_when(reason)} {reason.hint}\n"
    raisers = [
        f"[{function.name}]({function.module}.md#{function.name})"
        for function in functions
        if reason.name in {item.name for item in function.comment.raises}
    ]
    yield f"Raised by {', '.join(raisers) or 'no function yet'}.\n"


def _class(reason: Reason) -> type[errors.BookingError]:
    return next(cls for cls in errors.BookingError.__subclasses__() if cls.reason == reason.name)


def _when(reason: Reason) -> str:
    return (_class(reason).__doc__ or "").replace("``", "`")


def _text(comment: str) -> str:
    """Return a comment's text as Markdown, which takes <what stands in brackets> for HTML."""
    return comment.replace("<", "\\<")


def _short(type_name: str) -> str:
    return SHORT.get(type_name, type_name)


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    head = list(head)
    yield _row(head)
    yield _row(["---"] * len(head))
    yield from map(_row, rows)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
