"""``bookingdb history``: what was deployed when, by whom and from which version."""

from dataclasses import asdict

import click

from bookingdb import deploy
from bookingdb.cli._common import Problem, dsn_option, json_option, lock_timeout_option, schema_option
from bookingdb.cli._output import Text, print_json, say
from bookingdb.cli.migrate import ACTION_COLORS


@click.command()
@click.argument("function", required=False)
@dsn_option
@schema_option
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The newest N; 50 unless FUNCTION is named.")
@lock_timeout_option
@json_option
def history(function: str | None, dsn: str, schema: str, limit: int | None, lock_timeout: str, as_json: bool) -> None:
    """List what was deployed when, by whom and from which version, newest first.

    FUNCTION is the name of a function, constraint or policy.

    \b
    bookingdb history --limit 20
    bookingdb history book_gusmester_spot
    bookingdb history book_gusmester_spot --json
    """
    limit = limit or (None if function else 50)
    rows = deploy.deployments(dsn, schema=schema, name=function, limit=limit, lock_timeout=lock_timeout)
    if function and not rows:
        raise Problem(f'Nothing named "{function}" was ever deployed to schema "{schema}".')
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    if not rows:
        say(f'Nothing was deployed to schema "{schema}".')
        return
    for row in rows:
        when = (f"{row.deployed_at.astimezone():%Y-%m-%d %H:%M:%S}  ", "dim")
        action = (f"{row.action:<8} ", ACTION_COLORS[row.action])
        what = f"{row.kind:<10} {row.module:<14} {row.name}  version {row.version}"
        origin = (f"  bookingdb {row.package_version} by {row.deployed_by}", "dim")
        say(Text.assemble(when, action, what, origin))
