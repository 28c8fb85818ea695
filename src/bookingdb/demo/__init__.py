"""The demo: a week on a throw-away server, told chapter by chapter."""

from collections.abc import Callable, Iterator

from bookingdb.demo import gusmester
from bookingdb.demo._shared import Chapter, Stage

WEEKS: dict[str, Callable[[Stage], Iterator[Chapter]]] = {"gusmester": gusmester.week}
"""Module -> its week."""
