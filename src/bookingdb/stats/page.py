"""The statistics as one HTML page: nothing is loaded from elsewhere, no script runs, charts are inline SVG.

It is built as a tree, so that whatever a database says is escaped when the tree is written.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from bookingdb.cli._output import visible
from bookingdb.functions.credits import CreditPatternsRow
from bookingdb.stats import Figures, Statistics, whole_seconds
from bookingdb.stats.charts import bar, columns

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --faint: #667085; --line: #dfe3ea; --paper: #fff; --accent: #2563eb; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9f0; --faint: #98a1b3; --line: #2f3747; --paper: #12161f; --accent: #7aa2ff; }
}
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { color: var(--faint); margin: .25rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; }
th { color: var(--faint); font-weight: 500; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.zero { color: var(--faint); }
code { font-size: .85em; }
svg { display: block; width: 22rem; max-width: 40vw; fill: var(--accent); }
svg.columns { height: 2.5rem; }
svg.bar { height: .7rem; }
svg .axis { fill: var(--line); }
"""
_OF_NUMBERS = {"now", "number", "value"}  # headings
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render(statistics: Statistics) -> str:
    """Return the page."""
    title = f"Bookings of {statistics.schema}"
    page = Element("html", lang="en")
    head = _add(page, "head")
    _add(head, "meta", charset="utf-8")
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY})
    SubElement(head, "meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"})
    _add(head, "title", title)
    SubElement(head, "style").text = _STYLE
    body = _add(page, "body")
    _add(body, "h1", title)
    _add(body, "p", f"{_time(statistics.start)} to {_time(statistics.end)}, as of {_time(statistics.at)}, all in UTC")
    _add_queue(body, statistics)
    for heading, figures in (("Bookings", statistics.happened), ("Credits and points moved", statistics.moved)):
        _add(body, "h2", heading)
        _add_figures(body, figures, statistics)
    _add_refused(body, statistics.refused)
    _add_patterns(body, statistics.patterns)
    return f"<!DOCTYPE html>\n{tostring(page, encoding='unicode', method='html')}\n"


def _add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    """Add an element; a class is given as ``class_``, and what is empty is left out."""
    given = {key.rstrip("_"): visible(value) for key, value in attributes.items() if value}
    element = SubElement(parent, name, given)
    element.text = visible(text)
    return element


def _add_table(parent: Element, headings: Sequence[str]) -> Element:
    table = _add(parent, "table")
    row = _add(_add(table, "thead"), "tr")
    for heading in headings:
        _add(row, "th", heading, class_="number" if heading in _OF_NUMBERS else "")
    return _add(table, "tbody")


def _add_row(table: Element, cells: Iterable[str | int | Element]) -> None:
    row = _add(table, "tr")
    for cell in cells:
        match cell:
            case Element():
                _add(row, "td").append(cell)
            case int():
                _add(row, "td", f"{cell:,}", class_="number" if cell else "number zero")
            case str():
                _add(row, "td", cell)


def _add_queue(body: Element, statistics: Statistics) -> None:
    _add(body, "h2", "Notifications")
    if not statistics.queue:
        _add(body, "p", "The module notifications is not installed.")
        return
    table = _add_table(body, ("state", "now", ""))
    most = max(statistics.queue.values())
    for state, count in statistics.queue.items():
        _add_row(table, (state, count, bar(count, most)))
    if statistics.oldest_due is not None:
        _add(body, "p", f"The oldest one has been due for {whole_seconds(statistics.oldest_due)}.")


def _add_figures(body: Element, figures: Figures, statistics: Statistics) -> None:
    table = _add_table(body, ("module", "what", "number", "by day"))
    for (module, metric), value in figures.items():
        by_day = [(f"{day.start:%Y-%m-%d}", day.figures.get((module, metric), 0)) for day in statistics.days]
        _add_row(table, (module, metric.replace("_", " "), value, columns(by_day)))


def _add_refused(body: Element, refused: dict[str, int]) -> None:
    _add(body, "h2", "Refusals since installation")
    if not refused:
        _add(body, "p", "No call was ever refused.")
        return
    table = _add_table(body, ("reason", "number", ""))
    for reason, count in refused.items():
        _add_row(table, (reason, count, bar(count, max(refused.values()))))


def _add_patterns(body: Element, patterns: list[CreditPatternsRow] | None) -> None:
    _add(body, "h2", "Unusual patterns of credits")
    if not patterns:
        nothing = "Nothing is unusual." if patterns == [] else "The module credits is not installed."
        _add(body, "p", nothing)
        return
    table = _add_table(body, ("pattern", "person", "value", "details"))
    for row in patterns:
        details = Element("code")
        details.text = visible(json.dumps(row.details, ensure_ascii=False))
        _add_row(table, (row.pattern.replace("_", " "), str(row.user_id), row.value, details))


def _time(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"
