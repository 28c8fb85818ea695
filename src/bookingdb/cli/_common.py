"""What every command shares: its options, its output, and one sentence instead of a traceback."""

import json
from importlib import import_module
from typing import Any

import click
import psycopg
from rich.console import Console
from rich.text import Text

from bookingdb import _conninfo
from bookingdb.deploy.errors import WRONG_USAGE, DeployError, explain, no_connection
from bookingdb.errors import BookingError, RetryableError
from bookingdb.server import ServerError

console = Console(highlight=False)
error_console = Console(highlight=False, stderr=True)


class Problem(click.ClickException):
    """What went wrong in one sentence, and what to do about it. The command found something or failed: exit code 1."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    def show(self, file: Any = None) -> None:
        """Print the sentence in red and the hint below it, on stderr."""
        error_console.print(Text(self.message, style="red"), soft_wrap=True)
        if self.hint:
            error_console.print(Text(self.hint), soft_wrap=True)


class WrongUsage(Problem):
    """A problem of how the command was called (DSN, privilege, unknown name): exit code 2."""

    exit_code = 2


class Group(click.Group):
    """A group of commands that are imported when they are called, and whose foreseeable errors end in a sentence.

    ``commands_by_name`` says of each command what ``--help`` lists, so that listing them imports none.
    """

    def __init__(self, *args: Any, commands_by_name: dict[str, str], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.commands_by_name = commands_by_name

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self.commands_by_name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command from the file of its name."""
        if cmd_name not in self.commands_by_name:
            return None
        command: click.Command = getattr(import_module(f"bookingdb.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.commands_by_name.items()))

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
    if isinstance(error, ServerError):
        return Problem(str(error))
    if isinstance(error, OSError):
        return Problem(f"{error}.")
    return None


def _development_dsn() -> str:
    from bookingdb import dev  # not above: whoever names a database does not need it

    server = dev.find()
    if server is None:
        raise WrongUsage(
            "Which database? Say it with --dsn or in BOOKINGDB_DSN, or start one with: bookingdb dev start",
            "For example --dsn postgresql://owner@localhost/club",
        )
    click.echo(f"Using the development server on {server.directory}", err=True)
    return server.dsn


def _check_dsn(ctx: click.Context, _param: click.Parameter, dsn: str | None) -> str:
    if dsn is None:
        return "" if ctx.resilient_parsing else _development_dsn()
    if not dsn:
        raise WrongUsage("The DSN is empty.", _conninfo.FORM)
    try:
        _conninfo.check(dsn)
    except ValueError as error:
        raise WrongUsage(str(error), _conninfo.FORM) from None
    return dsn


dsn_option = click.option(
    "--dsn",
    envvar="BOOKINGDB_DSN",
    show_envvar=True,
    callback=_check_dsn,
    metavar="DSN",
    help="The database, e.g. postgresql://owner@localhost/club; without it the one of bookingdb dev.",
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

lock_timeout_option = click.option(
    "--lock-timeout", default="5s", show_default=True, metavar="TIME", help="Longest wait for a lock."
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


def report(text: str) -> None:
    """Say on stderr what is being done."""
    error_console.print(Text(text, style="dim"), soft_wrap=True)


def print_json(document: Any) -> None:
    """Print ``document`` as JSON; dates and other odd values as text."""
    click.echo(json.dumps(document, indent=2, default=str, ensure_ascii=False))
