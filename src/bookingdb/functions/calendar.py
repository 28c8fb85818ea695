"""What the functions of module calendar take and return."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal
from uuid import UUID

from bookingdb._function import Function
from bookingdb._results import list_of, object_of, value


@dataclass(frozen=True, slots=True)
class AddAvailabilityExceptionResult:
    """What add_availability_exception() returns; session_ids are the sessions that stand in closed time."""

    exception_id: UUID
    session_ids: list[UUID]


@dataclass(frozen=True, slots=True)
class AttachSessionRoomResult:
    """What attach_session_room() returns."""

    session_id: UUID
    room_url: str


@dataclass(frozen=True, slots=True)
class CancelSessionResult:
    """What cancel_session() returns."""

    session_id: UUID
    refunded_credits: int


@dataclass(frozen=True, slots=True)
class CompleteSessionResult:
    """What complete_session() returns."""

    session_id: UUID
    status: Literal["scheduled", "confirmed", "in_progress", "completed", "cancelled", "no_show"]
    """client_sessions.status"""


@dataclass(frozen=True, slots=True)
class ConfirmSessionResult:
    """What confirm_session() returns."""

    session_id: UUID
    status: Literal["scheduled", "confirmed", "in_progress", "completed", "cancelled", "no_show"]
    """client_sessions.status"""


@dataclass(frozen=True, slots=True)
class FindPractitionersRow:
    """A row of what find_practitioners() returns."""

    practitioner_id: UUID
    full_name: str | None
    timezone: str


@dataclass(frozen=True, slots=True)
class GetAvailableSlotsRow:
    """A row of what get_available_slots() returns; A booking takes the date and the time."""

    starts_at: datetime
    ends_at: datetime
    session_date: date
    start_time: time
    """local"""
    timezone: str


@dataclass(frozen=True, slots=True)
class HoldSlotResult:
    """What hold_slot() returns."""

    hold_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class MarkSessionNoShowResult:
    """What mark_session_no_show() returns."""

    session_id: UUID
    status: Literal["scheduled", "confirmed", "in_progress", "completed", "cancelled", "no_show"]
    """client_sessions.status"""


@dataclass(frozen=True, slots=True)
class MySessionsRow:
    """A row of what my_sessions() returns."""

    session_id: UUID
    role: str
    """client or therapist: the caller's"""
    client_id: UUID
    client_name: str | None
    therapist_id: UUID
    therapist_name: str | None
    session_date: date
    start_time: time
    """local"""
    timezone: str
    starts_at: datetime
    ends_at: datetime
    duration_minutes: int
    session_type: str
    status: Literal["scheduled", "confirmed", "in_progress", "completed", "cancelled", "no_show"]
    """client_sessions.status"""
    is_peer_booking: bool
    credit_cost: int | None
    """None while nobody has charged anything"""
    title: str | None
    notes: str | None
    room_url: str | None


@dataclass(frozen=True, slots=True)
class ReleaseSlotHoldResult:
    """What release_slot_hold() returns."""

    hold_id: UUID


@dataclass(frozen=True, slots=True)
class RemoveAvailabilityExceptionResult:
    """What remove_availability_exception() returns."""

    exception_id: UUID


@dataclass(frozen=True, slots=True)
class RescheduleSessionResult:
    """What reschedule_session() returns."""

    session_id: UUID
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class SetWeeklyAvailabilityResult:
    """What set_weekly_availability() returns; rules is how many there are now."""

    practitioner_id: UUID
    rules: int


@dataclass(frozen=True, slots=True)
class StartSessionResult:
    """What start_session() returns."""

    session_id: UUID
    status: Literal["scheduled", "confirmed", "in_progress", "completed", "cancelled", "no_show"]
    """client_sessions.status"""


@dataclass(frozen=True, slots=True)
class UpdateSessionNotesResult:
    """What update_session_notes() returns."""

    session_id: UUID


ADD_AVAILABILITY_EXCEPTION: Function[AddAvailabilityExceptionResult] = Function(
    "add_availability_exception",
    {
        "starts_at": "timestamp with time zone",
        "ends_at": "timestamp with time zone",
        "kind": "text",
        "practitioner_id": "uuid",
        "idempotency_key": "text",
    },
    required=2,
    writes=True,
    columns=(),
    read=object_of(AddAvailabilityExceptionResult, exception_id="uuid", session_ids="uuid[]"),
)

ATTACH_SESSION_ROOM: Function[AttachSessionRoomResult] = Function(
    "attach_session_room",
    {"session_id": "uuid", "room_url": "text", "idempotency_key": "text"},
    required=2,
    writes=True,
    columns=(),
    read=object_of(AttachSessionRoomResult, session_id="uuid", room_url="text"),
)

