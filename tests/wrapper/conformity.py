"""Does a value have the type that is promised for it?"""

import dataclasses
import types
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

Returned: TypeAlias = tuple[str, Any]
"""A method's name and what it returned."""


def conforms(value: Any, promised: Any) -> bool:
    """Tell whether a value has a type as it stands in an annotation, down to the fields of dataclasses."""
    origin, arguments = get_origin(promised), get_args(promised)
    if origin in (Union, types.UnionType):
        return any(conforms(value, argument) for argument in arguments)
    if origin is Literal:
        return value in arguments
    if origin is list:
        return isinstance(value, list) and all(conforms(item, arguments[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict)
    if dataclasses.is_dataclass(promised):
        hints = get_type_hints(promised)
        return type(value) is promised and all(conforms(getattr(value, name), hints[name]) for name in hints)
    return type(value) is promised
