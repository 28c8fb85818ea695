"""Python's words for what SQL has: names, types, text that fits a line."""

import keyword
import re
import textwrap

from .catalog import Column, Parameter

TYPES = {
    "uuid": "UUID",
    "text": "str",
    "boolean": "bool",
    "smallint": "int",
    "integer": "int",
    "bigint": "int",
    "date": "date",
    "time without time zone": "time",
    "timestamp with time zone": "datetime",
    "interval": "timedelta",
    "jsonb": "dict[str, Any]",
}
JSON_ARGUMENT = "dict[str, Any] | list[Any]"
LINE = 120


def class_name(name: str) -> str:
    """Return ``a_name`` as ``AName``."""
    return "".join(word.capitalize() for word in name.split("_"))


def parameter_name(name: str) -> str:
    """Return a name that is no word of Python's."""
    return f"{name}_" if keyword.iskeyword(name) else name


def parameter_type(parameter: Parameter) -> str:
    """Return what a parameter is annotated with."""
    if parameter.type == "jsonb":
        return JSON_ARGUMENT
    return _annotation(parameter.type, parameter.values, parameter.nullable).replace("list[", "Sequence[")


def column_type(column: Column) -> str:
    """Return what a field, or the result of a function, is annotated with."""
    return _annotation(column.type, column.values, column.nullable)


def _annotation(type_name: str, values: tuple[str, ...], nullable: bool) -> str:
    element = type_name.removesuffix("[]")
    if element not in TYPES:
        raise ValueError(f"there is no Python type for {type_name} yet: add it to TYPES, and to bookingdb._results")
    annotation = f"Literal[{', '.join(map(repr, values))}]" if values else TYPES[element]
    if element != type_name:
        annotation = f"list[{annotation}]"
    return annotation + (" | None" if nullable else "")


def prose(text: str) -> str:
    """Return a comment's text in the words of Python."""
    text = re.sub(r"\bp_(\w+)", lambda match: parameter_name(match[1]), text)
    return re.sub(r"\bNULL\b", "None", text)


def docstring(text: str, indent: int) -> str:
    """Return a docstring of the lines of ``text``; what follows a line that begins with spaces hangs below it."""
    margin = " " * indent
    lines = [_wrap(line, margin) for line in f'"""{text}'.splitlines()]
    one_line = len(lines) == 1 and "\n" not in lines[0] and len(lines[0]) + 3 <= LINE
    return "\n".join(lines) + ('"""' if one_line else f'\n{margin}"""')


def _wrap(line: str, margin: str) -> str:
    hanging = len(line) - len(line.lstrip())
    return textwrap.fill(
        line.strip(),
        LINE,
        initial_indent=margin + " " * hanging,
        subsequent_indent=margin + (" " * (hanging + 4) if hanging else ""),
        break_long_words=False,
        break_on_hyphens=False,
    )
