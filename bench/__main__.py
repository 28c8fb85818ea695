"""``make bench``."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Protocol

import click
from rich.console import Console

from bench.classes import Classes
from bench.ledger import Ledger
from bench.outbox import Churn, Outbox
from bench.plans import Plans
from bench.report import document, table
from bench.rounds import Row
from bench.server import bench_server
from bench.sessions import Sessions
from bench.size import FULL, QUICK, Size
from bench.throughput import Throughput
from bench.wrapper import Wrapper
from bookingdb.server import Server, ServerError


class Part(Protocol):
    """A part of the benchmark: databases of its own, and what is measured with them."""

    def rows(self) -> Iterator[Row]:
        """Measure."""

    def check(self) -> None:
        """Raise an error if what was done broke a rule."""


PARTS: dict[str, Callable[[Server, Size], Part]] = {
    "throughput": Throughput,
    "wrapper": Wrapper,
    "plans": Plans,
    "ledger": Ledger,
    "sessions": Sessions,
    "classes": Classes,
    "outbox": Outbox,
    "churn": Churn,
}


@click.command()
@click.option("--quick", is_flag=True, help="Try everything in seconds; the figures mean nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.option("--only", type=click.Choice(list(PARTS)), multiple=True, help="Leave the other parts out.")
def main(quick: bool, as_json: bool, only: tuple[str, ...]) -> None:
    """Measure how fast the package is, as ratios to yardsticks run in the same minute."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # in order: the data folder is large
    progress = Console(stderr=True)
    rows: list[Row] = []
    try:
        with bench_server() as server:
            if not (server.bindir / "pgbench").exists():
                raise click.ClickException(
                    f"There is no pgbench in {server.bindir}: set BOOKINGDB_PG_BIN to a folder that has it"
                )
            for name in only or PARTS:
                with progress.status(f"Measuring: {name}"):
                    rows += measure(server, name, QUICK if quick else FULL)
    except ServerError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps({"cores": os.cpu_count(), "quick": quick, "rows": document(rows)}, indent=2))
    else:
        Console().print(table(rows))


def measure(server: Server, name: str, size: Size) -> list[Row]:
    """Run one part; its figures count only if what was done for them was booked and kept every rule."""
    part = PARTS[name](server, size)
    rows = list(part.rows())
    part.check()
    return rows


main()
