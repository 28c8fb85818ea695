"""``bookingdb verify``: is every invariant kept?"""

import json
from collections.abc import Sequence
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from bookingdb.cli._common import WrongUsage, console, dsn_option, json_option, print_json, schema_option
from bookingdb.client import connect
from bookingdb.errors import UnknownFunction


@click.command()
@dsn_option
@schema_option
@json_option
@click.pass_context
def verify(ctx: click.Context, dsn: str, schema: str, as_json: bool) -> None:
    """List every invariant that is broken; exit with 1 if there is any.

    \b
    bookingdb verify
    bookingdb verify --schema sauna --json
    """
    broken = find_broken(dsn, schema)
    if as_json:
        print_json(broken)
    else:
        print_broken(broken)
    ctx.exit(1 if broken else 0)


def find_broken(dsn: str, schema: str) -> list[dict[str, Any]]:
    """Return the rows of verify_invariants()."""
    try:
        with connect(dsn, schema) as database:
            broken: list[dict[str, Any]] = database.call("verify_invariants")
            return broken
    except UnknownFunction as unknown:
        raise WrongUsage(f"{unknown}.") from unknown


def print_broken(broken: Sequence[dict[str, Any]]) -> None:
    """Print what is broken as a table, or that nothing is."""
    if not broken:
        console.print("[bold green]Every invariant holds[/]: verify_invariants() returns nothing.")
        return
    table = Table("invariant", "entity", "id", "details")
    for row in broken:
        details = json.dumps(row["details"], default=str, ensure_ascii=False)
        table.add_row(*map(Text, (row["invariant"], row["entity"], row["entity_id"], details)))
    console.print(table)
    console.print(f"[bold red]Broken in {len(broken)} places.[/]")
