"""The functions of module gusmester as methods."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bookingdb._caller import Caller
from bookingdb._function import DEFAULT
from bookingdb.functions import gusmester
from bookingdb.functions.gusmester import (
    AdjustEmployeePointsResult,
    AssignSessionEmployeeResult,
    AvailableGuestSpotsRow,
    BookGuestForSessionResult,
    BookGusmesterSpotResult,
    CancelGuestBookingResult,
    CancelGusmesterBookingResult,
    CancelGusSessionResult,
    CreateGusSessionResult,
    GetEmployeePointsRow,
    GetPointsHistoryRow,
    MyGusmesterBookingsRow,
    MyHostingSessionsRow,
    ReleaseGuestSpotResult,
    UnassignSessionEmployeeResult,
)


class GusmesterFunctions(Caller):
    """The functions of module gusmester."""

    def adjust_employee_points(
        self,
        employee_id: UUID,
        amount: int,
        reason: str,
        idempotency_key: str | None = DEFAULT,
    ) -> AdjustEmployeePointsResult:
        """An admin adds points to an employee or takes some, never below 0.

        Args:
            employee_id: uuid.
            amount: signed integer of points, not 0.
            reason: text of at most 10000 characters, kept in the history.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            InsufficientPoints: required, available.
            IdempotencyConflict
        """
        return self._call(gusmester.ADJUST_EMPLOYEE_POINTS, employee_id, amount, reason, idempotency_key)

    def assign_session_employee(
        self,
        session_id: UUID,
        employee_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> AssignSessionEmployeeResult:
        """An admin assigns an active employee to an active session; the first one assigned hosts its guest spot.
        Assigning somebody again changes nothing.

        Args:
            session_id: uuid.
            employee_id: uuid.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            InvalidState
            Inactive
            IdempotencyConflict
        """
        return self._call(gusmester.ASSIGN_SESSION_EMPLOYEE, session_id, employee_id, idempotency_key)

    def available_guest_spots(
        self,
        employee_id: UUID | None = DEFAULT,
    ) -> list[AvailableGuestSpotsRow]:
        """The released guest spots of active sessions to come that the employee does not host, by start.

        Args:
            employee_id: uuid, for the service: for whom.

        Raises:
            NotAuthenticated
            NotAllowed
            InvalidInput
            NotFound
        """
        return self._call(gusmester.AVAILABLE_GUEST_SPOTS, employee_id)

    def book_guest_for_session(
        self,
        session_id: UUID,
        guest_name: str,
        guest_email: str,
        guest_phone: str | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> BookGuestForSessionResult:
        """The host books a reserved guest spot for a guest of their own, before the start. The service acts as the
        host.

        Args:
            session_id: uuid of the session.
            guest_name: text of at most 10000 characters.
            guest_email: an e-mail address of at most 320 characters.
            guest_phone: text.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed: not the host.
            Inactive
            NotFound
            InvalidState
            SpotNotAvailable: status.
            InThePast
            IdempotencyConflict
        """
        return self._call(
            gusmester.BOOK_GUEST_FOR_SESSION, session_id, guest_name, guest_email, guest_phone, idempotency_key
        )

    def book_gusmester_spot(
        self,
        session_id: UUID,
        employee_id: UUID | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> BookGusmesterSpotResult:
        """An employee books the released guest spot of a session for points (settings.gus_spot_cost, 150); the employee
        and the host are notified.

        Args:
            session_id: uuid of an active session that has not started.
            employee_id: uuid, for the service: for whom.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            Inactive
            NotFound
            InvalidState
            SelfBooking: the host.
            AlreadyBooked
            SpotNotAvailable: status.
            InThePast
            InsufficientPoints: required, available.
            IdempotencyConflict
        """
        return self._call(gusmester.BOOK_GUSMESTER_SPOT, session_id, employee_id, idempotency_key)

    def cancel_guest_booking(
        self,
        session_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> CancelGuestBookingResult:
        """The host takes back, before the start, a spot booked for a guest; name, e-mail address and phone number of
        the guest are removed. The service acts as the host.

        Args:
            session_id: uuid of the session.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed: not the host.
            NotFound
            InvalidState
            SpotNotAvailable: status.
            InThePast
            IdempotencyConflict
        """
        return self._call(gusmester.CANCEL_GUEST_BOOKING, session_id, idempotency_key)

    def cancel_gus_session(
        self,
        session_id: UUID,
        reason: str,
        idempotency_key: str | None = DEFAULT,
    ) -> CancelGusSessionResult:
        """An admin cancels an active session: every active booking is refunded whatever the hour, a host's guest is
        taken off, and the employees, the booker and the guest are notified.

        Args:
            session_id: uuid.
            reason: text of at most 10000 characters, told to those concerned.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            InvalidState: status.
            IdempotencyConflict
        """
        return self._call(gusmester.CANCEL_GUS_SESSION, session_id, reason, idempotency_key)

    def cancel_gusmester_booking(
        self,
        booking_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> CancelGusmesterBookingResult:
        """An employee cancels their own booking more than settings.gus_cancel_notice (24 hours) before the start and
        gets back what was charged; the spot is released again.

        Args:
            booking_id: uuid of an active booking.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound: also somebody else's booking.
            InvalidState: status.
            TooLate: deadline.
            IdempotencyConflict
        """
        return self._call(gusmester.CANCEL_GUSMESTER_BOOKING, booking_id, idempotency_key)

    def create_gus_session(
        self,
        name: str,
        starts_at: datetime,
        duration_minutes: int,
        host_employee_ids: Sequence[UUID] = DEFAULT,
        location: str | None = DEFAULT,
        max_participants: int | None = DEFAULT,
        is_private: bool = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> CreateGusSessionResult:
        """An admin makes a session; a public one gets its guest spot with its first host.

        Args:
            name: text of at most 10000 characters.
            starts_at: instant in the future.
            duration_minutes: integer above 0.
            host_employee_ids: uuids of active employees, hosts in this order. Default '{}'.
            location: text.
            max_participants: integer above 0.
            is_private: no guest spot. Default false.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            Inactive
            InThePast
            IdempotencyConflict
        """
        return self._call(
            gusmester.CREATE_GUS_SESSION,
            name,
            starts_at,
            duration_minutes,
            host_employee_ids,
            location,
            max_participants,
            is_private,
            idempotency_key,
        )

    def get_employee_points(
        self,
        employee_id: UUID | None = DEFAULT,
    ) -> list[GetEmployeePointsRow]:
        """An employee's points: one's own, for an admin anybody's.

        Args:
            employee_id: uuid; the service must give it, others leave it out for themselves.

        Raises:
            NotAuthenticated
            NotAllowed
            InvalidInput
            NotFound
        """
        return self._call(gusmester.GET_EMPLOYEE_POINTS, employee_id)

    def get_points_history(
        self,
        employee_id: UUID | None = DEFAULT,
        limit: int = DEFAULT,
    ) -> list[GetPointsHistoryRow]:
        """An employee's ledger of points, newest first: one's own, for an admin anybody's.

        Args:
            employee_id: uuid; the service must give it, others leave it out for themselves.
            limit: 1 to 1000 rows. Default 50.

        Raises:
            NotAuthenticated
            NotAllowed
            InvalidInput
            NotFound
        """
        return self._call(gusmester.GET_POINTS_HISTORY, employee_id, limit)

    def my_gusmester_bookings(
        self,
        employee_id: UUID | None = DEFAULT,
    ) -> list[MyGusmesterBookingsRow]:
        """An employee's bookings of guest spots, cancelled ones too, the latest session first.

        Args:
            employee_id: uuid, for the service: for whom.

        Raises:
            NotAuthenticated
            NotAllowed
            InvalidInput
            NotFound
        """
        return self._call(gusmester.MY_GUSMESTER_BOOKINGS, employee_id)

    def my_hosting_sessions(
        self,
        employee_id: UUID | None = DEFAULT,
    ) -> list[MyHostingSessionsRow]:
        """The sessions whose guest spot the employee hosts, the latest first.

        Args:
            employee_id: uuid, for the service: for whom.

        Raises:
            NotAuthenticated
            NotAllowed
            InvalidInput
            NotFound
        """
        return self._call(gusmester.MY_HOSTING_SESSIONS, employee_id)

    def release_guest_spot(
        self,
        session_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> ReleaseGuestSpotResult:
        """The host releases a reserved guest spot before the start; more than settings.gus_release_notice (3 hours)
        before it earns settings.gus_release_award (150) points, once per session whoever hosts. The service acts as the
        host.

        Args:
            session_id: uuid of the session.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed: not the host.
            NotFound
            InvalidState
            SpotNotAvailable: status.
            InThePast
            IdempotencyConflict
        """
        return self._call(gusmester.RELEASE_GUEST_SPOT, session_id, idempotency_key)

    def unassign_session_employee(
        self,
        session_id: UUID,
        employee_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> UnassignSessionEmployeeResult:
        """An admin takes an employee off an active session; the next one assigned becomes host of an unbooked guest
        spot (a released one stays released), a booked one keeps its booking and its host.

        Args:
            session_id: uuid.
            employee_id: uuid.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound: also an employee who is not assigned.
            InvalidState
            IdempotencyConflict
        """
        return self._call(gusmester.UNASSIGN_SESSION_EMPLOYEE, session_id, employee_id, idempotency_key)
