"""Fixtures of the tests in which Stripe tells of things; they import them."""

import pytest

from credits.bank import Bank
from credits.stripe.shop import StripeDesk


@pytest.fixture
def desk(bank: Bank) -> StripeDesk:
    """Where events come in, and a plan of 40 credits."""
    desk = StripeDesk(bank)
    desk.plan()
    return desk


@pytest.fixture
def person(bank: Bank) -> str:
    """Somebody without an account."""
    return bank.person()
