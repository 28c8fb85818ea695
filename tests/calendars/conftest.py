"""Everything here plays in the practice."""

from gusmester.fixtures import refuses

from calendars.fixtures import every_invariant_holds, practice, practice_as

__all__ = ["every_invariant_holds", "practice", "practice_as", "refuses"]
