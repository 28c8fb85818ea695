"""What the functions of module credits take and return."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from bookingdb._function import Function
from bookingdb._results import list_of, object_of, value


@dataclass(frozen=True, slots=True)
class AllocateMonthlyCreditsResult:
    """What allocate_monthly_credits() returns; allocated is false when the period had its allocation; balance_after is
    the balance right after the allocation was made.
    """

    allocation_id: UUID
    allocated: bool
    balance_after: int


@dataclass(frozen=True, slots=True)
class CreditPatternsRow:
    """A row of what credit_patterns() returns; many_refunds: 5 or more, and more than half as many as payments.
    many_reversals: 5 or more, and more than half as many as earnings. many_adjustments: 5 or more. growing_debt: the
    balance is below 0 and lower than at from_. allocation_without_payment: credits of a subscription that no payment
    event tells of, as when given by hand. allocation_after_cancellation: credits for a period that began when the
    subscription was canceled.
    """

    pattern: str
    user_id: UUID
    value: int
    """a count, or credits"""
    details: dict[str, Any]
    """what else was counted"""


@dataclass(frozen=True, slots=True)
class CreditsTransferResult:
    """What credits_transfer() returns."""

    transfer_id: UUID
    from_balance_after: int
    to_balance_after: int


@dataclass(frozen=True, slots=True)
class GetCreditBalanceRow:
    """A row of what get_credit_balance() returns; Amounts are credits; a balance below 0 is a debt."""

    balance: int
    current_balance: int
    """the same"""
    total_earned: int
    """sum of the positive amounts"""
    total_spent: int
    """sum of the negative ones, as a positive number"""


@dataclass(frozen=True, slots=True)
class GetCreditTransactionsRow:
    """A row of what get_credit_transactions() returns."""

    id: int
    entry_number: int
    """1, 2, … without gaps"""
    transaction_type: str
    """credit_transactions.transaction_type"""
    amount: int
    """signed credits"""
    balance_before: int
    balance_after: int
    description: str | None
    session_id: UUID | None
    reference_id: UUID | None
    reference_type: str | None
    transfer_id: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProcessStripeEventResult:
    """What process_stripe_event() returns; waiting (nobody is bound to the subscription yet), unknown_price and
    unknown_user are tried again when the event is delivered again; any other outcome is final.
    """

    event_id: str
    outcome: Literal[
        "allocated",
        "already_allocated",
        "bound",
        "already_bound",
        "status_kept",
        "outdated",
        "ignored",
        "waiting",
        "unknown_price",
        "unknown_user",
        "period_overlaps",
        "malformed",
    ]
    """payment_events.outcome"""
    allocation_id: UUID | None


@dataclass(frozen=True, slots=True)
class ReconcileCreditsRow:
    """A row of what reconcile_credits() returns; Problems of an account: balance, last_balance, total_earned,
    total_spent, last_entry, account_time; of an entry: entry_number, entry_before, entry_after, entry_time,
    entry_without_session; of a session: session_without_entry.
    """

    user_id: UUID
    problem: str
    entry_number: int | None
    session_id: UUID | None
    expected: int | None
    """what the ledger says; may be None"""
    found: int | None
    """what is there; may be None"""


@dataclass(frozen=True, slots=True)
class RepairCreditAccountResult:
    """What repair_credit_account() returns; amount is what the adjustment added, in credits, 0 without one."""

    repaired: bool
    transaction_id: int | None
    amount: int
    balance_after: int


@dataclass(frozen=True, slots=True)
class UpdateCreditBalanceResult:
    """What update_credit_balance() returns; Only a session_earning_reversal may end below 0: a debt, which blocks
    spending until it is earned back.
    """

    transaction_id: int
    balance_before: int
    balance_after: int


ALLOCATE_MONTHLY_CREDITS: Function[AllocateMonthlyCreditsResult] = Function(
    "allocate_monthly_credits",
    {
        "user_id": "uuid",
        "subscription_id": "uuid",
        "amount": "integer",
        "allocation_type": "text",
        "period_start": "timestamp with time zone",
        "period_end": "timestamp with time zone",
        "idempotency_key": "text",
    },
    required=3,
    writes=True,
    columns=(),
    read=object_of(AllocateMonthlyCreditsResult, allocation_id="uuid", allocated="boolean", balance_after="bigint"),
)

BALANCE_AT: Function[int] = Function(
    "balance_at",
    {"user_id": "uuid", "at": "timestamp with time zone"},
    required=2,
    writes=False,
    columns=(),
    read=value,
)

CREDIT_PATTERNS: Function[list[CreditPatternsRow]] = Function(
    "credit_patterns",
    {"from": "timestamp with time zone", "to": "timestamp with time zone"},
    required=2,
    writes=False,
    columns=("pattern", "user_id", "value", "details"),
    read=list_of(CreditPatternsRow),
)

CREDITS_TRANSFER: Function[CreditsTransferResult] = Function(
    "credits_transfer",
    {
        "from_user_id": "uuid",
        "to_user_id": "uuid",
        "amount": "integer",
        "description": "text",
        "idempotency_key": "text",
    },
    required=3,
    writes=True,
    columns=(),
    read=object_of(CreditsTransferResult, transfer_id="uuid", from_balance_after="bigint", to_balance_after="bigint"),
)

GET_CREDIT_BALANCE: Function[list[GetCreditBalanceRow]] = Function(
    "get_credit_balance",
    {"user_id": "uuid"},
    required=0,
    writes=False,
    columns=("balance", "current_balance", "total_earned", "total_spent"),
    read=list_of(GetCreditBalanceRow),
)

GET_CREDIT_TRANSACTIONS: Function[list[GetCreditTransactionsRow]] = Function(
    "get_credit_transactions",
    {"user_id": "uuid", "limit": "integer", "before": "bigint"},
    required=0,
    writes=False,
    columns=(
        "id",
        "entry_number",
        "transaction_type",
        "amount",
        "balance_before",
        "balance_after",
        "description",
        "session_id",
        "reference_id",
        "reference_type",
        "transfer_id",
        "created_at",
    ),
    read=list_of(GetCreditTransactionsRow),
)

PROCESS_STRIPE_EVENT: Function[ProcessStripeEventResult] = Function(
    "process_stripe_event",
    {"event": "jsonb"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(ProcessStripeEventResult, event_id="text", outcome="text", allocation_id="uuid"),
)

RECONCILE_CREDITS: Function[list[ReconcileCreditsRow]] = Function(
    "reconcile_credits",
    {"user_id": "uuid"},
    required=0,
    writes=False,
    columns=("user_id", "problem", "entry_number", "session_id", "expected", "found"),
    read=list_of(ReconcileCreditsRow),
)

REPAIR_CREDIT_ACCOUNT: Function[RepairCreditAccountResult] = Function(
    "repair_credit_account",
    {"user_id": "uuid", "reason": "text", "idempotency_key": "text"},
    required=2,
    writes=True,
    columns=(),
    read=object_of(
        RepairCreditAccountResult, repaired="boolean", transaction_id="bigint", amount="bigint", balance_after="bigint"
    ),
)

UPDATE_CREDIT_BALANCE: Function[UpdateCreditBalanceResult] = Function(
    "update_credit_balance",
    {
        "user_id": "uuid",
        "amount": "integer",
        "transaction_type": "text",
        "description": "text",
        "reference_id": "uuid",
        "reference_type": "text",
        "idempotency_key": "text",
    },
    required=3,
    writes=True,
    columns=(),
    read=object_of(UpdateCreditBalanceResult, transaction_id="bigint", balance_before="bigint", balance_after="bigint"),
)
