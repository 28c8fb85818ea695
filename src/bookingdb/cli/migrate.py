"""``bookingdb migrate``: bring a schema to the state this package declares."""

import time
from collections import Counter
from dataclasses import asdict

import click
from rich.table import Table

from bookingdb import __version__, deploy
from bookingdb.cli._common import dsn_option, json_option, lock_timeout_option, schema_option
from bookingdb.cli._output import Text, console, error_console, print_json, print_table, report, say
from bookingdb.deploy import Change, ConstraintsViolated, MigrateResult
from bookingdb.modules import DEPENDENCIES

_NAMES_SHOWN = 12
_PLURALS = {"function": "functions", "constraint": "constraints", "policy": "policies"}
ACTION_COLORS = {"created": "green", "changed": "yellow", "restored": "yellow", "dropped": "red"}


def complete_modules(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return what the last of several names may become."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in DEPENDENCIES if name.startswith(last)]


@click.command()
@dsn_option
@schema_option
@click.option(
    "--modules",
    multiple=True,
    metavar="NAME[,NAME...]",
    shell_complete=complete_modules,
    help="Install these and what they need; without it, all. What is installed already is always brought up to date.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@click.option("--force", is_flag=True, help="Undo what somebody changed by hand; bookingdb status --diff shows it.")
@lock_timeout_option
@json_option
def migrate(
    dsn: str, schema: str, modules: tuple[str, ...], dry_run: bool, force: bool, lock_timeout: str, as_json: bool
) -> None:
    """Bring the database to the state this version declares.

    Safe to run again, to run twice at once and to kill at any moment. What is missing is made again; what somebody
    changed by hand stops it, unless --force says to undo that.

    \b
    bookingdb migrate --dry-run
    bookingdb migrate --dsn postgresql://owner@localhost/club
    bookingdb migrate --modules gusmester --schema sauna
    """
    started = time.perf_counter()
    try:
        result = deploy.migrate(
            dsn,
            schema=schema,
            modules=[name.strip() for part in modules for name in part.split(",")] if modules else None,
            dry_run=dry_run,
            force=force,
            lock_timeout=lock_timeout,
            report=report,
        )
    except ConstraintsViolated as error:
        if not as_json:
            _print_violations(error)
        raise
    if as_json:
        print_json(asdict(result) | {"changed": result.changed})
    else:
        _print_result(result, time.perf_counter() - started)


def _print_result(result: MigrateResult, seconds: float) -> None:
    say(f'Schema "{result.schema}", bookingdb {__version__}, modules {", ".join(result.modules)}')
    if not result.changed:
        console.print("Nothing to do: everything is up to date.")
        return
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for what, names in (("new roles", result.roles), ("let in", result.usage), ("migrated", result.migrations)):
        if names:
            table.add_row(Text(what, style="green"), str(len(names)), Text(", ".join(names)))
    for action, color in ACTION_COLORS.items():
        changes = [change for change in result.changes if change.action == action]
        if changes:
            table.add_row(Text(action, style=color), str(len(changes)), Text(summary(changes)))
    print_table(table)
    if result.dry_run:
        console.print("This was a dry run: nothing was changed.")
    else:
        console.print(f"Done in {seconds:.1f} s.")


def summary(changes: list[Change]) -> str:
    """Name a few things; count many."""
    if len(changes) <= _NAMES_SHOWN:
        return ", ".join(f"{change.kind} {change.name}" for change in changes)
    counts = Counter(change.kind for change in changes)
    return ", ".join(f"{count} {_PLURALS[kind] if count > 1 else kind}" for kind, count in counts.items())


def _print_violations(error: ConstraintsViolated) -> None:
    for violation in error.violations:
        title = f"{violation.constraint} is violated {violation.count} times"
        table = Table(title=Text(title), title_justify="left")
        for column in violation.rows[0]:
            table.add_column(Text(column))
        for row in violation.rows:
            table.add_row(*(Text(str(value)) for value in row.values()))
        print_table(table, error_console)
        report(violation.repair)
