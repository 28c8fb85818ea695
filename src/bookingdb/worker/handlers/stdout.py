"""Prints notifications, a line of JSON each: to look at them, or for a program that reads them."""

import sys

from bookingdb.worker._notification import Notification
from bookingdb.worker.handlers._json import as_json


class StdoutHandler:
    """Writes to stdout."""

    async def deliver(self, notification: Notification) -> None:
        """Print it whole: payload and address are what this handler is for."""
        sys.stdout.write(as_json(notification) + "\n")
        sys.stdout.flush()
