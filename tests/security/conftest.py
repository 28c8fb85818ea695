"""Attackers meet the club with one of everything in it."""

from core.fixtures import caller_of, examples, log
from gusmester.fixtures import as_employee, club, club_as

__all__ = ["as_employee", "caller_of", "club", "club_as", "examples", "log"]
