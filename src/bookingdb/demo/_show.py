"""How a chapter looks in a terminal: a cell's type decides its colour and side."""

from datetime import datetime

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bookingdb.demo._shared import Cell, Chapter, Done, Refused


def show(console: Console, chapter: Chapter) -> None:
    """Print a chapter."""
    table = Table(box=box.SIMPLE_HEAD, header_style="bold cyan", pad_edge=False)
    first = chapter.rows[0] if chapter.rows else [""] * len(chapter.columns)
    for name, cell in zip(chapter.columns, first, strict=True):
        is_number = isinstance(cell, int) and not isinstance(cell, bool)
        table.add_column(name, justify="right" if is_number else "left")
    marks = ("\u2713", "\u2717") if console.encoding.lower().startswith("utf") else ("+", "-")
    for row in chapter.rows:
        table.add_row(*(_cell(cell, *marks) for cell in row))
    console.print(Text(chapter.title, "bold"))
    console.print(Text(chapter.story, "dim"))
    console.print(table)
    if chapter.closing:
        console.print(Text(chapter.closing + "\n", "bold"))


def _cell(cell: Cell, yes: str, no: str) -> Text:
    match cell:
        case Done(text):
            return Text(f"{yes} {text}", "green")
        case Refused(_, message):
            return Text(f"{no} {message}", "yellow")
        case bool():
            return Text(yes, "green") if cell else Text(no, "bold red")
        case datetime():
            return Text(f"{cell:%a %d %b %H:%M}")
    return Text(str(cell))
