"""Hands notifications to Python of your own."""

import asyncio
import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from bookingdb.worker._notification import Handler, Notification

GROUP = "bookingdb.handlers"
_MOST_AT_ONCE = 1000
"""Threads begin when they are needed. The event loop's own are few: what waits for one of them runs out of its time."""
_FORM = "write python:MODULE:NAME, or python:NAME for an entry point of the group bookingdb.handlers"


class FunctionHandler:
    """Calls a function for each notification: on the event loop if it is asynchronous, else in a thread."""

    def __init__(self, function: Callable[[Notification], Any]) -> None:
        self._function = function
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="handler")

    async def deliver(self, notification: Notification) -> None:
        """Call it. A thread cannot be cancelled: a function that takes too long may still run beside its repetition."""
        if inspect.iscoroutinefunction(self._function):
            await self._function(notification)
        else:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._function, notification)


def load(name: str) -> Handler:
    """Return the handler of that name: an object with ``deliver``, or a function made one. Raises ValueError."""
    found = _find(name)
    if not inspect.isclass(found) and hasattr(found, "deliver"):
        handler: Handler = found
        return handler
    if not callable(found) or inspect.isclass(found):
        raise ValueError(f"{name} is neither a function nor an object with deliver()")
    return FunctionHandler(found)


def _find(name: str) -> Any:
    module, colon, attribute = name.partition(":")
    if not colon:
        points = list(entry_points(group=GROUP, name=name)) if name else []
        if not points:
            raise ValueError(f"there is no handler {name!r}: {_FORM}")
        return points[0].load()
    try:
        found: Any = import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise ValueError(f"{name!r} cannot be loaded ({error}): {_FORM}") from error
    return found
