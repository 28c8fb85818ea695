"""The functions of module calendar as methods."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from bookingdb._caller import Caller
from bookingdb._function import DEFAULT
from bookingdb.functions import calendar
from bookingdb.functions.calendar import (
    AddAvailabilityExceptionResult,
    AttachSessionRoomResult,
    CancelSessionResult,
    CompleteSessionResult,
    ConfirmSessionResult,
    FindPractitionersRow,
    GetAvailableSlotsRow,
    HoldSlotResult,
    MarkSessionNoShowResult,
    MySessionsRow,
    ReleaseSlotHoldResult,
    RemoveAvailabilityExceptionResult,
    RescheduleSessionResult,
    SetWeeklyAvailabilityResult,
    StartSessionResult,
    UpdateSessionNotesResult,
)


class CalendarFunctions(Caller):
    """The functions of module calendar."""

    def add_availability_exception(
        self,
        starts_at: datetime,
        ends_at: datetime,
        kind: Literal["closed", "open"] = DEFAULT,
        practitioner_id: UUID | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> AddAvailabilityExceptionResult:
        """A practitioner takes time off (closed, which beats everything) or opens time beside the weekly rules (open).
        Sessions that are booked within closed time stay, and are returned.

        Args:
            starts_at: instants within [2000-01-01, 2100-01-01).
            ends_at: instants within [2000-01-01, 2100-01-01).
            kind: one of closed, open. Default 'closed'.
            practitioner_id: uuid; the service must give it, others leave it out for themselves.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            NotAPractitioner: user_id.
            IdempotencyConflict
        """
        return self._call(
            calendar.ADD_AVAILABILITY_EXCEPTION, starts_at, ends_at, kind, practitioner_id, idempotency_key
        )

    def attach_session_room(
        self,
        session_id: UUID,
        room_url: str,
        idempotency_key: str | None = DEFAULT,
    ) -> AttachSessionRoomResult:
        """Stores the address of the online room of a session. For the service.

        Args:
            session_id: uuid of a scheduled, confirmed or in_progress session.
            room_url: http or https address of at most 10000 characters.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            InvalidState: status.
            IdempotencyConflict
        """
        return self._call(calendar.ATTACH_SESSION_ROOM, session_id, room_url, idempotency_key)

    def cancel_session(
        self,
        session_id: UUID,
        reason: str | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> CancelSessionResult:
        """Cancels a session: either party before its start, the service at any time. A client gets the credits back
        more than settings.session_cancel_notice (24 hours) before the start, later it is cancelled without; when the
        therapist or the service cancels, and for peer sessions, they always come back. Both are notified.

        Args:
            session_id: uuid of a scheduled, confirmed or in_progress session of one's own.
            reason: text of at most 10000 characters.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound
            InvalidState: status.
            TooLate: deadline.
            IdempotencyConflict
        """
        return self._call(calendar.CANCEL_SESSION, session_id, reason, idempotency_key)

    def check_booking_conflict(
        self,
        therapist_id: UUID,
        session_date: date,
        start_time: time,
        end_time: time,
        exclude_session_id: UUID | None = DEFAULT,
    ) -> bool:
        """Whether a practitioner's time is taken: by a session in any role, by somebody else's live hold, by time off,
        buffers included.

        Args:
            therapist_id: uuid of a practitioner.
            session_date: local date in their time zone.
            start_time: local time.
            end_time: local time; at or before the start it is the next day's.
            exclude_session_id: uuid of a session that does not count.

        Returns:
            boolean.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound
            NotAPractitioner
            Inactive: user_id.
            NonexistentLocalTime
        """
        return self._call(
            calendar.CHECK_BOOKING_CONFLICT, therapist_id, session_date, start_time, end_time, exclude_session_id
        )

    def complete_session(
        self,
        session_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> CompleteSessionResult:
        """The therapist, or the service, completes a scheduled, confirmed or in_progress session, after its start.

        Args:
            session_id: uuid.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound
            NotAllowed: the client.
            InvalidState: status.
            IdempotencyConflict
        """
        return self._call(calendar.COMPLETE_SESSION, session_id, idempotency_key)

    def confirm_session(
        self,
        session_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> ConfirmSessionResult:
        """The therapist, or the service, confirms a scheduled session.

        Args:
            session_id: uuid.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound
            NotAllowed: the client.
            InvalidState: status.
            IdempotencyConflict
        """
        return self._call(calendar.CONFIRM_SESSION, session_id, idempotency_key)

    def find_practitioners(
        self,
        search: str | None = DEFAULT,
        limit: int = DEFAULT,
    ) -> list[FindPractitionersRow]:
        """Active practitioners, by name.

        Args:
            search: text that the name contains, in any case; default all.
            limit: 1 to 1000 rows. Default 50.

        Raises:
            NotAuthenticated
            InvalidInput
        """
        return self._call(calendar.FIND_PRACTITIONERS, search, limit)

    def get_available_slots(
        self,
        practitioner_id: UUID,
        from_: datetime,
        to: datetime,
        duration_minutes: int,
        step_minutes: int = DEFAULT,
    ) -> list[GetAvailableSlotsRow]:
        """The times at which a practitioner can be booked: what they work, less sessions, others' holds, time off and
        buffers, and less what is taken of the caller's own time; of a repeated hour only the first. Public.

        Args:
            practitioner_id: uuid of a practitioner.
            from_: instants; slots lie wholly within, at most settings.slot_search_days (62) apart.
            to: instants; slots lie wholly within, at most settings.slot_search_days (62) apart.
            duration_minutes: 15 to 180.
            step_minutes: 5 to 240, counted from from_. Default 15.

        Raises:
            InvalidInput
            NotFound
            NotAPractitioner
            Inactive: user_id.
        """
        return self._call(calendar.GET_AVAILABLE_SLOTS, practitioner_id, from_, to, duration_minutes, step_minutes)

    def hold_slot(
        self,
        practitioner_id: UUID,
        starts_at: datetime,
        duration_minutes: int,
        ttl: timedelta | None = DEFAULT,
        holder_id: UUID | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> HoldSlotResult:
        """Keeps a practitioner's time for somebody about to book it: others cannot book or hold it until it expires;
        the holder's booking converts it.

        Args:
            practitioner_id: uuid of a practitioner.
            starts_at: instant, as get_available_slots() tells it.
            duration_minutes: 15 to 180.
            ttl: interval above 0, default settings.hold_ttl (10 minutes), at most settings.hold_ttl_max (30 minutes).
            holder_id: uuid of for whom; the service must give it, others leave it out for themselves.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            SelfBooking
            NotAPractitioner
            Inactive: user_id.
            InThePast
            OutsideAvailability
            SlotTaken
            LimitReached: limit.
            IdempotencyConflict
        """
        return self._call(
            calendar.HOLD_SLOT, practitioner_id, starts_at, duration_minutes, ttl, holder_id, idempotency_key
        )

    def mark_session_no_show(
        self,
        session_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> MarkSessionNoShowResult:
        """The therapist, or the service, records that the client of a scheduled or confirmed session did not come,
        after its start. The credits are kept.

        Args:
            session_id: uuid.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound
            NotAllowed: the client.
            InvalidState: status.
            IdempotencyConflict
        """
        return self._call(calendar.MARK_SESSION_NO_SHOW, session_id, idempotency_key)

    def my_sessions(
        self,
        from_: datetime = DEFAULT,
        to: datetime | None = DEFAULT,
    ) -> list[MySessionsRow]:
        """The calling user's sessions that end after from_ and start before to, in every status, by their start.

        Args:
            from_: instant, default now. Default now().
            to: instant, default no end.

        Raises:
            NotAuthenticated
            NotAllowed: the service.
            InvalidInput
        """
        return self._call(calendar.MY_SESSIONS, from_, to)

    def release_slot_hold(
        self,
        hold_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> ReleaseSlotHoldResult:
        """The holder, or the service, gives held time back; others may book it at once.

        Args:
            hold_id: uuid of a live hold of one's own.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound
            InvalidState: status.
            IdempotencyConflict
        """
        return self._call(calendar.RELEASE_SLOT_HOLD, hold_id, idempotency_key)

    def remove_availability_exception(
        self,
        exception_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> RemoveAvailabilityExceptionResult:
        """A practitioner, or the service, takes back time off or time opened.

        Args:
            exception_id: uuid of an exception of one's own.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound
            IdempotencyConflict
        """
        return self._call(calendar.REMOVE_AVAILABILITY_EXCEPTION, exception_id, idempotency_key)

    def reschedule_session(
        self,
        session_id: UUID,
        session_date: date,
        start_time: time,
        idempotency_key: str | None = DEFAULT,
    ) -> RescheduleSessionResult:
        """Moves a session: either party before its start, the service at any time. The client of a session that is not
        a peer session moves it only more than settings.session_cancel_notice (24 hours) before its start. The new time
        is checked like a new booking, the session's own old time apart; reminders move, no credits do, both are
        notified.

        Args:
            session_id: uuid of a scheduled, confirmed or in_progress session of one's own.
            session_date: local date in the practitioner's time zone.
            start_time: local time; of one that exists twice the first.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound
            InvalidState: status.
            TooLate: deadline.
            NotAPractitioner: user_id.
            Inactive: user_id.
            NotAccepting: user_id.
            NonexistentLocalTime
            InThePast
            OutsideAvailability
            SlotTaken
            IdempotencyConflict
        """
        return self._call(calendar.RESCHEDULE_SESSION, session_id, session_date, start_time, idempotency_key)

    def set_weekly_availability(
        self,
        rules: dict[str, Any] | list[Any],
        practitioner_id: UUID | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> SetWeeklyAvailabilityResult:
        """A practitioner says when they work, week by week, in their time zone; what was said before is replaced.
        Sessions that are booked stay.

        Args:
            rules: array of at most 1000 objects {weekday (1 Monday to 7 Sunday), start_time (HH:MM), end_time (HH:MM,
                up to 24:00), valid_from (YYYY-MM-DD, may be left out), valid_until (its last day, may be left out)};
                empty: never.
            practitioner_id: uuid; the service must give it, others leave it out for themselves.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            NotAPractitioner: user_id.
            IdempotencyConflict
        """
        return self._call(calendar.SET_WEEKLY_AVAILABILITY, rules, practitioner_id, idempotency_key)

    def start_session(
        self,
        session_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> StartSessionResult:
        """The therapist, or the service, starts a scheduled or confirmed session.

        Args:
            session_id: uuid.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound
            NotAllowed: the client.
            InvalidState: status.
            IdempotencyConflict
        """
        return self._call(calendar.START_SESSION, session_id, idempotency_key)

    def update_session_notes(
        self,
        session_id: UUID,
        notes: str | None,
        idempotency_key: str | None = DEFAULT,
    ) -> UpdateSessionNotesResult:
        """Either party, or the service, writes the notes of a session, which both parties read.

        Args:
            session_id: uuid of a session of one's own.
            notes: text of at most 10000 characters; None or empty removes them.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound
            IdempotencyConflict
        """
        return self._call(calendar.UPDATE_SESSION_NOTES, session_id, notes, idempotency_key)
