"""What every command shares: its options, its output, and one sentence instead of a traceback."""

import json
from typing import Any

import click
import psycopg
from rich.console import Console

from bookingdb.deploy.errors import WRONG_USAGE, DeployError, explain, no_connection
from bookingdb.errors import BookingError, RetryableError

console = Console(highlight=False)
error_console = Console(highlight=False, stderr=True)


class Problem(click.ClickException):
    """What went wrong in one sentence, and what to do about it. The command found something or failed: exit code 1."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    def show(self, file: Any = None) -> None:
        """Print the sentence in red and the hint below it, on stderr."""
        click.secho(self.message, fg="red", err=True, file=file)
        if self.hint:
            click.echo(self.hint, err=True, file=file)


class WrongUsage(Problem):
    """A problem of how the command was called (DSN, privilege, unknown name): exit code 2."""

    exit_code = 2


class Group(click.Group):
    """A group of commands whose foreseeable errors end in a sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what it raises into a ``Problem``."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Problem("Interrupted. What was not finished was rolled back; run the command again.") from None
        except Exception as error:
            problem = describe(error)
            if problem is None:
                raise
            raise problem from error


def describe(error: Exception) -> Problem | None:
    """Return the sentence for an error a person can do something about; None for a bug of ours."""
    if isinstance(error, psycopg.Error):
        error = explain(error) if error.sqlstate else no_connection(error)
    if isinstance(error, DeployError):
        kind = WrongUsage if error.exit_code == WRONG_USAGE else Problem
        return kind(error.message, error.hint)
    if isinstance(error, (BookingError, RetryableError)):
        return Problem(error.message, getattr(error, "hint", None))
    return None


def _check_dsn(_ctx: click.Context, _param: click.Parameter, dsn: str | None) -> str:
    if not dsn:
        raise WrongUsage(
            "Which database? Say it with --dsn or in BOOKINGDB_DSN.",
            "For example --dsn postgresql://owner@localhost/club",
        )
    try:
        psycopg.conninfo.conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        # libpq's own message would repeat the DSN, and with it perhaps a password
        raise WrongUsage(
            "The DSN is not a connection string.",
            "Write postgresql://user@host/database or 'host=… dbname=… user=…'.",
        ) from None
    return dsn


dsn_option = click.option(
    "--dsn",
    envvar="BOOKINGDB_DSN",
    show_envvar=True,
    callback=_check_dsn,
    metavar="DSN",
    help="The database, e.g. postgresql://owner@localhost/club",
)

schema_option = click.option(
    "--schema",
    envvar="BOOKINGDB_SCHEMA",
    show_envvar=True,
    default="bookingdb",
    show_default=True,
    metavar="SCHEMA",
    help="The schema bookingdb is installed in.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


def print_json(document: Any) -> None:
    """Print ``document`` as JSON; dates and other odd values as text."""
    click.echo(json.dumps(document, indent=2, default=str, ensure_ascii=False))
