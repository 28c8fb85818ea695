"""What a function is like that no generated method knows: asked of the catalog."""

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

from bookingdb._function import Function, Row
from bookingdb._results import dicts, value, values
from bookingdb.errors import UnknownFunction

# pg_proc.proargmodes: what goes in, what comes out, or both.
_IN = "ib"
_OUT = "tob"

LOOK_UP: LiteralString = """
    SELECT coalesce(f.proargnames, array_fill(''::text, ARRAY[f.pronargs::integer])),
           coalesce(array_to_string(f.proargmodes, ''), repeat('i', f.pronargs)),
           ARRAY(SELECT format_type(a.type, NULL)
                   FROM unnest(coalesce(f.proallargtypes, f.proargtypes::oid[])) WITH ORDINALITY AS a (type, position)
                  ORDER BY a.position),
           f.pronargdefaults,
           f.provolatile = 'v',
           f.proretset,
           ARRAY(SELECT a.attname::text
                   FROM pg_catalog.pg_attribute AS a
                   JOIN pg_catalog.pg_type AS t ON t.typrelid = a.attrelid
                  WHERE t.oid = f.prorettype AND a.attnum > 0 AND NOT a.attisdropped
                  ORDER BY a.attnum)
      FROM pg_catalog.pg_proc AS f
      JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
     WHERE n.nspname = %s AND f.proname = %s AND f.prokind = 'f' AND f.prorettype <> 'trigger'::regtype
"""

PUBLIC_FUNCTIONS: LiteralString = """
    SELECT f.proname
      FROM pg_catalog.pg_proc AS f
      JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
     WHERE n.nspname = %s AND f.prokind = 'f' AND f.prorettype <> 'trigger'::regtype
       AND NOT starts_with(f.proname, '_')
     ORDER BY f.proname
"""


def function_of(name: str, row: Row) -> Function[Any]:
    """Return the function of a row of LOOK_UP. Raises UnknownFunction for one that cannot be called by its names."""
    names, modes, types, defaults, writes, returns_set, attributes = row
    _refuse_what_has_other_names(name, names, modes)
    parameters = {n.removeprefix("p_"): t for n, mode, t in zip(names, modes, types, strict=True) if mode in _IN}
    named = [n for n, mode in zip(names, modes, strict=True) if mode in _OUT]
    columns = tuple(named or attributes) if returns_set else ()
    read = dicts(columns) if columns else values if returns_set else value
    return Function(name, parameters, len(parameters) - defaults, writes, columns, read)


def _refuse_what_has_other_names(function: str, names: Sequence[str], modes: str) -> None:
    if "v" in modes:
        raise UnknownFunction(f"{function}() cannot be called: it is variadic")
    for position, (name, mode) in enumerate(zip(names, modes, strict=True), 1):
        if mode in _IN and not name.startswith("p_"):
            which = name or f"${position}"
            raise UnknownFunction(
                f"{function}() cannot be called: the name of parameter {which} does not begin with p_"
            )


def unknown(schema: str, name: str, others: Iterable[Row]) -> str:
    """Say that there is no such function, and which there are."""
    names = ", ".join(row[0] for row in others)
    advice = f"it has {names}" if names else "install it with `bookingdb migrate`"
    return f"schema {schema} has no function {name}; {advice}"
