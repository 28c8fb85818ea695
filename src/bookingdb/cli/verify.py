"""``bookingdb verify``: is every invariant kept?"""

import json
from collections.abc import Sequence
from typing import Any

import click
from rich.table import Table

from bookingdb.cli._common import WrongUsage, dsn_option, json_option, lock_timeout_option, schema_option
from bookingdb.cli._output import Text, console, print_json, print_table
from bookingdb.client import connect
from bookingdb.deploy.connection import Target, reading
from bookingdb.deploy.schema import check_name
from bookingdb.errors import UnknownFunction


@click.command()
@dsn_option
@schema_option
@lock_timeout_option
@json_option
@click.pass_context
def verify(ctx: click.Context, dsn: str, schema: str, lock_timeout: str, as_json: bool) -> None:
    """List every invariant that is broken; exit with 1 if there is any. Changes nothing.

    \b
    bookingdb verify
    bookingdb verify --schema sauna --json
    """
    broken = find_broken(dsn, schema, lock_timeout)
    if as_json:
        print_json(broken)
    else:
        print_broken(broken)
    ctx.exit(1 if broken else 0)


def find_broken(dsn: str, schema: str, lock_timeout: str) -> list[dict[str, Any]]:
    """Return the rows of verify_invariants(), all of one moment."""
    check_name(schema)
    try:
        with reading(Target(dsn, schema, lock_timeout), any_pooler=True) as conn:
            broken: list[dict[str, Any]] = connect(conn, schema).call("verify_invariants")
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
    print_table(table)
    console.print(f"[bold red]Broken in {len(broken)} places.[/]")
