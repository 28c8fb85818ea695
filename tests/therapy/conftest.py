"""Everything here plays in the clinic."""

from gusmester.fixtures import refuses

from therapy.fixtures import clinic, clinic_as, every_invariant_holds, superuser

__all__ = ["clinic", "clinic_as", "every_invariant_holds", "refuses", "superuser"]
