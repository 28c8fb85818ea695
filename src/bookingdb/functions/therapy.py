"""What the functions of module therapy take and return."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from bookingdb._function import Function
from bookingdb._results import object_of


@dataclass(frozen=True, slots=True)
class CreateSessionWithCreditDeductionResult:
    """What create_session_with_credit_deduction() returns."""

    session_id: UUID
    starts_at: datetime
    ends_at: datetime
    status: Literal["scheduled", "confirmed", "in_progress", "completed", "cancelled", "no_show"]
    """client_sessions.status"""
    credit_cost: int
    client_balance_after: int


CREATE_SESSION_WITH_CREDIT_DEDUCTION: Function[CreateSessionWithCreditDeductionResult] = Function(
    "create_session_with_credit_deduction",
    {
        "user_id": "uuid",
        "therapist_id": "uuid",
        "session_date": "date",
        "session_time": "time without time zone",
        "duration_minutes": "integer",
        "session_type": "text",
        "notes": "text",
        "title": "text",
        "idempotency_key": "text",
    },
    required=4,
    writes=True,
    columns=(),
    read=object_of(
        CreateSessionWithCreditDeductionResult,
        session_id="uuid",
        starts_at="timestamp with time zone",
        ends_at="timestamp with time zone",
        status="text",
        credit_cost="integer",
        client_balance_after="bigint",
    ),
)
