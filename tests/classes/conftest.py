"""Everything here plays in the studio."""

from credits.fixtures import superuser
from gusmester.fixtures import refuses

from classes.fixtures import every_invariant_holds, staff_as, studio, studio_as

__all__ = ["every_invariant_holds", "refuses", "staff_as", "studio", "studio_as", "superuser"]
