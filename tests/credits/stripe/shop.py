"""What Stripe tells of a club that sells subscriptions: whole events, in older and newer versions of its API.

The events are the files of ``events/``, with ids, prices and periods of a test's own put in.
"""

import json
import re
from copy import deepcopy
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from gusmester.calls import Json, run

from credits.bank import Bank

EVENTS = Path(__file__).with_name("events")
SHAPES = ("2022-11-15", "2025-08-27.basil")
"""Versions of Stripe's API: an invoice names its subscription itself, or its parent does."""
EMAIL = "Sigrid.Lind@example.com"
"""Who pays, wherever an event says so."""
PRICE = "price_1TExample0club40"
"""The price of the plan that most tests sell."""

_SUBSCRIPTION = "sub_1TExample0subscription"
_USER = "7c1f5d0e-54f1-4c1b-9a55-2f1a3f0c9d10"
_EVENT = "evt_1TExample0event"
_START, _END = "1768471200", "1771149600"

_numbers = count(1)


def period(month: int) -> tuple[datetime, datetime]:
    """Return the month of a subscription that began on 15 January 2026, from 0 on."""
    start, end = (datetime(2026 + n // 12, n % 12 + 1, 15, 10, tzinfo=UTC) for n in (month, month + 1))
    return start, end


def changed(event: Json, *path: str | int, to: Any) -> Json:
    """Return the event with one field of ``data.object`` replaced."""
    event = deepcopy(event)
    place: Any = event["data"]["object"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return event


def lines(event: Json) -> list[Json]:
    """Return the lines of an invoice."""
    found: list[Json] = event["data"]["object"]["lines"]["data"]
    return found


class Stripe:
    """Makes the events of one subscription."""

    def __init__(self, user: str, shape: str = SHAPES[-1]) -> None:
        self.user = user
        self.shape = shape
        self.subscription = f"sub_1T{next(_numbers):022}"

    def event(self, name: str, kind: str | None = None, month: int = 0, **fields: Any) -> Json:
        """Return a new event made from a file, of another type if need be; ``fields`` are of the event itself."""
        text = (EVENTS / self.shape / f"{name}.json").read_text(encoding="utf-8")
        start, end = (str(int(instant.timestamp())) for instant in period(month))
        own = {
            _EVENT: f"evt_1T{next(_numbers):022}",
            _SUBSCRIPTION: self.subscription,
            _USER: self.user,
            _START: start,
            _END: end,
        }
        event: Json = json.loads(re.sub("|".join(own), lambda found: own[found[0]], text))
        return event | ({"type": kind} if kind else {}) | fields

    def checkout(self, **fields: Any) -> Json:
        """Return the end of a checkout that began this subscription."""
        return self.event("checkout_subscription", **fields)

    def invoice(self, month: int = 0, kind: str = "invoice.paid", **fields: Any) -> Json:
        """Return the paid invoice of a month: the first one's is short, later ones have all kinds of lines."""
        return self.event("invoice_renewal" if month else "invoice_first", kind, month, **fields)

    def status(self, status: str, **fields: Any) -> Json:
        """Return the news of a status."""
        name = "subscription_deleted" if status == "canceled" else "subscription_updated"
        return changed(self.event(name, **fields), "status", to=status)


class StripeDesk:
    """Where the events come in: as whoever ``bank`` is."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank

    def plan(self, price: str = PRICE, credits: int = 40, name: str = "club") -> None:
        """Sell a plan."""
        self.bank.connection.execute("INSERT INTO subscription_plans VALUES (%s, %s, %s)", [name, price, credits])

    def deliver(self, event: Any) -> Json:
        """Deliver an event once and return the result."""
        return run(self.bank.connection, "process_stripe_event", p_event=json.dumps(event))

    def outcome(self, event: Any) -> str:
        """Deliver an event once and return its outcome."""
        outcome: str = self.deliver(event)["outcome"]
        return outcome

    def recorded(self, event: Json) -> Json:
        """Return the row of an event."""
        query = "SELECT to_json(e) FROM payment_events e WHERE e.provider = 'stripe' AND e.event_id = %s"
        row: Json = self.bank.value(query, [event["id"]])
        return row

    def allocations(self, person: str) -> list[tuple[Any, ...]]:
        """Return amount, start and end of each period that was allocated to somebody."""
        return self.bank.rows(
            "SELECT amount, period_start, period_end FROM credit_allocations"
            " WHERE user_id = %s AND allocation_type = 'monthly' ORDER BY period_start",
            [person],
        )

    def subscription(self, stripe: Stripe) -> Json:
        """Return the row of a subscription."""
        query = "SELECT to_json(s) FROM subscriptions s WHERE s.stripe_subscription_id = %s"
        row: Json = self.bank.value(query, [stripe.subscription])
        return row
