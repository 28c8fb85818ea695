"""The demo: what the modules are for, played on a throw-away server and told chapter by chapter."""

from collections.abc import Callable, Iterator

from bookingdb.demo import classes, credits, gusmester, peer, therapy
from bookingdb.demo._shared import Chapter, Stage

WEEKS: dict[str, Callable[[Stage], Iterator[Chapter]]] = {
    "gusmester": gusmester.week,
    "credits": credits.month,
    "therapy": therapy.week,
    "peer": peer.week,
    "classes": classes.week,
}
"""Module -> its story."""
