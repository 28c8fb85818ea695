"""Notifications are queued by what happens in the club."""

from gusmester.fixtures import as_employee, club, club_as

__all__ = ["as_employee", "club", "club_as"]
