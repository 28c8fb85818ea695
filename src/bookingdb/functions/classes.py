"""What the functions of module classes take and return."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from bookingdb._function import Function
from bookingdb._results import list_of, object_of


@dataclass(frozen=True, slots=True)
class CancelClassBookingResult:
    """What cancel_class_booking() returns."""

    booking_id: UUID
    usage_returned: bool
    promoted_booking_id: UUID | None
    """None where nobody was promoted"""


@dataclass(frozen=True, slots=True)
class CancelClassSessionResult:
    """What cancel_class_session() returns."""

    class_session_id: UUID
    bookings_cancelled: int
    uses_returned: int


@dataclass(frozen=True, slots=True)
class CheckInBookingResult:
    """What check_in_booking() returns."""

    booking_id: UUID
    booking_status: Literal["confirmed", "cancelled", "attended", "no_show"]
    """bookings.booking_status"""


@dataclass(frozen=True, slots=True)
class ClassRosterRow:
    """A row of what class_roster() returns."""

    booking_id: UUID
    customer_type: str
    """client or lead"""
    customer_id: UUID
    name: str
    email: str
    phone: str | None
    booking_status: Literal["confirmed", "cancelled", "attended", "no_show"]
    """bookings.booking_status"""
    payment_status: Literal["pending", "paid", "refunded", "failed"]
    """bookings.payment_status"""
    payment_method: Literal["membership", "package", "free", "card", "cash"] | None
    """bookings.payment_method, may be None"""
    source: Literal["customer", "staff", "service", "widget", "waitlist"]
    """bookings.source"""
    booked_at: datetime


@dataclass(frozen=True, slots=True)
class ConvertLeadToClientResult:
    """What convert_lead_to_client() returns."""

    client_id: UUID


@dataclass(frozen=True, slots=True)
class CreateClassBookingResult:
    """What create_class_booking() returns."""

    booking_id: UUID
    payment_method: Literal["membership", "package", "free", "card", "cash"]
    """bookings.payment_method"""
    payment_status: Literal["pending", "paid", "refunded", "failed"]
    """bookings.payment_status"""
    spots_left: int


@dataclass(frozen=True, slots=True)
class CreateClassSeriesResult:
    """What create_class_series() returns."""

    class_session_ids: list[UUID]
    """in order of their starts"""


@dataclass(frozen=True, slots=True)
class CreateClassSessionResult:
    """What create_class_session() returns."""

    class_session_id: UUID
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class CreateMembershipResult:
    """What create_membership() returns."""

    membership_id: UUID


@dataclass(frozen=True, slots=True)
class CreatePackageResult:
    """What create_package() returns."""

    package_id: UUID


@dataclass(frozen=True, slots=True)
class CreatePublicBookingResult:
    """What create_public_booking() returns; payment_status is always pending."""

    receipt: str
    payment_status: str


@dataclass(frozen=True, slots=True)
class EndMembershipResult:
    """What end_membership() returns."""

    membership_id: UUID
    status: Literal["active", "cancelled"]
    """memberships.status"""
    ends_on: date | None
    """None when it is cancelled"""


@dataclass(frozen=True, slots=True)
class GetCustomerPaymentMethodsRow:
    """A row of what get_customer_payment_methods() returns."""

    id: UUID
    """the payment_id of create_class_booking"""
    type: str
    """membership or package"""
    name: str
    description: str
    """in words"""
    remaining: int | None
    """classes left, of a membership this period; None: unlimited"""
    is_available: bool
    """whether it covers a class now"""


@dataclass(frozen=True, slots=True)
class JoinClassWaitlistResult:
    """What join_class_waitlist() returns; position counts from 1."""

    waitlist_id: UUID
    position: int


@dataclass(frozen=True, slots=True)
class LeaveClassWaitlistResult:
    """What leave_class_waitlist() returns."""

    waitlist_id: UUID


@dataclass(frozen=True, slots=True)
class MarkBookingNoShowResult:
    """What mark_booking_no_show() returns."""

    booking_id: UUID
    booking_status: Literal["confirmed", "cancelled", "attended", "no_show"]
    """bookings.booking_status"""


@dataclass(frozen=True, slots=True)
class RemoveOrganizationMemberResult:
    """What remove_organization_member() returns."""

    organization_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True)
class SaveClientResult:
    """What save_client() returns."""

    client_id: UUID


@dataclass(frozen=True, slots=True)
class SaveLeadResult:
    """What save_lead() returns."""

    lead_id: UUID


@dataclass(frozen=True, slots=True)
class SetBookingPaymentStatusResult:
    """What set_booking_payment_status() returns."""

    booking_id: UUID
    payment_status: Literal["pending", "paid", "refunded", "failed"]
    """bookings.payment_status"""


@dataclass(frozen=True, slots=True)
class SetOrganizationRoleResult:
    """What set_organization_role() returns."""

    organization_id: UUID
    user_id: UUID
    role: Literal["owner", "admin", "staff", "member"]
    """user_organizations.role"""


@dataclass(frozen=True, slots=True)
class UpcomingClassesRow:
    """A row of what upcoming_classes() returns."""

    class_session_id: UUID
    name: str
    instructor_name: str | None
    starts_at: datetime
    duration_minutes: int
    timezone: str
    """the organization's"""
    capacity: int
    spots_left: int
    is_free: bool
    book_until: datetime
    """until when customers may book"""


