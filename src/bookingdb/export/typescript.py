"""The types of the exposed functions and views, in the shape in which supabase-js takes them."""

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bookingdb.deploy.files import Package
from bookingdb.export import declarations

HEADER = "// Written by bookingdb export"
"""What a file of ours begins with."""

_NOTHING = "{ [_ in never]: never }"
_JSON = "export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]\n"


@cache
def _facts() -> dict[str, Any]:
    """Return what the catalog says; ``make wrappers`` writes it down."""
    facts: dict[str, Any] = json.loads(Path(__file__).with_name("types.json").read_text("utf-8"))
    return facts


def typescript(package: Package, modules: Iterable[str], where: str) -> str:
    """Return the types of what schema ``where`` exposes of the modules."""
    facts, modules = _facts(), tuple(modules)
    functions = {name: one for name, one in facts["functions"].items() if one["module"] in modules}
    return "\n".join(
        [
            f"{HEADER}, bookingdb {package.version}: the next export replaces it.\n",
            _JSON,
            *_database(where, functions, _views(package, modules, facts["tables"])),
            *_refusals(functions, facts["reasons"]),
        ]
    )


def _views(package: Package, modules: Iterable[str], tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables that callers may read, with the columns of their views."""
    views = {}
    for file in package.objects(modules):
        granted = declarations.table_privileges(file) if file.kind == "policy" else {}
        if declarations.is_readable(granted) and file.name in tables:
            shown = _among(tables[file.name]["columns"], declarations.common_columns(granted))
            rows = {name: column | {"optional": False} for name, column in shown.items()}
            views[file.name] = {"about": tables[file.name]["about"], "Row": rows, **_written(shown, granted)}
    return dict(sorted(views.items()))


def _among(members: Mapping[str, Any], columns: declarations.Columns) -> dict[str, Any]:
    return {name: member for name, member in members.items() if columns is None or name in columns}


def _written(shown: Mapping[str, Any], granted: Mapping[str, declarations.Privileges]) -> dict[str, Any]:
    """Return what the service may insert and update; nothing where it only reads, as all others do."""
    may = granted.get("service_role", {})
    if not may.keys() & {"INSERT", "UPDATE"}:
        return {}
    updated = {name: column | {"optional": True} for name, column in _among(shown, may.get("UPDATE", ())).items()}
    return {"Insert": _among(shown, may.get("INSERT", ())), "Update": updated}


def _database(where: str, functions: Mapping[str, Any], views: Mapping[str, Any]) -> Iterator[str]:
    yield "export type Database = {"
    yield f"  {_key(where)}: {{"
    yield f"    Tables: {_NOTHING}"
    yield "    Views: {"
    for name, view in views.items():
        yield from _documented(view["about"], 6)
        yield f"      {name}: {{"
        for part in [part for part in ("Row", "Insert", "Update") if part in view]:
            yield f"        {part}: {{"
            yield from _members(view[part], 10)
            yield "        }"
        yield "        Relationships: []"
        yield "      }"
    yield "    }"
    yield "    Functions: {"
    for name, function in functions.items():
        yield from _function(name, function)
    yield "    }"
    yield f"    Enums: {_NOTHING}"
    yield f"    CompositeTypes: {_NOTHING}"
    yield "  }"
    yield "}\n"


def _key(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else json.dumps(name)


def _function(name: str, function: Mapping[str, Any]) -> Iterator[str]:
    yield from _documented(function["about"], 6)
    yield f"      {name}: {{"
    if function["arguments"]:
        yield "        Args: {"
        yield from _members(function["arguments"], 10)
        yield "        }"
    else:
        yield "        Args: Record<PropertyKey, never>"
    yield from _returns(function["returns"])
    yield "      }"


def _returns(returns: Mapping[str, Any]) -> Iterator[str]:
    if "value" in returns:
        yield f"        Returns: {returns['value']['type']}"
        return
    yield "        Returns: {"
    if "object" in returns:
        yield "          success: true"
    yield from _members(returns.get("object") or returns.get("rows") or {}, 10)
    yield "        }[]" if "rows" in returns else "        }"


def _members(members: Mapping[str, Any], indent: int) -> Iterator[str]:
    for name, member in members.items():
        yield from _documented(member["about"], indent)
        yield f"{' ' * indent}{name}{'?' if member.get('optional') else ''}: {member['type']}"


def _documented(about: str, indent: int) -> Iterator[str]:
    margin = " " * indent
    about = about.replace("*/", "* /")
    if about and len(about) + indent < 110:
        yield f"{margin}/** {about} */"
    elif about:
        lines = textwrap.wrap(about, 116 - indent, break_long_words=False, break_on_hyphens=False)
        yield f"{margin}/**"
        yield from (f"{margin} * {line}" for line in lines)
        yield f"{margin} */"


def _refusals(functions: Mapping[str, Any], reasons: Mapping[str, int]) -> Iterator[str]:
    yield "/** Every reason for which a call is refused, with its HTTP status. */"
    yield "export type BookingErrorStatus = {"
    yield from (f"  {reason}: {status}" for reason, status in reasons.items())
    yield "}\n"
    yield "export type BookingErrorReason = keyof BookingErrorStatus\n"
    yield "/** What the `details` of an error hold, as JSON. */"
    yield "export type BookingErrorDetails = {"
    yield "  reason: BookingErrorReason"
    yield "  [context: string]: Json | undefined"
    yield "}\n"
    yield "/** The reasons for which each function refuses. */"
    yield "export type BookingRefusals = {"
    for name, function in functions.items():
        yield f"  {name}: {' | '.join(map(json.dumps, function['reasons'])) or 'never'}"
    yield "}\n"
