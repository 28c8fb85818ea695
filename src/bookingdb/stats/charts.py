"""Charts small enough for a cell of a table, as SVG."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

_HEIGHT = 100.0
_WIDTH = 10.0  # of a day
_GAP = 2.0


def columns(values: Sequence[tuple[str, int]]) -> Element:
    """Draw a column for every value, those below 0 downwards; its name and value show when it is pointed at."""
    numbers = [value for _, value in values]
    lowest = min([0, *numbers])
    highest = max([0 if lowest else 1, *numbers])
    scale = _HEIGHT / (highest - lowest)
    chart = _chart("columns", _WIDTH * len(values), ", ".join(f"{name}: {value}" for name, value in values))
    _rectangle(chart, 0, highest * scale, _WIDTH * len(values), 1).set("class", "axis")
    for place, (name, value) in enumerate(values):
        top = (highest - max(value, 0)) * scale
        column = _rectangle(chart, place * _WIDTH, top, _WIDTH - _GAP, abs(value) * scale)
        SubElement(column, "title").text = f"{name}: {value}"
    return chart


def bar(value: int, most: int) -> Element:
    """Draw a bar that is as long as ``value`` is great, compared with ``most``."""
    chart = _chart("bar", _HEIGHT, str(value))
    _rectangle(chart, 0, 0, _HEIGHT * value / (most or 1), _HEIGHT)
    return chart


def _chart(kind: str, width: float, label: str) -> Element:
    return Element(
        "svg",
        {
            "class": kind,
            "viewBox": f"0 0 {width:g} {_HEIGHT + 1:g}",
            "preserveAspectRatio": "none",
            "role": "img",
            "aria-label": label,
        },
    )


def _rectangle(chart: Element, x: float, y: float, width: float, height: float) -> Element:
    sizes = {"x": x, "y": y, "width": width, "height": height}
    return SubElement(chart, "rect", {name: f"{size:.6g}" for name, size in sizes.items()})
