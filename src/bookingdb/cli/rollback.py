"""``bookingdb rollback``: undo migrations, after saying which rows that would lose."""

import sys
from dataclasses import asdict

import click
from rich.table import Table

from bookingdb import deploy
from bookingdb.cli._common import (
    Problem,
    WrongUsage,
    dsn_option,
    json_option,
    lock_timeout_option,
    schema_option,
)
from bookingdb.cli._output import Text, error_console, print_json, print_table, report, say, visible
from bookingdb.deploy import RollbackResult


@click.command()
@dsn_option
@schema_option
@click.option("--to", metavar="MIGRATION", help="Undo what is newer than this migration, which stays.")
@click.option("--steps", type=click.IntRange(min=1), metavar="N", help="Undo the newest N; without it, one.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@lock_timeout_option
@json_option
def rollback(
    dsn: str, schema: str, to: str | None, steps: int | None, yes: bool, lock_timeout: str, as_json: bool
) -> None:
    """Undo migrations, newest first: all of them or, when something is in the way, none.

    Says first which tables and columns would go and how many rows they hold, and asks. The functions, constraints and
    policies of the modules concerned go too; bookingdb migrate makes them again, without the rows.

    \b
    bookingdb rollback
    bookingdb rollback --to 0002.notifications-tables
    bookingdb rollback --steps 2 --yes --json
    """
    if to and steps:
        raise WrongUsage("Say either --to or --steps.")

    def confirm(result: RollbackResult) -> None:
        _print_losses(result)
        if not yes:
            _ask(result.schema)

    result = deploy.rollback(
        dsn, schema=schema, to=to, steps=steps, confirm=confirm, lock_timeout=lock_timeout, report=report
    )
    if as_json:
        print_json(asdict(result))
    else:
        say(f"Rolled back {', '.join(result.migrations)}.")


def _print_losses(result: RollbackResult) -> None:
    """Say on stderr what would be lost, so that stdout has the answer alone."""
    say(f'Rolling back {", ".join(result.migrations)} in schema "{result.schema}" loses:', error_console)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 2))
    for loss in result.losses:
        what = f"column {loss.table}.{loss.column}" if loss.column else f"table {loss.table}"
        table.add_row(
            Text(what), Text(f"{loss.rows} {'row' if loss.rows == 1 else 'rows'}", style="red" * bool(loss.rows))
        )
    table.add_row("functions, constraints, policies", str(len(result.dropped)))
    print_table(table, error_console)
    if result.edited:
        say(f"and what was edited by hand: {', '.join(result.edited)}", error_console)


def _is_interactive() -> bool:
    return sys.stdin.isatty()


def _ask(schema: str) -> None:
    if not _is_interactive():
        raise WrongUsage("Nobody can be asked here. Nothing was rolled back.", "If this is meant, say --yes.")
    question = visible(f"Type the name of the schema ({schema}) to go on")
    try:
        answer = click.prompt(question, default="", show_default=False, err=True)
    except click.Abort:
        say("", error_console)  # ends the line of the question
        raise Problem("Interrupted. Nothing was rolled back.") from None
    if answer != schema:
        raise Problem("Nothing was rolled back.")
