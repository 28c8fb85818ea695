"""The functions of module credits as methods."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from bookingdb._acaller import AsyncCaller
from bookingdb._function import DEFAULT
from bookingdb.functions import credits
from bookingdb.functions.credits import (
    AllocateMonthlyCreditsResult,
    CreditPatternsRow,
    CreditsTransferResult,
    GetCreditBalanceRow,
    GetCreditTransactionsRow,
    ProcessStripeEventResult,
    ReconcileCreditsRow,
    RepairCreditAccountResult,
    UpdateCreditBalanceResult,
)


class AsyncCreditsFunctions(AsyncCaller):
    """The functions of module credits."""

    async def allocate_monthly_credits(
        self,
        user_id: UUID,
        subscription_id: UUID | None,
        amount: int,
        allocation_type: str = DEFAULT,
        period_start: datetime | None = DEFAULT,
        period_end: datetime | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> AllocateMonthlyCreditsResult:
        """Gives a user the credits of a subscription for one period, once: the same period again changes nothing and
        returns the first allocation. For the service.

        Args:
            user_id: uuid of a person with a profile.
            subscription_id: uuid or None; the credits of one subscription are told from those of another by it, and one
                in the table subscriptions is bound to this user.
            amount: whole number of credits above 0.
            allocation_type: text of at most 100 characters; each type is allocated by itself. Default 'monthly'.
            period_start: instant, default the start of this UTC month.
            period_end: instant after it, default one month later.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            IdempotencyConflict
        """
        return await self._call(
            credits.ALLOCATE_MONTHLY_CREDITS,
            user_id,
            subscription_id,
            amount,
            allocation_type,
            period_start,
            period_end,
            idempotency_key,
        )

    async def balance_at(
        self,
        user_id: UUID,
        at: datetime,
    ) -> int:
        """A person's balance of credits at an instant, one's own: what the last entry made until then left.

        Args:
            user_id: uuid, one's own; for the service anybody's.
            at: instant within [2000-01-01, 2100-01-01).

        Returns:
            credits, 0 before the first entry.

        Raises:
            NotAuthenticated
            NotAllowed
            InvalidInput
        """
        return await self._call(credits.BALANCE_AT, user_id, at)

    async def credit_patterns(
        self,
        from_: datetime,
        to: datetime,
    ) -> list[CreditPatternsRow]:
        """Lists unusual patterns of credits in [from_, to), one row per person and pattern, at most 1000: the most
        striking ones of each. A reason to look, not a proof. For the service.

        Args:
            from_: instants within [2000-01-01, 2100-01-01).
            to: instants within [2000-01-01, 2100-01-01).

        Raises:
            NotAuthenticated
            NotAllowed
            InvalidInput
        """
        return await self._call(credits.CREDIT_PATTERNS, from_, to)

    async def credits_transfer(
        self,
        from_user_id: UUID,
        to_user_id: UUID,
        amount: int,
        description: str | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> CreditsTransferResult:
        """Credits go from one person to another: two entries of the ledger that sum to 0. End users send their own, and
        only where settings.allow_user_transfers lets them.

        Args:
            from_user_id: uuid of who gives.
            to_user_id: uuid of who gets, somebody else.
            amount: whole number of credits above 0.
            description: text of at most 10000 characters, kept in both entries.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            InsufficientCredits: required, available.
            IdempotencyConflict
        """
        return await self._call(
            credits.CREDITS_TRANSFER, from_user_id, to_user_id, amount, description, idempotency_key
        )

    async def get_credit_balance(
        self,
        user_id: UUID | None = DEFAULT,
    ) -> list[GetCreditBalanceRow]:
        """A person's balance of credits, one's own: always one row, zeros for somebody without an account.

        Args:
            user_id: uuid; the service must give it, others leave it out for themselves.

        Raises:
            NotAuthenticated
            NotAllowed
            InvalidInput
        """
        return await self._call(credits.GET_CREDIT_BALANCE, user_id)

    async def get_credit_transactions(
        self,
        user_id: UUID | None = DEFAULT,
        limit: int = DEFAULT,
        before: int | None = DEFAULT,
    ) -> list[GetCreditTransactionsRow]:
        """A person's ledger of credits, one's own, newest entry first.

        Args:
            user_id: uuid; the service must give it, others leave it out for themselves.
            limit: 1 to 1000 rows. Default 50.
            before: the next page has the entries before this entry_number, the last one of the page at hand.

        Raises:
            NotAuthenticated
            NotAllowed
            InvalidInput
        """
        return await self._call(credits.GET_CREDIT_TRANSACTIONS, user_id, limit, before)

    async def process_stripe_event(
        self,
        event: dict[str, Any] | list[Any],
    ) -> ProcessStripeEventResult:
        """Takes a Stripe event: checkouts bind subscriptions to users, paid invoices allocate their plan's credits once
        per period, subscription events keep the status, others are kept and ignored. Deliver it as often and in any
        order as Stripe does. For the service.

        Args:
            event: the JSON that Stripe sent, whole, after its signature was verified.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
        """
        return await self._call(credits.PROCESS_STRIPE_EVENT, event)

    async def reconcile_credits(
        self,
        user_id: UUID | None = DEFAULT,
    ) -> list[ReconcileCreditsRow]:
        """Lists where the accounts of credits, their ledgers and the sessions they paid differ; no rows where all
        agree. For the service.

        Args:
            user_id: uuid of one person, default everybody.

        Raises:
            NotAuthenticated
            NotAllowed
        """
        return await self._call(credits.RECONCILE_CREDITS, user_id)

    async def repair_credit_account(
        self,
        user_id: UUID,
        reason: str,
        idempotency_key: str | None = DEFAULT,
    ) -> RepairCreditAccountResult:
        """Brings a ledger of credits to the balance that its account shows, with an adjustment, and counts the
        account's totals anew; an account that agrees with its ledger is left alone, one whose row is lost is made again
        from the ledger. For the service.

        Args:
            user_id: uuid of a person with a profile.
            reason: text of at most 10000 characters, kept in the adjustment.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            InvalidState: the ledger is broken in itself, or no adjustment leads to the balance.
            IdempotencyConflict
        """
        return await self._call(credits.REPAIR_CREDIT_ACCOUNT, user_id, reason, idempotency_key)

    async def update_credit_balance(
        self,
        user_id: UUID,
        amount: int,
        transaction_type: Literal[
            "session_earning",
            "refund",
            "credit_purchase",
            "bonus",
            "session_payment",
            "session_earning_reversal",
            "expiry",
            "adjustment",
        ],
        description: str | None = DEFAULT,
        reference_id: UUID | None = DEFAULT,
        reference_type: str | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> UpdateCreditBalanceResult:
        """Adds credits to a person or takes some, with one entry of the ledger; the account is made by the first. For
        the service.

        Args:
            user_id: uuid of a person with a profile.
            amount: signed integer of credits, not 0, of the sign of its type.
            transaction_type: one of session_earning (+), refund (+), credit_purchase (+), bonus (+), session_payment
                (-), session_earning_reversal (-), expiry (-), adjustment (either).
            description: text of at most 10000 characters.
            reference_id: uuid of what it is about.
            reference_type: text that says what that is.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            InsufficientCredits: required, available.
            IdempotencyConflict
        """
        return await self._call(
            credits.UPDATE_CREDIT_BALANCE,
            user_id,
            amount,
            transaction_type,
            description,
            reference_id,
            reference_type,
            idempotency_key,
        )
