"""What every command shares: its options, and one sentence, or JSON, instead of a traceback."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib import import_module
from typing import Any

import click
import psycopg

from bookingdb import _conninfo
from bookingdb.cli._output import Text, error_console, print_json, report, say
from bookingdb.deploy.errors import WRONG_USAGE, DeployError, explain, no_connection
from bookingdb.errors import BookingError, RetryableError
from bookingdb.server import ServerError

_AS_JSON = f"{__name__}.as_json"


class Problem(click.ClickException):
    """What went wrong in one sentence, and what to do about it. The command found something or failed: exit code 1."""

    as_json = False

    def __init__(self, message: str, hint: str | None = None, violations: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(message)
        self.hint = hint
        self.violations = violations

    def show(self, file: Any = None) -> None:
        """Print the sentence in red and the hint below it, on stderr; as JSON on stdout, in place of the answer."""
        if self.as_json:
            violations = {"violations": self.violations} if self.violations else {}
            print_json({"error": self.message, "hint": self.hint} | violations)
            return
        say(Text(self.message, style="red"), error_console)
        if self.hint:
            say(self.hint, error_console)


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

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Note whether --json is said: what is wrong with the command line has to be JSON, too."""
        as_json = "--json" in args
        with _sentences(as_json=as_json):
            ctx = super().make_context(info_name, args, parent, **extra)
        ctx.meta[_AS_JSON] = as_json
        return ctx

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what it raises into a ``Problem``."""
        with _sentences(as_json=ctx.meta[_AS_JSON]):
            return super().invoke(ctx)


@contextmanager
def _sentences(*, as_json: bool) -> Iterator[None]:
    """Turn every foreseeable error into one that click prints and ends with."""
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        if isinstance(error, click.UsageError) and not as_json:
            raise  # click says how the command is used
        problem = describe(error)
        if problem is None:
            raise
        problem.as_json = as_json
        if problem is error:
            raise
        raise problem from error


def describe(error: BaseException) -> Problem | None:
    """Return the sentence for an error a person can do something about; None for a bug of ours."""
    if isinstance(error, RetryableError) and isinstance(error.__cause__, psycopg.Error):
        error = error.__cause__
    if isinstance(error, psycopg.Error):
        error = explain(error) if error.sqlstate else no_connection(error)
    match error:
        case Problem():
            return error
        case click.UsageError():
            hint = f"{error.ctx.command_path} --help says more." if error.ctx else None
            return WrongUsage(error.format_message(), hint)
        case KeyboardInterrupt() | click.Abort():
            return Problem("Interrupted. What was not finished was rolled back; run the command again.")
        case DeployError():
            kind = WrongUsage if error.exit_code == WRONG_USAGE else Problem
            return kind(error.message, error.hint, [asdict(violation) for violation in error.violations])
        case BookingError() | RetryableError():
            return Problem(error.message, getattr(error, "hint", None))
        case ServerError():
            return Problem(str(error))
        case OSError() if not isinstance(error, BrokenPipeError):  # the reader of a pipe may leave
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
    report(f"Using the development server on {server.directory}")
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

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines, refusals included.")
