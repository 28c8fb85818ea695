"""What a function is like that no generated method knows: asked of the catalog."""

from collections.abc import Iterable
from typing import Any, LiteralString

from bookingdb._function import Function, Row
from bookingdb._results import dicts, value

LOOK_UP: LiteralString = """
    SELECT coalesce(f.proargnames, '{}'),
           coalesce(array_to_string(f.proargmodes, ''), repeat('i', f.pronargs)),
           ARRAY(SELECT format_type(a.type, NULL)
                   FROM unnest(coalesce(f.proallargtypes, f.proargtypes::oid[])) WITH ORDINALITY AS a (type, position)
                  ORDER BY a.position),
           f.pronargdefaults,
           f.provolatile = 'v'
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
    """Return the function of a row of LOOK_UP: mode i is a parameter, t a column of the result."""
    names, modes, types, defaults, writes = row
    parameters = {n.removeprefix("p_"): t for n, mode, t in zip(names, modes, types, strict=True) if mode == "i"}
    columns = tuple(n for n, mode in zip(names, modes, strict=True) if mode == "t")
    required = len(parameters) - defaults
    return Function(name, parameters, required, writes, columns, dicts(columns) if columns else value)


def unknown(schema: str, name: str, others: Iterable[Row]) -> str:
    """Say that there is no such function, and which there are."""
    names = ", ".join(row[0] for row in others)
    advice = f"it has {names}" if names else "install it with `bookingdb migrate`"
    return f"schema {schema} has no function {name}; {advice}"
