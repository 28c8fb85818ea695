"""The command line: ``bookingdb <command>``, one file per command, imported when it is called."""

import click

from bookingdb import __version__
from bookingdb.cli._common import Group


@click.group(
    cls=Group,
    commands_by_name={
        "completion": "Print the script that completes commands and options in SHELL.",
        "demo": "Play a week on a throw-away PostgreSQL server.",
        "dev": "Run a PostgreSQL server for development that keeps its data.",
        "doctor": "Check what usually goes wrong, and say what to do.",
        "export": "Write what others take of bookingdb: SQL migrations for Supabase, types for TypeScript.",
        "history": "List what was deployed when, by whom and from which version.",
        "migrate": "Bring the database to the state this version declares.",
        "reconcile": "List where credits, their ledger and sessions differ.",
        "rollback": "Undo migrations, newest first.",
        "schedule": "Let pg_cron do the housekeeping.",
        "stats": "Show the queue, what was booked, moved and refused, and what is unusual.",
        "status": "Compare the database with what this version declares.",
        "verify": "List every invariant that is broken.",
        "worker": "Deliver what is in the outbox, each notification at least once, and do the housekeeping.",
    },
)
@click.version_option(__version__, prog_name="bookingdb")
def main() -> None:
    """Bookings and credits that can't go wrong, kept by PostgreSQL.

    \b
    export BOOKINGDB_DSN=postgresql://owner@localhost/club
    bookingdb migrate
    bookingdb doctor
    """
