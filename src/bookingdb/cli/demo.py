"""``bookingdb demo``: a week of a club on a throw-away server."""

import time
from contextlib import ExitStack, closing

import click

from bookingdb.cli._common import Problem
from bookingdb.cli._output import console
from bookingdb.cli.verify import print_broken
from bookingdb.demo import WEEKS
from bookingdb.demo._shared import Stage
from bookingdb.demo._show import show
from bookingdb.deploy import migrate
from bookingdb.server import ServerError, launch


@click.command()
@click.pass_context
def demo(ctx: click.Context) -> None:
    """Play a week on a throw-away PostgreSQL server; exit with 1 if an invariant broke.

    \b
    bookingdb demo
    """
    try:
        ctx.exit(0 if play() else 1)
    except ServerError as error:
        raise Problem(str(error)) from error
    except KeyboardInterrupt:
        console.print("\nStopped. The server is gone, and what it held.")
        ctx.exit(130)


def play() -> bool:
    """Play every module's week; return whether all invariants hold at the end."""
    started = time.perf_counter()
    with ExitStack() as stack:
        with console.status("Starting a PostgreSQL server of our own ..."):
            conninfo = stack.enter_context(launch()).conninfo()
            migrate(conninfo)
            stage = stack.enter_context(closing(Stage(conninfo)))
        version, functions = stage.sql(_INSTALLED)[0]
        seconds = time.perf_counter() - started
        console.print(f"PostgreSQL {version} and {functions} functions, ready after {seconds:.1f} s.\n")
        for week in WEEKS.values():
            for chapter in week(stage):
                show(console, chapter)
        broken = stage.service.call("verify_invariants")
    print_broken(broken)
    console.print(f"That took {time.perf_counter() - started:.1f} s; the server is gone.")
    return not broken


_INSTALLED = """
    SELECT split_part(current_setting('server_version'), ' ', 1), count(*)
      FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
"""
