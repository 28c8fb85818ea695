"""The functions of module core as methods."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from datetime import datetime
from uuid import UUID

from bookingdb._caller import Caller
from bookingdb._function import DEFAULT
from bookingdb.functions import core
from bookingdb.functions.core import (
    BookingStatsRow,
    EnsureProfileResult,
    ErasePersonResult,
    RunMaintenanceResult,
    VerifyInvariantsRow,
)


class CoreFunctions(Caller):
    """The functions of module core."""

    def booking_stats(
        self,
        from_: datetime,
        to: datetime,
    ) -> list[BookingStatsRow]:
        """What was booked, cancelled, refunded and moved in [from_, to), per module, and how often calls were refused.
        For the service.

        Args:
            from_: instants within [2000-01-01, 2100-01-01).
            to: instants within [2000-01-01, 2100-01-01).

        Raises:
            NotAuthenticated
            NotAllowed
            InvalidInput
        """
        return self._call(core.BOOKING_STATS, from_, to)

    def ensure_profile(
        self,
        full_name: str | None = DEFAULT,
        timezone: str | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> EnsureProfileResult:
        """Makes the calling end user's profile row, or updates what is given; the e-mail comes from the token's email
        claim.

        Args:
            full_name: text of at most 10000 characters.
            timezone: IANA name, default UTC.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            NotAuthenticated
            NotAllowed: called by the service.
            InvalidInput
            Inactive
            IdempotencyConflict
        """
        return self._call(core.ENSURE_PROFILE, full_name, timezone, idempotency_key)

    def erase_person(
        self,
        user_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> ErasePersonResult:
        """Removes what identifies a person (names, e-mail addresses, phone numbers, payloads) everywhere and
        deactivates them; ids, amounts and times stay. Erasing again changes nothing. For the service.

        Args:
            user_id: uuid of the person; employees and guests are also found by the person's e-mail addresses.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            IdempotencyConflict
        """
        return self._call(core.ERASE_PERSON, user_id, idempotency_key)

    def run_maintenance(
        self,
        limit: int = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> RunMaintenanceResult:
        """Housekeeping: forgets expired idempotency keys, old notifications (or archives them) and old payloads as the
        retentions in settings say, marks expired holds, cancels peer sessions never paid for, completes past sessions
        where settings.complete_sessions_after says so, cancels card bookings of classes not paid in time, gives free
        places of classes to those who wait. Run it as often as you like; call it again while it is as busy as limit
        lets it. For the service.

        Args:
            limit: 1 to 1000, how many rows of each task at most. Default 1000.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            IdempotencyConflict
        """
        return self._call(core.RUN_MAINTENANCE, limit, idempotency_key)

    def verify_invariants(
        self,
    ) -> list[VerifyInvariantsRow]:
        """Lists every invariant that is broken now; no rows on a healthy database. For the service.

        Raises:
            NotAuthenticated
            NotAllowed
        """
        return self._call(core.VERIFY_INVARIANTS)
