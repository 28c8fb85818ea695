"""What functions take and return and tables hold, in TypeScript: ``bookingdb export --typescript`` picks from it."""

import json
from typing import Any

from .catalog import Catalog, Column, Function, Parameter, Table, TableColumn
from .synchronous import PACKAGE

FILE = PACKAGE / "export" / "types.json"

TYPES = {
    "uuid": "string",
    "text": "string",
    "boolean": "boolean",
    "smallint": "number",
    "integer": "number",
    "bigint": "number",
    "date": "string",
    "time without time zone": "string",
    "timestamp with time zone": "string",
    "interval": "string",
    "bytea": "string",
    "json": "Json",
    "jsonb": "Json",
}


def generate(catalog: Catalog) -> dict[str, str]:
    """Return the generated file: path -> text."""
    document = {
        "functions": {function.name: _function(function) for function in catalog.functions},
        "tables": {table.name: _table(table, catalog) for table in catalog.tables},
        "reasons": {reason.name: reason.status for reason in catalog.reasons},
    }
    return {str(FILE): json.dumps(document, indent=1, ensure_ascii=False) + "\n"}


def _function(function: Function) -> dict[str, Any]:
    return {
        "module": function.module,
        "about": function.comment.summary,
        "arguments": {f"p_{p.name}": _argument(p) for p in function.parameters},
        "returns": _returns(function),
        "reasons": [item.name for item in function.comment.raises],
    }


def _argument(parameter: Parameter) -> dict[str, Any]:
    return {
        "type": _type(parameter.type, parameter.values, nullable=parameter.nullable),
        "optional": parameter.default is not None,
        "about": parameter.about,
    }


def _returns(function: Function) -> dict[str, Any]:
    if function.kind == "value":
        return {"value": _column(function.columns[0])}
    return {
        "rows" if function.kind == "rows" else "object": {column.name: _column(column) for column in function.columns}
    }


def _column(column: Column) -> dict[str, str]:
    return {"type": _type(column.type, column.values, nullable=column.nullable), "about": column.about}


def _table(table: Table, catalog: Catalog) -> dict[str, Any]:
    return {
        "module": table.module,
        "about": table.about,
        "columns": {column.name: _table_column(table, column, catalog) for column in table.columns},
    }


def _table_column(table: Table, column: TableColumn, catalog: Catalog) -> dict[str, Any]:
    values = catalog.value_sets.get(f"{table.name}.{column.name}", ())
    return {
        "type": _type(column.type, values, nullable=column.nullable),
        "optional": column.nullable or column.default is not None,  # on INSERT
        "about": column.about,
    }


def _type(name: str, values: tuple[str, ...], *, nullable: bool) -> str:
    element = name.removesuffix("[]")
    if element not in TYPES:
        raise ValueError(f"there is no TypeScript type for {name} yet: add it to TYPES")
    text = " | ".join(map(json.dumps, values)) if values else TYPES[element]
    if element != name:
        text = f"({text})[]" if values else f"{text}[]"
    return f"{text} | null" if nullable and text != "Json" else text
