"""The command line: ``bookingdb <command>``, one file per command."""

import click

from bookingdb import __version__
from bookingdb.cli._common import Group
from bookingdb.cli.demo import demo
from bookingdb.cli.migrate import migrate
from bookingdb.cli.status import status
from bookingdb.cli.verify import verify


@click.group(cls=Group)
@click.version_option(__version__, prog_name="bookingdb")
def main() -> None:
    """Bookings and credits that can't go wrong, kept by PostgreSQL."""


main.add_command(demo)
main.add_command(migrate)
main.add_command(status)
main.add_command(verify)
