"""What the functions of module peer take and return."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from bookingdb._function import Function
from bookingdb._results import list_of, object_of, value


@dataclass(frozen=True, slots=True)
class CleanupOrphanedSessionsRow:
    """A row of what cleanup_orphaned_sessions() returns."""

    session_id: UUID
    client_id: UUID
    practitioner_id: UUID
    starts_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CreatePeerBookingResult:
    """What create_peer_booking() returns; amounts are credits."""

    session_id: UUID
    credit_cost: int
    client_balance_before: int
    client_balance_after: int
    practitioner_balance_before: int
    practitioner_balance_after: int
    starts_at: datetime
    ends_at: datetime
    status: Literal["scheduled", "confirmed", "in_progress", "completed", "cancelled", "no_show"]
    """client_sessions.status"""


@dataclass(frozen=True, slots=True)
class PeerPractitionersRow:
    """A row of what peer_practitioners() returns."""

    practitioner_id: UUID
    full_name: str | None
    timezone: str
    credit_cost: int
    """credits"""


@dataclass(frozen=True, slots=True)
class ProcessPeerBookingCreditsResult:
    """What process_peer_booking_credits() returns; amounts are credits, balances those of the charge."""

    session_id: UUID
    credit_cost: int
    client_balance_before: int
    client_balance_after: int
    practitioner_balance_before: int
    practitioner_balance_after: int


@dataclass(frozen=True, slots=True)
class ProcessPeerBookingRefundResult:
    """What process_peer_booking_refund() returns; amounts are credits."""

    session_id: UUID
    refunded_credits: int
    client_new_balance: int
    practitioner_new_balance: int


CLEANUP_ORPHANED_SESSIONS: Function[list[CleanupOrphanedSessionsRow]] = Function(
    "cleanup_orphaned_sessions",
    {"older_than": "interval"},
    required=0,
    writes=True,
    columns=("session_id", "client_id", "practitioner_id", "starts_at", "created_at"),
    read=list_of(CleanupOrphanedSessionsRow),
)

CREATE_PEER_BOOKING: Function[CreatePeerBookingResult] = Function(
    "create_peer_booking",
    {
        "client_id": "uuid",
        "practitioner_id": "uuid",
        "session_date": "date",
        "start_time": "time without time zone",
        "duration_minutes": "integer",
        "session_type": "text",
        "notes": "text",
        "idempotency_key": "text",
    },
    required=6,
    writes=True,
    columns=(),
    read=object_of(
        CreatePeerBookingResult,
        session_id="uuid",
        credit_cost="integer",
        client_balance_before="bigint",
        client_balance_after="bigint",
        practitioner_balance_before="bigint",
        practitioner_balance_after="bigint",
        starts_at="timestamp with time zone",
        ends_at="timestamp with time zone",
        status="text",
    ),
)

GET_PRACTITIONER_CREDIT_COST: Function[int] = Function(
    "get_practitioner_credit_cost",
    {"practitioner_id": "uuid", "duration_minutes": "integer"},
    required=2,
    writes=False,
    columns=(),
    read=value,
)

PEER_PRACTITIONERS: Function[list[PeerPractitionersRow]] = Function(
    "peer_practitioners",
    {"search": "text", "duration_minutes": "integer"},
    required=0,
    writes=False,
    columns=("practitioner_id", "full_name", "timezone", "credit_cost"),
    read=list_of(PeerPractitionersRow),
)

PROCESS_PEER_BOOKING_CREDITS: Function[ProcessPeerBookingCreditsResult] = Function(
    "process_peer_booking_credits",
    {
        "client_id": "uuid",
        "practitioner_id": "uuid",
        "session_id": "uuid",
        "duration_minutes": "integer",
        "idempotency_key": "text",
    },
    required=4,
    writes=True,
    columns=(),
    read=object_of(
        ProcessPeerBookingCreditsResult,
        session_id="uuid",
        credit_cost="integer",
        client_balance_before="bigint",
        client_balance_after="bigint",
        practitioner_balance_before="bigint",
        practitioner_balance_after="bigint",
    ),
)

PROCESS_PEER_BOOKING_REFUND: Function[ProcessPeerBookingRefundResult] = Function(
    "process_peer_booking_refund",
    {"session_id": "uuid", "cancellation_reason": "text", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(
        ProcessPeerBookingRefundResult,
        session_id="uuid",
        refunded_credits="bigint",
        client_new_balance="bigint",
        practitioner_new_balance="bigint",
    ),
)
