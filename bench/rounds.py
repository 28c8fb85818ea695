"""Interleaved rounds and the ratios that come out of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

Measure = Callable[[], float]


@dataclass(frozen=True)
class Aim:
    """What a ratio should reach (``at_least``) or not exceed (``at_most``)."""

    at_least: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        return f"≥ {self.at_least:.2f}" if self.at_most is None else f"≤ {self.at_most:.2f}"

    def met_by(self, figure: float) -> bool:
        """Whether the aim is reached."""
        if self.at_most is not None:
            return figure <= self.at_most
        return self.at_least is None or figure >= self.at_least


@dataclass(frozen=True)
class Row:
    """One line of the report: a measure, as a ratio to its yardstick of the same round."""

    measure: str
    yardstick: str
    conditions: str
    ratios: tuple[float, ...]
    aim: Aim | None = None

    @property
    def figure(self) -> float:
        """The median of the rounds' ratios."""
        return median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """Between which ratios the middle half of the rounds lies."""
        lower, _, upper = quantiles(self.ratios, method="inclusive")
        return lower, upper

    @property
    def verdict(self) -> str:
        """``ok`` or ``misses``; ``information`` where nothing is aimed at."""
        if self.aim is None:
            return "information"
        return "ok" if self.aim.met_by(self.figure) else "misses"


def run_rounds(count: int, measures: Mapping[str, Measure]) -> dict[str, list[float]]:
    """Take every measure once a round, A B C then C B A, so that a drift of the machine meets all of them alike."""
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(count):
        names = list(measures)
        for name in names if number % 2 == 0 else reversed(names):
            taken[name].append(measures[name]())
    return taken


def ratios(measured: Sequence[float], yardstick: Sequence[float]) -> tuple[float, ...]:
    """Compare each round's measure with the yardstick of the same round."""
    return tuple(a / b for a, b in zip(measured, yardstick, strict=True))
