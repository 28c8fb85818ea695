"""``bookingdb history``: what was deployed when, by whom and from which version."""

from dataclasses import asdict

import click
from rich.text import Text

from bookingdb import deploy
from bookingdb.cli._common import Problem, console, dsn_option, json_option, print_json, schema_option
from bookingdb.cli.migrate import ACTION_COLORS


@click.command()
@click.argument("function", required=False)
@dsn_option
@schema_option
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The newest N; 50 unless FUNCTION is named.")
@json_option
def history(function: str | None, dsn: str, schema: str, limit: int | None, as_json: bool) -> None:
    """List what was deployed when, by whom and from which version, newest first.

    FUNCTION is the name of a function, constraint or policy.

    \b
    bookingdb history --limit 20
    bookingdb history book_gusmester_spot
    bookingdb history book_gusmester_spot --json
    """
    rows = deploy.deployments(dsn, schema=schema, name=function, limit=limit or (None if function else 50))
    if function and not rows:
        raise Problem(f'Nothing named "{function}" was ever deployed to schema "{schema}".')
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    if not rows:
        console.print(Text(f'Nothing was deployed to schema "{schema}".'), soft_wrap=True)
        return
    for row in rows:
        when = (f"{row.deployed_at.astimezone():%Y-%m-%d %H:%M:%S}  ", "dim")
        action = (f"{row.action:<8} ", ACTION_COLORS[row.action])
        what = f"{row.kind:<10} {row.module:<14} {row.name}  version {row.version}"
        origin = (f"  bookingdb {row.package_version} by {row.deployed_by}", "dim")
        console.print(Text.assemble(when, action, what, origin), soft_wrap=True)
