"""``bookingdb status``: how a database compares with this package."""

from dataclasses import asdict

import click
from packaging.version import Version
from rich.text import Text

from bookingdb import deploy
from bookingdb.cli._common import console, dsn_option, json_option, print_json, schema_option
from bookingdb.deploy import StatusResult

_COLORS = {"up to date": "green", "outdated": "yellow", "edited by hand": "red", "missing": "red", "unknown": "magenta"}


@click.command()
@dsn_option
@schema_option
@click.option("--exit-code", is_flag=True, help="Exit with 1 unless everything is up to date.")
@json_option
@click.pass_context
def status(ctx: click.Context, dsn: str, schema: str, exit_code: bool, as_json: bool) -> None:
    """List every migration, function, constraint and policy and whether it is as this version declares it."""
    result = deploy.status(dsn, schema=schema)
    if as_json:
        print_json(asdict(result) | {"installed": result.installed, "up_to_date": result.up_to_date})
    else:
        _print_status(result)
    if exit_code and not result.up_to_date:
        ctx.exit(1)


def _print_status(result: StatusResult) -> None:
    if not result.installed:
        console.print(
            Text(f'Nothing is installed in schema "{result.schema}"; bookingdb migrate installs it.'), soft_wrap=True
        )
        return
    for item in sorted(result.items, key=lambda item: item.state != "up to date"):
        line = f"{item.kind:<11} {item.module or '':<14} {item.name}"
        state = (f"{item.state:<15} ", _COLORS[item.state])
        console.print(Text.assemble(state, line, (f"  {item.detail or ''}", "dim")), soft_wrap=True)
    console.print(Text(_verdict(result)), soft_wrap=True)


def _verdict(result: StatusResult) -> str:
    where = f'schema "{result.schema}", bookingdb {result.package_version}, modules {", ".join(result.modules)}'
    if result.up_to_date:
        return f"All {len(result.items)} are up to date: {where}."
    if result.deployed_version and Version(result.deployed_version) > Version(result.package_version):
        return f"The database is newer, of bookingdb {result.deployed_version}: {where}."
    off = sum(item.state != "up to date" for item in result.items)
    return f"{off} of {len(result.items)} are not up to date: {where}."
