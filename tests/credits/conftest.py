"""Everything here plays in the bank."""

from gusmester.fixtures import refuses

from credits.fixtures import bank, bank_as, every_invariant_holds, superuser

__all__ = ["bank", "bank_as", "every_invariant_holds", "refuses", "superuser"]
