"""Everything here plays in the club."""

from gusmester.fixtures import as_employee, club, club_as, every_invariant_holds, refuses

__all__ = ["as_employee", "club", "club_as", "every_invariant_holds", "refuses"]
