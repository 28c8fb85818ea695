"""The people of Sherwood and their credits; who they are and what they have is read from the database."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from bookingdb._function import DEFAULT
from bookingdb.demo._shared import Done, Refused, Stage
from bookingdb.errors import BookingError
from bookingdb.functions.credits import GetCreditTransactionsRow

PRICE = "price_sherwood_monthly"
SUBSCRIPTION = "sub_robin"

EntryType = Literal["bonus", "credit_purchase", "expiry", "session_earning", "session_earning_reversal"]

Deed = tuple[str, str, Done | Refused, int]
"""Who does what, how it went, and the credits they have then."""


class Sherwood:
    """The people on a stage, with a verb for everything they do."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def settle(self, names: Sequence[str]) -> None:
        """Insert profiles, which are master data; nobody has an account yet."""
        for name in names:
            self.stage.sql("INSERT INTO profiles (user_id, full_name) VALUES (%s, %s)", (uuid4(), name))

    def person(self, name: str) -> UUID:
        """Return the id of a person."""
        ((user_id,),) = self.stage.sql("SELECT user_id FROM profiles WHERE full_name = %s", (name,))
        return UUID(str(user_id))

    def has(self, name: str) -> int:
        """Return what a person has."""
        (account,) = self.stage.service.get_credit_balance(self.person(name))
        return account.balance

    def deliver(self, event: dict[str, Any], name: str) -> tuple[str, str, str, int]:
        """Stripe delivers an event that is about this person."""
        result = self.stage.service.process_stripe_event(event)
        return event["id"], event["type"], result.outcome, self.has(name)

    def post(self, name: str, does: str, amount: int, entry_type: EntryType, why: str, key: str | None = None) -> Deed:
        """The service books what a person does: it adds credits, or takes some."""
        return self._deed(
            name,
            does + (f" (key {key})" if key else ""),
            lambda: self.stage.service.update_credit_balance(
                self.person(name), amount, entry_type, why, idempotency_key=key
            ),
        )

    def send(self, name: str, to: str, amount: int, *, of: str | None = None) -> Deed:
        """A signed-in person sends credits, their own or somebody else's."""
        user = self.stage.service.as_user(self.person(name))
        return self._deed(
            name,
            f"takes {amount} of {of}'s" if of else f"sends {to} {amount}",
            lambda: user.credits_transfer(self.person(of or name), self.person(to), amount, f"To {to}"),
        )

    def allow_transfers(self) -> None:
        """Let people send each other credits."""
        self.stage.sql("UPDATE settings SET allow_user_transfers = true WHERE id")

    def statement(self, name: str, page: int) -> Iterator[GetCreditTransactionsRow]:
        """Yield a person's own statement, fetched page by page, newest entry first."""
        user = self.stage.service.as_user(self.person(name))
        before: int | None = DEFAULT
        while entries := user.get_credit_transactions(limit=page, before=before):
            yield from entries
            before = entries[-1].entry_number

    def _deed(self, who: str, does: str, action: Callable[[], object]) -> Deed:
        had = self.has(who)
        try:
            action()
        except BookingError as refusal:
            return who, does, Refused(refusal.reason, refusal.message), had
        has = self.has(who)
        return who, does, Done(f"had {had}, has {has}"), has


def checkout(event_id: str, user_id: UUID) -> dict[str, Any]:
    """Return what Stripe tells when a person has subscribed."""
    return _event(
        event_id,
        "checkout.session.completed",
        {
            "object": "checkout.session",
            "mode": "subscription",
            "subscription": SUBSCRIPTION,
            "client_reference_id": str(user_id),
        },
    )


def invoice(event_id: str, event_type: str) -> dict[str, Any]:
    """Return what Stripe tells when the first month is paid for."""
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end = start + timedelta(days=30)
    line = {
        "period": {"start": int(start.timestamp()), "end": int(end.timestamp())},
        "parent": {"type": "subscription_item_details", "subscription_item_details": {"proration": False}},
        "pricing": {"price_details": {"price": PRICE}},
    }
    return _event(
        event_id,
        event_type,
        {
            "object": "invoice",
            "billing_reason": "subscription_create",
            "parent": {"type": "subscription_details", "subscription_details": {"subscription": SUBSCRIPTION}},
            "lines": {"data": [line]},
        },
    )


def _event(event_id: str, event_type: str, about: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": event_id,
        "object": "event",
        "type": event_type,
        "created": int(datetime.now(UTC).timestamp()),
        "data": {"object": about},
    }
