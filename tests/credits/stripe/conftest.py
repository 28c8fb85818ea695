"""Everything here is told by Stripe."""

from credits.stripe.fixtures import desk, person

__all__ = ["desk", "person"]
