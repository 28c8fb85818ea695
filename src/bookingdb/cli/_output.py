"""What reaches the terminal. Whatever a database says is printed from here, so that it cannot act on the terminal."""

import json
import os
import re
import sys
from typing import Any, Self

import click
import rich.text
from rich.console import Console
from rich.table import Table


class _ErrorConsole(Console):
    def on_broken_pipe(self) -> None:
        """Go on in silence: work does not stop half-way because nobody reads how it goes."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


console = Console(highlight=False)
error_console = _ErrorConsole(highlight=False, stderr=True)

_UNLIMITED = 1_000_000  # columns

# Control characters but tab and newline; and what turns the direction of text around.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    r"""Return ``text`` with its control characters written out: ESC as ``\x1b``."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class Text(rich.text.Text):
    """Text whose control characters are written out; the commands use no other."""

    def __init__(self, text: str = "", style: Any = "", **options: Any) -> None:
        super().__init__(visible(text), style, **options)

    def append(self, text: rich.text.Text | str, style: Any = None) -> Self:
        """Add text at the end."""
        super().append(visible(text) if isinstance(text, str) else text, style)
        return self


def say(text: str | rich.text.Text, where: Console = console) -> None:
    """Print a line, on stdout unless told otherwise; however long, it stays one."""
    where.print(Text(text) if isinstance(text, str) else text, soft_wrap=True)


def print_table(table: Table, where: Console = console) -> None:
    """Print a table with every word whole: folded on a terminal, as wide as it gets elsewhere."""
    for column in table.columns:
        column.overflow = "fold"
    if not where.file.isatty():
        where = type(where)(file=where.file, highlight=False, width=_UNLIMITED)
    where.print(table)


def report(text: str) -> None:
    """Say on stderr what is being done."""
    say(Text(text, style="dim"), error_console)


def print_json(document: Any) -> None:
    """Print ``document`` as JSON on stdout; dates and other odd values as text."""
    text = json.dumps(document, indent=2, default=str, ensure_ascii=False)
    try:
        click.echo(_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
    except BrokenPipeError:
        console.on_broken_pipe()
