"""``bookingdb status``: how a database compares with this package."""

from dataclasses import asdict

import click
from packaging.version import Version

from bookingdb import deploy
from bookingdb.cli._common import dsn_option, json_option, lock_timeout_option, schema_option
from bookingdb.cli._output import Text, print_json, say
from bookingdb.deploy import StatusResult

_COLORS = {"up to date": "green", "outdated": "yellow", "edited by hand": "red", "missing": "red", "unknown": "magenta"}

_DIFF_COLORS = {"-": "red", "+": "green", "@": "cyan"}


@click.command()
@dsn_option
@schema_option
@click.option("--exit-code", is_flag=True, help="Exit with 1 unless everything is up to date.")
@click.option("--diff", is_flag=True, help="Show what was changed by hand, against what was deployed.")
@lock_timeout_option
@json_option
@click.pass_context
def status(
    ctx: click.Context, dsn: str, schema: str, exit_code: bool, diff: bool, lock_timeout: str, as_json: bool
) -> None:
    """Compare the database with what this version declares: every migration, function, constraint and policy.

    \b
    bookingdb status
    bookingdb status --diff
    bookingdb status --exit-code --json
    """
    result = deploy.status(dsn, schema=schema, lock_timeout=lock_timeout)
    if as_json:
        print_json(asdict(result) | {"installed": result.installed, "up_to_date": result.up_to_date})
    else:
        _print_status(result, diff=diff)
    if exit_code and not result.up_to_date:
        ctx.exit(1)


def _print_status(result: StatusResult, *, diff: bool) -> None:
    if not result.installed:
        say(f'Nothing is installed in schema "{result.schema}"; bookingdb migrate installs it.')
        return
    for item in sorted(result.items, key=lambda item: item.state != "up to date"):
        line = f"{item.kind:<11} {item.module or '':<14} {item.name}"
        state = (f"{item.state:<15} ", _COLORS[item.state])
        say(Text.assemble(state, line, (f"  {item.detail or ''}", "dim")))
        if diff and item.diff:
            _print_diff(item.diff)
    say(_verdict(result))


def _print_diff(diff: str) -> None:
    for line in diff.split("\n"):
        say(Text(f"    {line}", style=_DIFF_COLORS.get(line[:1], "")))


def _verdict(result: StatusResult) -> str:
    where = f'schema "{result.schema}", bookingdb {result.package_version}, modules {", ".join(result.modules)}'
    if result.up_to_date:
        return f"All {len(result.items)} are up to date: {where}."
    if result.deployed_version and Version(result.deployed_version) > Version(result.package_version):
        return f"The database is newer, of bookingdb {result.deployed_version}: {where}."
    off = sum(item.state != "up to date" for item in result.items)
    return f"{off} of {len(result.items)} are not up to date: {where}."
