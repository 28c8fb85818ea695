"""``bookingdb dev``: a PostgreSQL server for development that keeps its data."""

import os
from pathlib import Path
from typing import Any

import click

import bookingdb.dev
from bookingdb.cli._common import WrongUsage, json_option
from bookingdb.cli._output import print_json, say
from bookingdb.dev import DevServer

_NOT_RUNNING = "No development server runs on {}."
_HOW_TO_START = "bookingdb dev start starts it."

directory_option = click.option(
    "--directory",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    envvar=bookingdb.dev.DIRECTORY_VARIABLE,
    show_envvar=True,
    default=bookingdb.dev.default_directory,
    metavar="FOLDER",
    help="Where its data are: without it a folder of this user's; name one for a server per project.",
)


@click.group()
def dev() -> None:
    """Run a PostgreSQL server for development that keeps its data.

    While it runs, every command that is given no DSN uses its database. Nothing listens on the network.

    \b
    bookingdb dev start
    bookingdb migrate
    export BOOKINGDB_DSN=$(bookingdb dev dsn)   # for programs of your own
    """


@dev.command()
@directory_option
@json_option
def start(directory: Path, as_json: bool) -> None:
    """Start the server unless it runs already, and print its DSN.

    \b
    bookingdb dev start
    bookingdb dev start --directory .bookingdb
    """
    server = bookingdb.dev.start(directory)
    if as_json:
        print_json(_describe(server))
    else:
        _print(server)


@dev.command()
@directory_option
@json_option
def stop(directory: Path, as_json: bool) -> None:
    """Stop the server in order; the data stay.

    \b
    bookingdb dev stop
    """
    stopped = bookingdb.dev.stop(directory)
    if as_json:
        print_json({"running": False, "stopped": stopped, "directory": directory})
    elif stopped:
        say(f"The development server on {directory} has stopped; its data stay.")
    else:
        say(_NOT_RUNNING.format(directory))


@dev.command()
@directory_option
@json_option
@click.pass_context
def status(ctx: click.Context, directory: Path, as_json: bool) -> None:
    """Say whether the server runs and where; exit with 1 if it does not.

    \b
    bookingdb dev status
    bookingdb dev status --json
    """
    server = bookingdb.dev.find(directory)
    if as_json:
        print_json(_describe(server) if server else {"running": False, "directory": directory})
    elif server:
        _print(server)
    else:
        say(f"{_NOT_RUNNING.format(directory)} {_HOW_TO_START}")
    ctx.exit(0 if server else 1)


@dev.command()
@directory_option
@json_option
def dsn(directory: Path, as_json: bool) -> None:
    """Print the DSN of its database.

    \b
    export BOOKINGDB_DSN=$(bookingdb dev dsn)
    """
    server = _running(directory)
    if as_json:
        print_json({"dsn": server.dsn})
    else:
        say(server.dsn)


@dev.command(context_settings={"ignore_unknown_options": True})
@directory_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(directory: Path, arguments: tuple[str, ...]) -> None:
    """Open psql on its database; ARGUMENTS are psql's.

    \b
    bookingdb dev psql
    bookingdb dev psql -c 'SELECT count(*) FROM bookingdb.employees'
    """
    server = _running(directory)
    program = bookingdb.dev.psql(server)
    os.execv(program, [str(program), *arguments, server.dsn])  # noqa: S606 - psql takes the terminal, and its signals


def _running(directory: Path) -> DevServer:
    server = bookingdb.dev.find(directory)
    if server is None:
        raise WrongUsage(_NOT_RUNNING.format(directory), _HOW_TO_START)
    return server


def _describe(server: DevServer) -> dict[str, Any]:
    return {
        "running": True,
        "dsn": server.dsn,
        "directory": server.directory,
        "log": server.log,
        "pid": server.pid,
        "postgresql": server.version,
    }


def _print(server: DevServer) -> None:
    say(f"The development server runs (PostgreSQL {server.version}, process {server.pid}).")
    for name, value in (("DSN", server.dsn), ("data", server.directory), ("log", server.log)):
        say(f"{name:<5} {value}")
