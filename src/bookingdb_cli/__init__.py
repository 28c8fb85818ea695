"""Where the command ``bookingdb`` begins. Apart from the package, so that it runs before the package is imported."""

import io
import signal
import sys


def main() -> None:
    """Run the command line; Ctrl-C while it is still being imported ends it without a word."""
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from bookingdb.cli import main as command

    if interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no check mark gets a question mark
    command()
