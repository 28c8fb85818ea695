"""What everybody who calls functions has in common."""

# Generated from _acaller.py by `make wrappers`: change that instead.

from typing import Any, TypeVar

from bookingdb._engine import Engine
from bookingdb._function import Function

T = TypeVar("T")


class Caller:
    """Calls functions as the connection's role or as an end user."""

    def __init__(self, engine: Engine, claims: str | None = None) -> None:
        self._engine = engine
        self._claims = claims

    def call(self, function: str, /, **params: Any) -> Any:
        """Call a function by its name, with its parameters named without their ``p_``: for functions without a method.

        Parameters left out keep their defaults; one that is a word of Python's gets an underscore: ``from_`` is
        ``p_from``. A command returns a dict, a table function a list of dicts, any other function its value.
        Raises a ``BookingError`` when a rule refuses and ``RetryableError`` when trying again may succeed.
        """
        return self._engine.call(function, params, self._claims)

    def _call(self, function: Function[T], *values: Any) -> T:
        return self._engine.run(function, function.given(values), self._claims)
