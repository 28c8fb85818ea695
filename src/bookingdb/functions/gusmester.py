"""What the functions of module gusmester take and return."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from bookingdb._function import Function
from bookingdb._results import list_of, object_of


@dataclass(frozen=True, slots=True)
class AdjustEmployeePointsResult:
    """What adjust_employee_points() returns."""

    employee_id: UUID
    new_points: int


@dataclass(frozen=True, slots=True)
class AssignSessionEmployeeResult:
    """What assign_session_employee() returns."""

    session_id: UUID
    host_employee_id: UUID | None
    """of the guest spot; None without one"""


@dataclass(frozen=True, slots=True)
class AvailableGuestSpotsRow:
    """A row of what available_guest_spots() returns."""

    session_id: UUID
    guest_spot_id: UUID
    name: str
    starts_at: datetime
    duration_minutes: int
    location: str | None
    host_name: str
    point_cost: int
    """points"""
    can_afford: bool


@dataclass(frozen=True, slots=True)
class BookGuestForSessionResult:
    """What book_guest_for_session() returns."""

    guest_spot_id: UUID
    status: Literal["reserved_for_host", "booked_by_host", "released_to_public", "booked_by_gusmester"]
    """guest_spots.status"""


@dataclass(frozen=True, slots=True)
class BookGusmesterSpotResult:
    """What book_gusmester_spot() returns; points are integers."""

    booking_id: UUID
    guest_spot_id: UUID
    session_id: UUID
    employee_id: UUID
    points_charged: int
    new_points: int


@dataclass(frozen=True, slots=True)
class CancelGuestBookingResult:
    """What cancel_guest_booking() returns."""

    guest_spot_id: UUID
    status: Literal["reserved_for_host", "booked_by_host", "released_to_public", "booked_by_gusmester"]
    """guest_spots.status"""


@dataclass(frozen=True, slots=True)
class CancelGusSessionResult:
    """What cancel_gus_session() returns."""

    session_id: UUID
    bookings_refunded: int
    points_refunded: int


@dataclass(frozen=True, slots=True)
class CancelGusmesterBookingResult:
    """What cancel_gusmester_booking() returns; points are integers."""

    booking_id: UUID
    points_refunded: int
    new_points: int


@dataclass(frozen=True, slots=True)
class CreateGusSessionResult:
    """What create_gus_session() returns."""

    session_id: UUID
    guest_spot_id: UUID | None
    """None without a host or when private"""


@dataclass(frozen=True, slots=True)
class GetEmployeePointsRow:
    """A row of what get_employee_points() returns."""

    points: int
    """integer, never negative"""


@dataclass(frozen=True, slots=True)
class GetPointsHistoryRow:
    """A row of what get_points_history() returns."""

    id: int
    entry_number: int
    """1, 2, … without gaps"""
    amount: int
    """signed"""
    reason: str
    related_session_id: UUID | None
    related_booking_id: UUID | None
    points_before: int
    points_after: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MyGusmesterBookingsRow:
    """A row of what my_gusmester_bookings() returns."""

    booking_id: UUID
    session_id: UUID
    name: str
    starts_at: datetime
    duration_minutes: int
    location: str | None
    host_name: str | None
    """None while the session has no host"""
    status: Literal["active", "cancelled"]
    """gusmester_bookings.status"""
    point_cost: int
    """points"""
    can_cancel: bool
    cancel_deadline: datetime
    """from then on it is too late"""


@dataclass(frozen=True, slots=True)
class MyHostingSessionsRow:
    """A row of what my_hosting_sessions() returns."""

    session_id: UUID
    guest_spot_id: UUID
    name: str
    starts_at: datetime
    status: Literal["reserved_for_host", "booked_by_host", "released_to_public", "booked_by_gusmester"]
    """guest_spots.status"""
    guest_name: str | None
    """None unless booked_by_host"""
    can_release: bool
    will_earn_points: bool
    """if released now"""


@dataclass(frozen=True, slots=True)
class ReleaseGuestSpotResult:
    """What release_guest_spot() returns."""

    guest_spot_id: UUID
    points_earned: bool
    """this release was rewarded"""
    points_awarded: int
    new_points: int


@dataclass(frozen=True, slots=True)
class UnassignSessionEmployeeResult:
    """What unassign_session_employee() returns."""

    session_id: UUID
    host_employee_id: UUID | None
    """of the guest spot; None without one"""


ADJUST_EMPLOYEE_POINTS: Function[AdjustEmployeePointsResult] = Function(
    "adjust_employee_points",
    {"employee_id": "uuid", "amount": "integer", "reason": "text", "idempotency_key": "text"},
    required=3,
    writes=True,
    columns=(),
    read=object_of(AdjustEmployeePointsResult, employee_id="uuid", new_points="integer"),
)

ASSIGN_SESSION_EMPLOYEE: Function[AssignSessionEmployeeResult] = Function(
    "assign_session_employee",
    {"session_id": "uuid", "employee_id": "uuid", "idempotency_key": "text"},
    required=2,
    writes=True,
    columns=(),
    read=object_of(AssignSessionEmployeeResult, session_id="uuid", host_employee_id="uuid"),
)

AVAILABLE_GUEST_SPOTS: Function[list[AvailableGuestSpotsRow]] = Function(
    "available_guest_spots",
    {"employee_id": "uuid"},
    required=0,
    writes=False,
    columns=(
        "session_id",
        "guest_spot_id",
        "name",
        "starts_at",
        "duration_minutes",
        "location",
        "host_name",
        "point_cost",
        "can_afford",
    ),
    read=list_of(AvailableGuestSpotsRow),
)

BOOK_GUEST_FOR_SESSION: Function[BookGuestForSessionResult] = Function(
    "book_guest_for_session",
    {
        "session_id": "uuid",
        "guest_name": "text",
        "guest_email": "text",
        "guest_phone": "text",
        "idempotency_key": "text",
    },
    required=3,
    writes=True,
    columns=(),
    read=object_of(BookGuestForSessionResult, guest_spot_id="uuid", status="text"),
)

BOOK_GUSMESTER_SPOT: Function[BookGusmesterSpotResult] = Function(
    "book_gusmester_spot",
    {"session_id": "uuid", "employee_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(
        BookGusmesterSpotResult,
        booking_id="uuid",
        guest_spot_id="uuid",
        session_id="uuid",
        employee_id="uuid",
        points_charged="integer",
        new_points="integer",
    ),
)

CANCEL_GUEST_BOOKING: Function[CancelGuestBookingResult] = Function(
    "cancel_guest_booking",
    {"session_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(CancelGuestBookingResult, guest_spot_id="uuid", status="text"),
)

CANCEL_GUS_SESSION: Function[CancelGusSessionResult] = Function(
    "cancel_gus_session",
    {"session_id": "uuid", "reason": "text", "idempotency_key": "text"},
    required=2,
    writes=True,
    columns=(),
    read=object_of(CancelGusSessionResult, session_id="uuid", bookings_refunded="integer", points_refunded="integer"),
)

CANCEL_GUSMESTER_BOOKING: Function[CancelGusmesterBookingResult] = Function(
    "cancel_gusmester_booking",
    {"booking_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(CancelGusmesterBookingResult, booking_id="uuid", points_refunded="integer", new_points="integer"),
)

CREATE_GUS_SESSION: Function[CreateGusSessionResult] = Function(
    "create_gus_session",
    {
        "name": "text",
        "starts_at": "timestamp with time zone",
        "duration_minutes": "integer",
        "host_employee_ids": "uuid[]",
        "location": "text",
        "max_participants": "integer",
        "is_private": "boolean",
        "idempotency_key": "text",
    },
    required=3,
    writes=True,
    columns=(),
    read=object_of(CreateGusSessionResult, session_id="uuid", guest_spot_id="uuid"),
)

GET_EMPLOYEE_POINTS: Function[list[GetEmployeePointsRow]] = Function(
    "get_employee_points",
    {"employee_id": "uuid"},
    required=0,
    writes=False,
    columns=("points",),
    read=list_of(GetEmployeePointsRow),
)

GET_POINTS_HISTORY: Function[list[GetPointsHistoryRow]] = Function(
    "get_points_history",
    {"employee_id": "uuid", "limit": "integer"},
    required=0,
    writes=False,
    columns=(
        "id",
        "entry_number",
        "amount",
        "reason",
        "related_session_id",
        "related_booking_id",
        "points_before",
        "points_after",
        "created_at",
    ),
    read=list_of(GetPointsHistoryRow),
)

MY_GUSMESTER_BOOKINGS: Function[list[MyGusmesterBookingsRow]] = Function(
    "my_gusmester_bookings",
    {"employee_id": "uuid"},
    required=0,
    writes=False,
    columns=(
        "booking_id",
        "session_id",
        "name",
        "starts_at",
        "duration_minutes",
        "location",
        "host_name",
        "status",
        "point_cost",
        "can_cancel",
        "cancel_deadline",
    ),
    read=list_of(MyGusmesterBookingsRow),
)

MY_HOSTING_SESSIONS: Function[list[MyHostingSessionsRow]] = Function(
    "my_hosting_sessions",
    {"employee_id": "uuid"},
    required=0,
    writes=False,
    columns=(
        "session_id",
        "guest_spot_id",
        "name",
        "starts_at",
        "status",
        "guest_name",
        "can_release",
        "will_earn_points",
    ),
    read=list_of(MyHostingSessionsRow),
)

RELEASE_GUEST_SPOT: Function[ReleaseGuestSpotResult] = Function(
    "release_guest_spot",
    {"session_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(
        ReleaseGuestSpotResult,
        guest_spot_id="uuid",
        points_earned="boolean",
        points_awarded="integer",
        new_points="integer",
    ),
)

UNASSIGN_SESSION_EMPLOYEE: Function[UnassignSessionEmployeeResult] = Function(
    "unassign_session_employee",
    {"session_id": "uuid", "employee_id": "uuid", "idempotency_key": "text"},
    required=2,
    writes=True,
    columns=(),
    read=object_of(UnassignSessionEmployeeResult, session_id="uuid", host_employee_id="uuid"),
)
