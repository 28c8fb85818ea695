"""The core is tried in a club, too."""

from gusmester.fixtures import as_employee, club, club_as

from core.fixtures import caller_of, examples, log

__all__ = ["as_employee", "caller_of", "club", "club_as", "examples", "log"]
