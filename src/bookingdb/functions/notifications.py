"""What the functions of module notifications take and return."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from bookingdb._function import Function
from bookingdb._results import list_of, object_of


@dataclass(frozen=True, slots=True)
class ClaimNotificationsRow:
    """A row of what claim_notifications() returns."""

    notification_id: UUID
    type: str
    user_id: UUID | None
    therapist_id: UUID | None
    session_id: UUID | None
    payload: dict[str, Any]
    due_at: datetime
    attempts: int
    """this one included"""
    address: str | None


@dataclass(frozen=True, slots=True)
class CompleteNotificationResult:
    """What complete_notification() returns."""

    notification_id: UUID
    status: Literal["pending", "leased", "sent", "dead", "withdrawn"]
    """notifications.status"""


@dataclass(frozen=True, slots=True)
class EnqueueNotificationResult:
    """What enqueue_notification() returns."""

    notification_id: UUID | None
    """None when nothing was queued"""
    due_at: datetime | None
    """None when nothing was queued"""


@dataclass(frozen=True, slots=True)
class FailNotificationResult:
    """What fail_notification() returns; due_at is when it is tried again."""

    notification_id: UUID
    status: Literal["pending", "leased", "sent", "dead", "withdrawn"]
    """notifications.status"""
    due_at: datetime


@dataclass(frozen=True, slots=True)
class RequeueNotificationResult:
    """What requeue_notification() returns."""

    notification_id: UUID
    due_at: datetime


CLAIM_NOTIFICATIONS: Function[list[ClaimNotificationsRow]] = Function(
    "claim_notifications",
    {"worker": "text", "limit": "integer", "lease": "interval"},
    required=1,
    writes=True,
    columns=(
        "notification_id",
        "type",
        "user_id",
        "therapist_id",
        "session_id",
        "payload",
        "due_at",
        "attempts",
        "address",
    ),
    read=list_of(ClaimNotificationsRow),
)

COMPLETE_NOTIFICATION: Function[CompleteNotificationResult] = Function(
    "complete_notification",
    {"notification_id": "uuid", "worker": "text"},
    required=2,
    writes=True,
    columns=(),
    read=object_of(CompleteNotificationResult, notification_id="uuid", status="text"),
)

ENQUEUE_NOTIFICATION: Function[EnqueueNotificationResult] = Function(
    "enqueue_notification",
    {
        "type": "text",
        "user_id": "uuid",
        "therapist_id": "uuid",
        "session_id": "uuid",
        "payload": "jsonb",
        "delay_minutes": "integer",
        "idempotency_key": "text",
    },
    required=2,
    writes=True,
    columns=(),
    read=object_of(EnqueueNotificationResult, notification_id="uuid", due_at="timestamp with time zone"),
)

FAIL_NOTIFICATION: Function[FailNotificationResult] = Function(
    "fail_notification",
    {"notification_id": "uuid", "worker": "text", "error": "text", "permanent": "boolean"},
    required=3,
    writes=True,
    columns=(),
    read=object_of(FailNotificationResult, notification_id="uuid", status="text", due_at="timestamp with time zone"),
)

REQUEUE_NOTIFICATION: Function[RequeueNotificationResult] = Function(
    "requeue_notification",
    {"notification_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(RequeueNotificationResult, notification_id="uuid", due_at="timestamp with time zone"),
)
