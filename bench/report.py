"""The report: a table for people, JSON for machines."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from rich.table import Table

from bench.rounds import Row

_COLOURS = {"ok": "green", "misses": "red", "information": "dim"}


def table(rows: Sequence[Row]) -> Table:
    """Return the rows as a table, a section for those taken under the same conditions."""
    title = "Ratios: the median of interleaved rounds, and where the middle half of them lies"
    shown = Table("measure / yardstick", title=title, title_justify="left")
    for heading in ("aim", "figure", "middle half"):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("verdict", no_wrap=True)
    for conditions, group in groupby(rows, attrgetter("conditions")):
        shown.add_section()
        shown.add_row(f"[bold]{conditions}")
        for row in group:
            shown.add_row(*_cells(row))
    return shown


def _cells(row: Row) -> list[str]:
    lower, upper = row.spread
    return [
        f"{row.measure}\n[dim]/ {row.yardstick}",
        str(row.aim or ""),
        f"{row.figure:.2f}",
        f"{lower:.2f} to {upper:.2f}",
        f"[{_COLOURS[row.verdict]}]{row.verdict}",
    ]


def document(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows as JSON wants them."""
    return [
        {
            "measure": row.measure,
            "yardstick": row.yardstick,
            "conditions": row.conditions,
            "aim": row.aim and {"at_least": row.aim.at_least, "at_most": row.aim.at_most},
            "figure": row.figure,
            "spread": row.spread,
            "ratios": row.ratios,
            "verdict": row.verdict,
        }
        for row in rows
    ]
