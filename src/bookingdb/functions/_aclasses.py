"""The functions of module classes as methods."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from bookingdb._acaller import AsyncCaller
from bookingdb._function import DEFAULT
from bookingdb.functions import classes
from bookingdb.functions.classes import (
    CancelClassBookingResult,
    CancelClassSessionResult,
    CheckInBookingResult,
    ClassRosterRow,
    ConvertLeadToClientResult,
    CreateClassBookingResult,
    CreateClassSeriesResult,
    CreateClassSessionResult,
    CreateMembershipResult,
    CreatePackageResult,
    CreatePublicBookingResult,
    EndMembershipResult,
    GetCustomerPaymentMethodsRow,
    JoinClassWaitlistResult,
    LeaveClassWaitlistResult,
    MarkBookingNoShowResult,
    RemoveOrganizationMemberResult,
    SaveClientResult,
    SaveLeadResult,
    SetBookingPaymentStatusResult,
    SetOrganizationRoleResult,
    UpcomingClassesRow,
    UpdatePackageResult,
)


class AsyncClassesFunctions(AsyncCaller):
    """The functions of module classes."""

    async def cancel_class_booking(
        self,
        booking_id: UUID,
        reason: str | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> CancelClassBookingResult:
        """A customer cancels their own booking before the class, staff and the service anybody's. At least
        settings.class_cancel_notice (24 hours) before the class the use of the membership or package is given back, to
        whom the waitlist promoted at any hour; later it is kept. The first on the waitlist whom something covers gets
        the place.

        Args:
            booking_id: uuid of a confirmed booking.
            reason: text of at most 10000 characters.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound: also somebody else's booking.
            InvalidState: status.
            TooLate: deadline, the class has started.
            IdempotencyConflict
        """
        return await self._call(classes.CANCEL_CLASS_BOOKING, booking_id, reason, idempotency_key)

    async def cancel_class_session(
        self,
        class_session_id: UUID,
        reason: str | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> CancelClassSessionResult:
        """Staff cancel a class: its bookings are cancelled, also of those who did not come, every use of a membership
        or package is given back whatever the hour, the waitlist is closed, and everybody who has a place or waits is
        notified. For staff and the service.

        Args:
            class_session_id: uuid of a scheduled class.
            reason: text of at most 10000 characters, told to everybody.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound: also another organization's.
            InvalidState: status.
            IdempotencyConflict
        """
        return await self._call(classes.CANCEL_CLASS_SESSION, class_session_id, reason, idempotency_key)

    async def check_in_booking(
        self,
        booking_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> CheckInBookingResult:
        """Staff check a customer in: the booking is attended. For staff and the service.

        Args:
            booking_id: uuid of a confirmed booking.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed: the customer.
            NotFound: also another organization's.
            InvalidState: status.
            IdempotencyConflict
        """
        return await self._call(classes.CHECK_IN_BOOKING, booking_id, idempotency_key)

    async def class_roster(
        self,
        class_session_id: UUID,
    ) -> list[ClassRosterRow]:
        """Who has a place in a class, by name, cancelled bookings apart. For staff and the service.

        Args:
            class_session_id: uuid.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound: also another organization's.
        """
        return await self._call(classes.CLASS_ROSTER, class_session_id)

    async def convert_lead_to_client(
        self,
        lead_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> ConvertLeadToClientResult:
        """A lead becomes a client: the same person, with their bookings, memberships and packages. A client with the
        lead's e-mail address becomes the lead's person. Again changes nothing. For staff and the service.

        Args:
            lead_id: uuid.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound: also another organization's.
            Inactive: customer_id, erased.
            InvalidState: status; the client came from another lead.
            AlreadyBooked: lead and client both have a place in a class, or wait for one.
            IdempotencyConflict
        """
        return await self._call(classes.CONVERT_LEAD_TO_CLIENT, lead_id, idempotency_key)

    async def create_class_booking(
        self,
        organization_id: UUID,
        class_session_id: UUID,
        customer_id: UUID,
        customer_type: Literal["client", "lead"],
        payment_method: Literal["membership", "package", "free", "card", "cash"] | None = DEFAULT,
        payment_id: UUID | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> CreateClassBookingResult:
        """A client books a class; staff and the service book it for a client or a lead. The place and the use of a
        membership or package are taken at once or not at all; the customer is notified.

        Args:
            organization_id: uuid.
            class_session_id: uuid of a scheduled class of it.
            customer_id: uuid of the client or lead.
            customer_type: one of client, lead.
            payment_method: one of membership, package, free, card (paid later), cash (staff alone); default the first
                of membership, package and free that covers it.
            payment_id: uuid of the membership or package.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            Inactive: customer_id.
            InvalidState: status.
            InThePast
            TooLate: deadline.
            AlreadyBooked
            ClassFull: capacity.
            LimitReached: limit, period_end.
            PaymentRequired
            IdempotencyConflict
        """
        return await self._call(
            classes.CREATE_CLASS_BOOKING,
            organization_id,
            class_session_id,
            customer_id,
            customer_type,
            payment_method,
            payment_id,
            idempotency_key,
        )

    async def create_class_series(
        self,
        organization_id: UUID,
        name: str,
        first_date: date,
        start_time: time,
        weeks: int,
        duration_minutes: int,
        capacity: int,
        instructor_name: str | None = DEFAULT,
        is_free: bool = DEFAULT,
        booking_cutoff: timedelta | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> CreateClassSeriesResult:
        """Staff make a weekly class: each week on the same day at the same time of the organization's zone. For staff
        and the service.

        Args:
            organization_id: uuid.
            name: text.
            first_date: local date of the first class.
            start_time: local time of day.
            weeks: 1 to 104, how many classes.
            duration_minutes: 1 to 1440.
            capacity: integer above 0, places.
            instructor_name: text, may be left out.
            is_free: boolean, whether anybody books it without paying. Default false.
            booking_cutoff: interval of days and hours, at most 366 days, how long before the start customers must book;
                default settings.class_booking_cutoff.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound: the organization, for the service.
            NonexistentLocalTime: date.
            InThePast
            IdempotencyConflict
        """
        return await self._call(
            classes.CREATE_CLASS_SERIES,
            organization_id,
            name,
            first_date,
            start_time,
            weeks,
            duration_minutes,
            capacity,
            instructor_name,
            is_free,
            booking_cutoff,
            idempotency_key,
        )

    async def create_class_session(
        self,
        organization_id: UUID,
        name: str,
        starts_at: datetime,
        duration_minutes: int,
        capacity: int,
        instructor_name: str | None = DEFAULT,
        is_free: bool = DEFAULT,
        booking_cutoff: timedelta | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> CreateClassSessionResult:
        """Staff make a class that starts at an instant. For staff and the service.

        Args:
            organization_id: uuid.
            name: text.
            starts_at: instant in the future.
            duration_minutes: 1 to 1440.
            capacity: integer above 0, places.
            instructor_name: text, may be left out.
            is_free: boolean, whether anybody books it without paying. Default false.
            booking_cutoff: interval of days and hours, at most 366 days, how long before the start customers must book;
                default settings.class_booking_cutoff.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound: the organization, for the service.
            InThePast
            IdempotencyConflict
        """
        return await self._call(
            classes.CREATE_CLASS_SESSION,
            organization_id,
            name,
            starts_at,
            duration_minutes,
            capacity,
            instructor_name,
            is_free,
            booking_cutoff,
            idempotency_key,
        )

    async def create_membership(
        self,
        organization_id: UUID,
        customer_id: UUID,
        customer_type: Literal["client", "lead"],
        name: str,
        class_limit: int | None = DEFAULT,
        period: Literal["week", "month"] = DEFAULT,
        starts_on: date | None = DEFAULT,
        ends_on: date | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> CreateMembershipResult:
        """Staff give a client or a lead a membership: so many classes a week or month. For staff and the service.

        Args:
            organization_id: uuid.
            customer_id: uuid of the client or lead.
            customer_type: one of client, lead.
            name: text.
            class_limit: integer above 0, classes a period; None: as many as they like.
            period: one of week (ISO), month; in the organization's time zone. Default 'month'.
            starts_on: date, default today.
            ends_on: date, its last day; None: no end.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            Inactive: customer_id.
            IdempotencyConflict
        """
        return await self._call(
            classes.CREATE_MEMBERSHIP,
            organization_id,
            customer_id,
            customer_type,
            name,
            class_limit,
            period,
            starts_on,
            ends_on,
            idempotency_key,
        )

    async def create_package(
        self,
        organization_id: UUID,
        customer_id: UUID,
        customer_type: Literal["client", "lead"],
        name: str,
        classes_total: int,
        expires_at: datetime | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> CreatePackageResult:
        """Staff give a client or a lead a package of classes. For staff and the service.

        Args:
            organization_id: uuid.
            customer_id: uuid of the client or lead.
            customer_type: one of client, lead.
            name: text.
            classes_total: integer above 0.
            expires_at: instant; classes that start at or after it are not covered; None: no end.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            Inactive: customer_id.
            IdempotencyConflict
        """
        return await self._call(
            classes.CREATE_PACKAGE,
            organization_id,
            customer_id,
            customer_type,
            name,
            classes_total,
            expires_at,
            idempotency_key,
        )

    async def create_public_booking(
        self,
        organization_id: UUID,
        class_session_id: UUID,
        name: str,
        email: str,
        phone: str | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> CreatePublicBookingResult:
        """Anybody books a class of an organization with public_booking; memberships and packages are never spent. A
        repeat answers like the first booking and changes nothing. Public.

        Args:
            organization_id: uuid.
            class_session_id: uuid of a scheduled class of it.
            name: text.
            email: an e-mail address, where the confirmation goes.
            phone: text, may be left out.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotFound
            InvalidState: status.
            InThePast
            TooLate: deadline.
            ClassFull: capacity.
            RateLimited: limit.
            IdempotencyConflict
        """
        return await self._call(
            classes.CREATE_PUBLIC_BOOKING, organization_id, class_session_id, name, email, phone, idempotency_key
        )

    async def end_membership(
        self,
        membership_id: UUID,
        ends_on: date | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> EndMembershipResult:
        """Staff say on which day a membership ends, also later than before, or cancel it at once; bookings made with it
        stay. For staff and the service.

        Args:
            membership_id: uuid of an active membership.
            ends_on: date, its last day; left out: it is cancelled.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound: also another organization's.
            InvalidState: status.
            IdempotencyConflict
        """
        return await self._call(classes.END_MEMBERSHIP, membership_id, ends_on, idempotency_key)

    async def get_customer_payment_methods(
        self,
        customer_id: UUID,
        organization_id: UUID,
        customer_type: Literal["client", "lead"] = DEFAULT,
    ) -> list[GetCustomerPaymentMethodsRow]:
        """The memberships and packages of a client or a lead: for the client, and for staff and the service.

        Args:
            customer_id: uuid of the client or lead.
            organization_id: uuid.
            customer_type: one of client, lead. Default 'client'.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
        """
        return await self._call(classes.GET_CUSTOMER_PAYMENT_METHODS, customer_id, organization_id, customer_type)

    async def join_class_waitlist(
        self,
        organization_id: UUID,
        class_session_id: UUID,
        customer_id: UUID,
        customer_type: Literal["client", "lead"],
        idempotency_key: str | None = DEFAULT,
    ) -> JoinClassWaitlistResult:
        """A client waits for a place in a full class; staff and the service put a client or a lead in line. Whoever is
        first and covered by a membership, a package or a free class gets the place that is given back, and is notified.

        Args:
            organization_id: uuid.
            class_session_id: uuid of a scheduled class of it.
            customer_id: uuid of the client or lead.
            customer_type: one of client, lead.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            Inactive: customer_id.
            InvalidState: status, also where places are left.
            InThePast
            TooLate: deadline.
            AlreadyBooked
            IdempotencyConflict
        """
        return await self._call(
            classes.JOIN_CLASS_WAITLIST, organization_id, class_session_id, customer_id, customer_type, idempotency_key
        )

    async def leave_class_waitlist(
        self,
        waitlist_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> LeaveClassWaitlistResult:
        """A client leaves a waitlist; staff and the service take anybody of their organization off it.

        Args:
            waitlist_id: uuid, as join_class_waitlist() returned it.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound: also somebody else's.
            InvalidState: status.
            IdempotencyConflict
        """
        return await self._call(classes.LEAVE_CLASS_WAITLIST, waitlist_id, idempotency_key)

    async def mark_booking_no_show(
        self,
        booking_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> MarkBookingNoShowResult:
        """Staff note that a customer did not come; the use of the membership or package is kept. For staff and the
        service.

        Args:
            booking_id: uuid of a confirmed booking.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed: the customer.
            NotFound: also another organization's.
            InvalidState: status.
            IdempotencyConflict
        """
        return await self._call(classes.MARK_BOOKING_NO_SHOW, booking_id, idempotency_key)

    async def remove_organization_member(
        self,
        organization_id: UUID,
        user_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> RemoveOrganizationMemberResult:
        """An owner or admin of an organization takes somebody's role in it away; only an owner removes an owner, and
        the last one stays. For them and the service.

        Args:
            organization_id: uuid.
            user_id: uuid.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            InvalidState: status, the last owner.
            IdempotencyConflict
        """
        return await self._call(classes.REMOVE_ORGANIZATION_MEMBER, organization_id, user_id, idempotency_key)

    async def save_client(
        self,
        organization_id: UUID,
        name: str,
        email: str,
        phone: str | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> SaveClientResult:
        """Staff make a client or, where the organization has one with this e-mail address, change the name and phone
        number; again changes nothing. A new client whose address is a lead's is the same person as the lead. For staff
        and the service.

        Args:
            organization_id: uuid.
            name: text.
            email: an e-mail address.
            phone: text; left out, the number stays.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound: the organization, for the service.
            IdempotencyConflict
        """
        return await self._call(classes.SAVE_CLIENT, organization_id, name, email, phone, idempotency_key)

    async def save_lead(
        self,
        organization_id: UUID,
        name: str,
        email: str,
        phone: str | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> SaveLeadResult:
        """Staff make a lead or, where the organization has one with this e-mail address, change the name and phone
        number; again changes nothing. For staff and the service.

        Args:
            organization_id: uuid.
            name: text.
            email: an e-mail address.
            phone: text; left out, the number stays.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound: the organization, for the service.
            IdempotencyConflict
        """
        return await self._call(classes.SAVE_LEAD, organization_id, name, email, phone, idempotency_key)

    async def set_booking_payment_status(
        self,
        booking_id: UUID,
        payment_status: Literal["paid", "failed", "refunded"],
        idempotency_key: str | None = DEFAULT,
    ) -> SetBookingPaymentStatusResult:
        """Staff note what became of a booking's payment. For staff and the service.

        Args:
            booking_id: uuid.
            payment_status: one of paid (when it is pending), failed (when it is pending), refunded (when it is paid).
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed: the customer.
            NotFound: also another organization's.
            InvalidState: status.
            IdempotencyConflict
        """
        return await self._call(classes.SET_BOOKING_PAYMENT_STATUS, booking_id, payment_status, idempotency_key)

    async def set_organization_role(
        self,
        organization_id: UUID,
        user_id: UUID,
        role: Literal["owner", "admin", "staff", "member"],
        idempotency_key: str | None = DEFAULT,
    ) -> SetOrganizationRoleResult:
        """An owner or admin of an organization gives somebody a role in it; only an owner makes or unmakes owners, and
        the last one stays. Again changes nothing. For them and the service.

        Args:
            organization_id: uuid.
            user_id: uuid of an active person.
            role: one of owner, admin, staff, member.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            Inactive: user_id.
            InvalidState: status, the last owner.
            IdempotencyConflict
        """
        return await self._call(classes.SET_ORGANIZATION_ROLE, organization_id, user_id, role, idempotency_key)

    async def upcoming_classes(
        self,
        organization_id: UUID,
        from_: datetime,
        to: datetime,
    ) -> list[UpcomingClassesRow]:
        """The scheduled classes of an organization that have not started, by start: for anybody where it has
        public_booking, else for its clients and staff. Public.

        Args:
            organization_id: uuid.
            from_: instants, at most 366 days apart; classes that start at to are left out.
            to: instants, at most 366 days apart; classes that start at to are left out.

        Raises:
            InvalidInput
            NotFound: also where it is not the caller's to see.
        """
        return await self._call(classes.UPCOMING_CLASSES, organization_id, from_, to)

    async def update_package(
        self,
        package_id: UUID,
        classes_total: int | None = DEFAULT,
        expires_at: datetime | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> UpdatePackageResult:
        """Staff change how many classes a package has, or until when it is valid; what is left out stays, again changes
        nothing. For staff and the service.

        Args:
            package_id: uuid.
            classes_total: integer, not less than what was used.
            expires_at: instant.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound: also another organization's.
            IdempotencyConflict
        """
        return await self._call(classes.UPDATE_PACKAGE, package_id, classes_total, expires_at, idempotency_key)
