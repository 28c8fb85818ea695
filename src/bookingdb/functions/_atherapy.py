"""The functions of module therapy as methods."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from datetime import date, time
from typing import Literal
from uuid import UUID

from bookingdb._acaller import AsyncCaller
from bookingdb._function import DEFAULT
from bookingdb.functions import therapy
from bookingdb.functions.therapy import CreateSessionWithCreditDeductionResult


class AsyncTherapyFunctions(AsyncCaller):
    """The functions of module therapy."""

    async def create_session_with_credit_deduction(
        self,
        user_id: UUID,
        therapist_id: UUID,
        session_date: date,
        session_time: time,
        duration_minutes: int = DEFAULT,
        session_type: Literal["video", "audio", "chat", "in_person"] = DEFAULT,
        notes: str | None = DEFAULT,
        title: str | None = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> CreateSessionWithCreditDeductionResult:
        """A client books a therapist for settings.therapy_session_cost (1) credits: the session, the payment, both
        notifications, the reminders and, for a video session, the order of its room, at once or not at all.

        Args:
            user_id: uuid of the client, oneself; the service says for whom.
            therapist_id: uuid of a practitioner who works then.
            session_date: local date in the therapist's time zone.
            session_time: local time; of one that exists twice the first.
            duration_minutes: 15 to 180. Default 60.
            session_type: one of video, audio, chat, in_person. Default 'video'.
            notes: text of at most 10000 characters.
            title: text of at most 10000 characters.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            SelfBooking
            NotAPractitioner
            Inactive: user_id.
            NonexistentLocalTime
            InThePast
            OutsideAvailability
            SlotTaken
            InsufficientCredits: required, available.
            IdempotencyConflict
        """
        return await self._call(
            therapy.CREATE_SESSION_WITH_CREDIT_DEDUCTION,
            user_id,
            therapist_id,
            session_date,
            session_time,
            duration_minutes,
            session_type,
            notes,
            title,
            idempotency_key,
        )