@dataclass(frozen=True, slots=True)
class UpdatePackageResult:
    """What update_package() returns."""

    package_id: UUID
    classes_total: int
    classes_used: int
    expires_at: datetime | None
    """None: no end"""


CANCEL_CLASS_BOOKING: Function[CancelClassBookingResult] = Function(
    "cancel_class_booking",
    {"booking_id": "uuid", "reason": "text", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(CancelClassBookingResult, booking_id="uuid", usage_returned="boolean", promoted_booking_id="uuid"),
)

CANCEL_CLASS_SESSION: Function[CancelClassSessionResult] = Function(
    "cancel_class_session",
    {"class_session_id": "uuid", "reason": "text", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(
        CancelClassSessionResult, class_session_id="uuid", bookings_cancelled="integer", uses_returned="integer"
    ),
)

CHECK_IN_BOOKING: Function[CheckInBookingResult] = Function(
    "check_in_booking",
    {"booking_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(CheckInBookingResult, booking_id="uuid", booking_status="text"),
)

CLASS_ROSTER: Function[list[ClassRosterRow]] = Function(
    "class_roster",
    {"class_session_id": "uuid"},
    required=1,
    writes=False,
    columns=(
        "booking_id",
        "customer_type",
        "customer_id",
        "name",
        "email",
        "phone",
        "booking_status",
        "payment_status",
        "payment_method",
        "source",
        "booked_at",
    ),
    read=list_of(ClassRosterRow),
)

CONVERT_LEAD_TO_CLIENT: Function[ConvertLeadToClientResult] = Function(
    "convert_lead_to_client",
    {"lead_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(ConvertLeadToClientResult, client_id="uuid"),
)

CREATE_CLASS_BOOKING: Function[CreateClassBookingResult] = Function(
    "create_class_booking",
    {
        "organization_id": "uuid",
        "class_session_id": "uuid",
        "customer_id": "uuid",
        "customer_type": "text",
        "payment_method": "text",
        "payment_id": "uuid",
        "idempotency_key": "text",
    },
    required=4,
    writes=True,
    columns=(),
    read=object_of(
        CreateClassBookingResult, booking_id="uuid", payment_method="text", payment_status="text", spots_left="integer"
    ),
)

CREATE_CLASS_SERIES: Function[CreateClassSeriesResult] = Function(
    "create_class_series",
    {
        "organization_id": "uuid",
        "name": "text",
        "first_date": "date",
        "start_time": "time without time zone",
        "weeks": "integer",
        "duration_minutes": "integer",
        "capacity": "integer",
        "instructor_name": "text",
        "is_free": "boolean",
        "booking_cutoff": "interval",
        "idempotency_key": "text",
    },
    required=7,
    writes=True,
    columns=(),
    read=object_of(CreateClassSeriesResult, class_session_ids="uuid[]"),
)

CREATE_CLASS_SESSION: Function[CreateClassSessionResult] = Function(
    "create_class_session",
    {
        "organization_id": "uuid",
        "name": "text",
        "starts_at": "timestamp with time zone",
        "duration_minutes": "integer",
        "capacity": "integer",
        "instructor_name": "text",
        "is_free": "boolean",
        "booking_cutoff": "interval",
        "idempotency_key": "text",
    },
    required=5,
    writes=True,
    columns=(),
    read=object_of(CreateClassSessionResult, class_session_id="uuid", starts_at="timestamp with time zone"),
)

CREATE_MEMBERSHIP: Function[CreateMembershipResult] = Function(
    "create_membership",
    {
        "organization_id": "uuid",
        "customer_id": "uuid",
        "customer_type": "text",
        "name": "text",
        "class_limit": "integer",
        "period": "text",
        "starts_on": "date",
        "ends_on": "date",
        "idempotency_key": "text",
    },
    required=4,
    writes=True,
    columns=(),
    read=object_of(CreateMembershipResult, membership_id="uuid"),
)

CREATE_PACKAGE: Function[CreatePackageResult] = Function(
    "create_package",
    {
        "organization_id": "uuid",
        "customer_id": "uuid",
        "customer_type": "text",
        "name": "text",
        "classes_total": "integer",
        "expires_at": "timestamp with time zone",
        "idempotency_key": "text",
    },
    required=5,
    writes=True,
    columns=(),
    read=object_of(CreatePackageResult, package_id="uuid"),
)

CREATE_PUBLIC_BOOKING: Function[CreatePublicBookingResult] = Function(
    "create_public_booking",
    {
        "organization_id": "uuid",
        "class_session_id": "uuid",
        "name": "text",
        "email": "text",
        "phone": "text",
        "idempotency_key": "text",
    },
    required=4,
    writes=True,
    columns=(),
    read=object_of(CreatePublicBookingResult, receipt="text", payment_status="text"),
)

END_MEMBERSHIP: Function[EndMembershipResult] = Function(
    "end_membership",
    {"membership_id": "uuid", "ends_on": "date", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(EndMembershipResult, membership_id="uuid", status="text", ends_on="date"),
)

GET_CUSTOMER_PAYMENT_METHODS: Function[list[GetCustomerPaymentMethodsRow]] = Function(
    "get_customer_payment_methods",
    {"customer_id": "uuid", "organization_id": "uuid", "customer_type": "text"},
    required=2,
    writes=False,
    columns=("id", "type", "name", "description", "remaining", "is_available"),
    read=list_of(GetCustomerPaymentMethodsRow),
)

JOIN_CLASS_WAITLIST: Function[JoinClassWaitlistResult] = Function(
    "join_class_waitlist",
    {
        "organization_id": "uuid",
        "class_session_id": "uuid",
        "customer_id": "uuid",
        "customer_type": "text",
        "idempotency_key": "text",
    },
    required=4,
    writes=True,
    columns=(),
    read=object_of(JoinClassWaitlistResult, waitlist_id="uuid", position="integer"),
)

LEAVE_CLASS_WAITLIST: Function[LeaveClassWaitlistResult] = Function(
    "leave_class_waitlist",
    {"waitlist_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(LeaveClassWaitlistResult, waitlist_id="uuid"),
)

MARK_BOOKING_NO_SHOW: Function[MarkBookingNoShowResult] = Function(
    "mark_booking_no_show",
    {"booking_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(MarkBookingNoShowResult, booking_id="uuid", booking_status="text"),
)

REMOVE_ORGANIZATION_MEMBER: Function[RemoveOrganizationMemberResult] = Function(
    "remove_organization_member",
    {"organization_id": "uuid", "user_id": "uuid", "idempotency_key": "text"},
    required=2,
    writes=True,
    columns=(),
    read=object_of(RemoveOrganizationMemberResult, organization_id="uuid", user_id="uuid"),
)

SAVE_CLIENT: Function[SaveClientResult] = Function(
    "save_client",
    {"organization_id": "uuid", "name": "text", "email": "text", "phone": "text", "idempotency_key": "text"},
    required=3,
    writes=True,
    columns=(),
    read=object_of(SaveClientResult, client_id="uuid"),
)

SAVE_LEAD: Function[SaveLeadResult] = Function(
    "save_lead",
    {"organization_id": "uuid", "name": "text", "email": "text", "phone": "text", "idempotency_key": "text"},
    required=3,
    writes=True,
    columns=(),
    read=object_of(SaveLeadResult, lead_id="uuid"),
)

SET_BOOKING_PAYMENT_STATUS: Function[SetBookingPaymentStatusResult] = Function(
    "set_booking_payment_status",
    {"booking_id": "uuid", "payment_status": "text", "idempotency_key": "text"},
    required=2,
    writes=True,
    columns=(),
    read=object_of(SetBookingPaymentStatusResult, booking_id="uuid", payment_status="text"),
)

SET_ORGANIZATION_ROLE: Function[SetOrganizationRoleResult] = Function(
    "set_organization_role",
    {"organization_id": "uuid", "user_id": "uuid", "role": "text", "idempotency_key": "text"},
    required=3,
    writes=True,
    columns=(),
    read=object_of(SetOrganizationRoleResult, organization_id="uuid", user_id="uuid", role="text"),
)

UPCOMING_CLASSES: Function[list[UpcomingClassesRow]] = Function(
    "upcoming_classes",
    {"organization_id": "uuid", "from": "timestamp with time zone", "to": "timestamp with time zone"},
    required=3,
    writes=False,
    columns=(
        "class_session_id",
        "name",
        "instructor_name",
        "starts_at",
        "duration_minutes",
        "timezone",
        "capacity",
        "spots_left",
        "is_free",
        "book_until",
    ),
    read=list_of(UpcomingClassesRow),
)

UPDATE_PACKAGE: Function[UpdatePackageResult] = Function(
    "update_package",
    {
        "package_id": "uuid",
        "classes_total": "integer",
        "expires_at": "timestamp with time zone",
        "idempotency_key": "text",
    },
    required=1,
    writes=True,
    columns=(),
    read=object_of(
        UpdatePackageResult,
        package_id="uuid",
        classes_total="integer",
        classes_used="integer",
        expires_at="timestamp with time zone",
    ),
)
