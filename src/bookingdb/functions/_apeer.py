"""The functions of module peer as methods."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from datetime import date, time, timedelta
from uuid import UUID

from bookingdb._acaller import AsyncCaller
from bookingdb._function import DEFAULT
from bookingdb.functions import peer
from bookingdb.functions.peer import (
    CleanupOrphanedSessionsRow,
    CreatePeerBookingResult,
    PeerPractitionersRow,
    ProcessPeerBookingCreditsResult,
    ProcessPeerBookingRefundResult,
)


class AsyncPeerFunctions(AsyncCaller):
    """The functions of module peer."""

    async def cleanup_orphaned_sessions(
        self,
        older_than: timedelta = DEFAULT,
    ) -> list[CleanupOrphanedSessionsRow]:
        """Cancels peer sessions that were made without payment and never paid for; both people are notified. One row
        for each session that was cancelled. For the service.

        Args:
            older_than: interval of at most 366 days since the session was made. Default '00:15:00'.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
        """
        return await self._call(peer.CLEANUP_ORPHANED_SESSIONS, older_than)

    async def create_peer_booking(
        self,
        client_id: UUID,
        practitioner_id: UUID,
        session_date: date,
        start_time: time,
        duration_minutes: int,
        session_type: str,
        notes: str | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> CreatePeerBookingResult:
        """A practitioner books another one for credits: the session, both entries of the ledger, the notifications of
        both and the reminders at once or not at all.

        Args:
            client_id: uuid of the practitioner who is treated, oneself; the service says for whom.
            practitioner_id: uuid of a practitioner who accepts peer bookings and works then.
            session_date: local date in their time zone.
            start_time: local time; of one that exists twice the first.
            duration_minutes: 15 to 180.
            session_type: text, the name of the treatment; video orders a room.
            notes: text of at most 10000 characters.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            SelfBooking
            NotAPractitioner: user_id.
            Inactive: user_id.
            NotAccepting: user_id.
            NonexistentLocalTime
            InThePast
            OutsideAvailability
            SlotTaken
            InsufficientCredits: required, available.
            IdempotencyConflict
        """
        return await self._call(
            peer.CREATE_PEER_BOOKING,
            client_id,
            practitioner_id,
            session_date,
            start_time,
            duration_minutes,
            session_type,
            notes,
            idempotency_key,
        )

    async def get_practitioner_credit_cost(
        self,
        practitioner_id: UUID,
        duration_minutes: int,
    ) -> int:
        """What a peer session with a practitioner costs: their rate for its length, else their credits per hour times
        the length, rounded up, at least 1.

        Args:
            practitioner_id: uuid of a practitioner.
            duration_minutes: 15 to 180.

        Returns:
            credits.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound
            NotAPractitioner
            Inactive: user_id.
        """
        return await self._call(peer.GET_PRACTITIONER_CREDIT_COST, practitioner_id, duration_minutes)

    async def peer_practitioners(
        self,
        search: str | None = DEFAULT,
        duration_minutes: int = DEFAULT,
    ) -> list[PeerPractitionersRow]:
        """Active practitioners who accept peer bookings, by name, oneself apart, with what a session with them costs;
        at most 1000.

        Args:
            search: text that the name contains, in any case; default all.
            duration_minutes: 15 to 180. Default 60.

        Raises:
            NotAuthenticated
            InvalidInput
        """
        return await self._call(peer.PEER_PRACTITIONERS, search, duration_minutes)

    async def process_peer_booking_credits(
        self,
        client_id: UUID,
        practitioner_id: UUID,
        session_id: UUID,
        duration_minutes: int,
        idempotency_key: str | None = DEFAULT,
    ) -> ProcessPeerBookingCreditsResult:
        """Pays a peer session that was made without payment, at today's cost; both are notified. A second call changes
        nothing and returns the first charge.

        Args:
            client_id: uuid of the session's client, oneself; the service says for whom.
            practitioner_id: uuid of its practitioner.
            session_id: uuid of a peer session of these two.
            duration_minutes: its length.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            InvalidState: status.
            InsufficientCredits: required, available.
            IdempotencyConflict
        """
        return await self._call(
            peer.PROCESS_PEER_BOOKING_CREDITS, client_id, practitioner_id, session_id, duration_minutes, idempotency_key
        )

    async def process_peer_booking_refund(
        self,
        session_id: UUID,
        cancellation_reason: str | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> ProcessPeerBookingRefundResult:
        """Cancels a paid peer session: either party before its start, the service at any time. Exactly what was charged
        goes back to the client, always in full; a practitioner who has spent it is in debt until they earn it back.
        Both are notified.

        Args:
            session_id: uuid of a scheduled, confirmed or in_progress peer session of one's own.
            cancellation_reason: text of at most 10000 characters.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotFound
            InvalidState: status.
            TooLate: deadline.
            IdempotencyConflict
        """
        return await self._call(peer.PROCESS_PEER_BOOKING_REFUND, session_id, cancellation_reason, idempotency_key)
