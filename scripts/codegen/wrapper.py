"""The generated Python: what functions take and return, and a method for each."""

from collections.abc import Iterator

from .catalog import Catalog, Function, Parameter
from .formatting import formatted
from .python import (
    class_name,
    column_type,
    docstring,
    parameter_name,
    parameter_type,
    prose,
)
from .synchronous import PACKAGE, synchronous

FUNCTIONS = PACKAGE / "functions"

FROM_CATALOG = "# Generated from the catalog by `make wrappers`: change the SQL and its comments instead."

RESULTS_HEADER = f'''"""What the functions of module {{module}} take and return."""

{FROM_CATALOG}

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from bookingdb._function import Function
from bookingdb._results import list_of, nothing, object_of, value
'''

METHODS_HEADER = f'''"""The functions of module {{module}} as methods."""

{FROM_CATALOG}

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from bookingdb._acaller import AsyncCaller
from bookingdb._function import DEFAULT
from bookingdb.functions import {{module}}
{{results}}


class Async{{name}}(AsyncCaller):
    """The functions of module {{module}}."""

'''


def generate(catalog: Catalog) -> dict[str, str]:
    """Return the generated Python files: path -> text."""
    modules = [module for module in catalog.modules if catalog.functions_of(module)]
    files = {str(FUNCTIONS / "__init__.py"): _all_functions(catalog, modules)}
    for module in modules:
        functions = catalog.functions_of(module)
        files[str(FUNCTIONS / f"{module}.py")] = _results(module, functions)
        methods = _methods(module, functions)
        files[str(FUNCTIONS / f"_a{module}.py")] = methods
        files[str(FUNCTIONS / f"_{module}.py")] = synchronous(methods)
    return {path: formatted(text, path) for path, text in files.items()}


def _results(module: str, functions: list[Function]) -> str:
    classes = [_result_class(function) for function in functions if _has_class(function)]
    return "\n\n".join([RESULTS_HEADER.format(module=module), *classes, *map(_constant, functions)])


def _has_class(function: Function) -> bool:
    return function.kind != "value" and bool(function.columns)


def _result_name(function: Function) -> str:
    return class_name(function.name) + ("Row" if function.kind == "rows" else "Result")


def _result_type(function: Function) -> str:
    if function.kind == "value":
        return column_type(function.columns[0])
    if not function.columns:
        return "None"
    return f"list[{_result_name(function)}]" if function.kind == "rows" else _result_name(function)


def _result_class(function: Function) -> str:
    what = "A row of what" if function.kind == "rows" else "What"
    about = f"{what} {function.name}() returns" + (f"; {prose(function.note)}" if function.note else ".")
    lines = ["@dataclass(frozen=True, slots=True)", f"class {_result_name(function)}:", docstring(about, 4), ""]
    for column in function.columns:
        lines.append(f"    {column.name}: {column_type(column)}")
        if column.about and column.about != "may be NULL":  # its type says so
            lines.append(docstring(prose(column.about), 4))
    return "\n".join(lines)


def _constant(function: Function) -> str:
    parameters = {parameter.name: parameter.type for parameter in function.parameters}
    required = sum(parameter.default is None for parameter in function.parameters)
    columns = tuple(column.name for column in function.columns) if function.kind == "rows" else ()
    return (
        f"{function.name.upper()}: Function[{_result_type(function)}] = Function("
        f"{function.name!r}, {parameters!r}, required={required}, writes={function.writes}, columns={columns!r}, "
        f"read={_reader(function)})"
    )


def _reader(function: Function) -> str:
    if function.kind == "value":
        return "value"
    if not function.columns:
        return "nothing"
    if function.kind == "rows":
        return f"list_of({_result_name(function)})"
    types = ", ".join(f"{column.name}={column.type!r}" for column in function.columns)
    return f"object_of({_result_name(function)}, {types})"


def _methods(module: str, functions: list[Function]) -> str:
    results = _import_results(module, functions)
    head = METHODS_HEADER.format(module=module, results=results, name=_methods_name(module))
    return head + "\n".join(line for function in functions for line in _method(module, function))


def _methods_name(module: str) -> str:
    return f"{class_name(module)}Functions"


def _import_results(module: str, functions: list[Function]) -> str:
    names = ", ".join(_result_name(function) for function in functions if _has_class(function))
    return f"from bookingdb.functions.{module} import {names}" if names else ""


def _method(module: str, function: Function) -> Iterator[str]:
    yield f"    async def {function.name}("
    yield "        self,"
    for parameter in function.parameters:
        default = "" if parameter.default is None else " = DEFAULT"
        yield f"        {parameter_name(parameter.name)}: {parameter_type(parameter)}{default},"
    yield f"    ) -> {_result_type(function)}:"
    yield docstring("\n".join(_explained(function)), 8)
    values = "".join(f", {parameter_name(parameter.name)}" for parameter in function.parameters)
    yield f"        return await self._call({module}.{function.name.upper()}{values})"
    yield ""


def _explained(function: Function) -> Iterator[str]:
    yield prose(function.comment.summary)
    if function.parameters:
        yield "\nArgs:"
        for parameter in function.parameters:
            yield f"    {parameter_name(parameter.name)}: {prose(parameter.about)}{_default(parameter)}"
    if function.kind == "value":
        yield f"\nReturns:\n    {prose(function.comment.returns)}"
    if function.comment.raises:
        yield "\nRaises:"
        for reason in function.comment.raises:
            yield f"    {class_name(reason.name)}" + (f": {reason.about}." if reason.about else "")


def _default(parameter: Parameter) -> str:
    if parameter.default is None or parameter.nullable:
        return ""
    return f" Default {parameter.default_value}."


def _all_functions(catalog: Catalog, modules: list[str]) -> str:
    lines = ['"""The functions of all modules, and what they return."""', "", FROM_CATALOG, ""]
    for module in modules:
        lines += [
            f"from bookingdb.functions._a{module} import Async{_methods_name(module)}",
            f"from bookingdb.functions._{module} import {_methods_name(module)}",
            _import_results(module, catalog.functions_of(module)),
        ]
    results = [_result_name(function) for function in catalog.functions if _has_class(function)]
    lines.append(f"__all__ = {['AsyncFunctions', 'Functions', *results]!r}")
    for prefix, kind in (("", "a method"), ("Async", "an asynchronous method")):
        bases = ", ".join(f"{prefix}{_methods_name(module)}" for module in modules)
        lines.append(f'class {prefix}Functions({bases}):\n    """Every public function, {kind} each."""\n')
    return "\n".join(lines)