CANCEL_SESSION: Function[CancelSessionResult] = Function(
    "cancel_session",
    {"session_id": "uuid", "reason": "text", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(CancelSessionResult, session_id="uuid", refunded_credits="bigint"),
)

CHECK_BOOKING_CONFLICT: Function[bool] = Function(
    "check_booking_conflict",
    {
        "therapist_id": "uuid",
        "session_date": "date",
        "start_time": "time without time zone",
        "end_time": "time without time zone",
        "exclude_session_id": "uuid",
    },
    required=4,
    writes=False,
    columns=(),
    read=value,
)

COMPLETE_SESSION: Function[CompleteSessionResult] = Function(
    "complete_session",
    {"session_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(CompleteSessionResult, session_id="uuid", status="text"),
)

CONFIRM_SESSION: Function[ConfirmSessionResult] = Function(
    "confirm_session",
    {"session_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(ConfirmSessionResult, session_id="uuid", status="text"),
)

FIND_PRACTITIONERS: Function[list[FindPractitionersRow]] = Function(
    "find_practitioners",
    {"search": "text", "limit": "integer"},
    required=0,
    writes=False,
    columns=("practitioner_id", "full_name", "timezone"),
    read=list_of(FindPractitionersRow),
)

GET_AVAILABLE_SLOTS: Function[list[GetAvailableSlotsRow]] = Function(
    "get_available_slots",
    {
        "practitioner_id": "uuid",
        "from": "timestamp with time zone",
        "to": "timestamp with time zone",
        "duration_minutes": "integer",
        "step_minutes": "integer",
    },
    required=4,
    writes=False,
    columns=("starts_at", "ends_at", "session_date", "start_time", "timezone"),
    read=list_of(GetAvailableSlotsRow),
)

HOLD_SLOT: Function[HoldSlotResult] = Function(
    "hold_slot",
    {
        "practitioner_id": "uuid",
        "starts_at": "timestamp with time zone",
        "duration_minutes": "integer",
        "ttl": "interval",
        "holder_id": "uuid",
        "idempotency_key": "text",
    },
    required=3,
    writes=True,
    columns=(),
    read=object_of(HoldSlotResult, hold_id="uuid", expires_at="timestamp with time zone"),
)

MARK_SESSION_NO_SHOW: Function[MarkSessionNoShowResult] = Function(
    "mark_session_no_show",
    {"session_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(MarkSessionNoShowResult, session_id="uuid", status="text"),
)

MY_SESSIONS: Function[list[MySessionsRow]] = Function(
    "my_sessions",
    {"from": "timestamp with time zone", "to": "timestamp with time zone"},
    required=0,
    writes=False,
    columns=(
        "session_id",
        "role",
        "client_id",
        "client_name",
        "therapist_id",
        "therapist_name",
        "session_date",
        "start_time",
        "timezone",
        "starts_at",
        "ends_at",
        "duration_minutes",
        "session_type",
        "status",
        "is_peer_booking",
        "credit_cost",
        "title",
        "notes",
        "room_url",
    ),
    read=list_of(MySessionsRow),
)

RELEASE_SLOT_HOLD: Function[ReleaseSlotHoldResult] = Function(
    "release_slot_hold",
    {"hold_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(ReleaseSlotHoldResult, hold_id="uuid"),
)

REMOVE_AVAILABILITY_EXCEPTION: Function[RemoveAvailabilityExceptionResult] = Function(
    "remove_availability_exception",
    {"exception_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(RemoveAvailabilityExceptionResult, exception_id="uuid"),
)

RESCHEDULE_SESSION: Function[RescheduleSessionResult] = Function(
    "reschedule_session",
    {"session_id": "uuid", "session_date": "date", "start_time": "time without time zone", "idempotency_key": "text"},
    required=3,
    writes=True,
    columns=(),
    read=object_of(
        RescheduleSessionResult,
        session_id="uuid",
        starts_at="timestamp with time zone",
        ends_at="timestamp with time zone",
    ),
)

SET_WEEKLY_AVAILABILITY: Function[SetWeeklyAvailabilityResult] = Function(
    "set_weekly_availability",
    {"rules": "jsonb", "practitioner_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(SetWeeklyAvailabilityResult, practitioner_id="uuid", rules="integer"),
)

START_SESSION: Function[StartSessionResult] = Function(
    "start_session",
    {"session_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(StartSessionResult, session_id="uuid", status="text"),
)

UPDATE_SESSION_NOTES: Function[UpdateSessionNotesResult] = Function(
    "update_session_notes",
    {"session_id": "uuid", "notes": "text", "idempotency_key": "text"},
    required=2,
    writes=True,
    columns=(),
    read=object_of(UpdateSessionNotesResult, session_id="uuid"),
)
