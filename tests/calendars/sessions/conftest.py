"""Sessions are had in the clinic: the calendar's own functions, with a module that books."""

from therapy.fixtures import clinic, clinic_as, every_invariant_holds, superuser

__all__ = ["clinic", "clinic_as", "every_invariant_holds", "superuser"]
