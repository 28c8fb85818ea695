"""The functions of module notifications as methods."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from datetime import timedelta
from typing import Any
from uuid import UUID

from bookingdb._acaller import AsyncCaller
from bookingdb._function import DEFAULT
from bookingdb.functions import notifications
from bookingdb.functions.notifications import (
    ClaimNotificationsRow,
    CompleteNotificationResult,
    EnqueueNotificationResult,
    FailNotificationResult,
    RequeueNotificationResult,
)


class AsyncNotificationsFunctions(AsyncCaller):
    """The functions of module notifications."""

    async def claim_notifications(
        self,
        worker: str,
        limit: int = DEFAULT,
        lease: timedelta = DEFAULT,
    ) -> list[ClaimNotificationsRow]:
        """Hands out notifications that are due to a worker, who completes or fails each within the lease; after it
        another worker may take them over. Deliver at least once: the receiver tells repetitions by notification_id. For
        the service.

        Args:
            worker: text of 1 to 255 characters, another one for each worker.
            limit: 1 to 1000 rows. Default 20.
            lease: interval between 1 second and 1 day. Default '00:01:00'.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
        """
        return await self._call(notifications.CLAIM_NOTIFICATIONS, worker, limit, lease)

    async def complete_notification(
        self,
        notification_id: UUID,
        worker: str,
    ) -> CompleteNotificationResult:
        """A worker says that it has delivered a notification it holds. For the service.

        Args:
            notification_id: uuid.
            worker: the text by which it was claimed.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            InvalidState: status; somebody else holds the lease, or it was withdrawn.
        """
        return await self._call(notifications.COMPLETE_NOTIFICATION, notification_id, worker)

    async def enqueue_notification(
        self,
        type: str,
        user_id: UUID,
        therapist_id: UUID | None = DEFAULT,
        session_id: UUID | None = DEFAULT,
        payload: dict[str, Any] | list[Any] = DEFAULT,
        delay_minutes: int = DEFAULT,
        idempotency_key: str | None = DEFAULT,
    ) -> EnqueueNotificationResult:
        """Queues a notification, due in delay_minutes. A reminder (booking_reminder_24h, booking_reminder_1h) whose
        hour has passed, or of a session that stands no more, is not queued at all. For the service.

        Args:
            type: text of at most 100 characters.
            user_id: uuid of the receiver, a person with a profile.
            therapist_id: uuid of the other party.
            session_id: uuid of the session it tells of.
            payload: JSON object. Default '{}'.
            delay_minutes: 0 to 5270400, counted from now. Default 0.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            IdempotencyConflict
        """
        return await self._call(
            notifications.ENQUEUE_NOTIFICATION,
            type,
            user_id,
            therapist_id,
            session_id,
            payload,
            delay_minutes,
            idempotency_key,
        )

    async def fail_notification(
        self,
        notification_id: UUID,
        worker: str,
        error: str,
        permanent: bool = DEFAULT,
    ) -> FailNotificationResult:
        """A worker says that it could not deliver a notification it holds: it is due again after a back-off that
        doubles with each attempt, and dead after settings.notification_max_attempts (10), or at once when permanent
        says that another attempt would fail just the same. For the service.

        Args:
            notification_id: uuid.
            worker: the text by which it was claimed.
            error: text of at most 10000 characters, kept as last_error.
            permanent: whether no other attempt is to be made. Default false.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            InvalidState: status; somebody else holds the lease, or it was withdrawn.
        """
        return await self._call(notifications.FAIL_NOTIFICATION, notification_id, worker, error, permanent)

    async def requeue_notification(
        self,
        notification_id: UUID,
        idempotency_key: str | None = DEFAULT,
    ) -> RequeueNotificationResult:
        """Has a dead notification tried again, now and from its first attempt. For the service.

        Args:
            notification_id: uuid of a dead notification.
            idempotency_key: text of 1 to 255 characters.

        Raises:
            InvalidInput
            NotAuthenticated
            NotAllowed
            NotFound
            InvalidState: status.
            IdempotencyConflict
        """
        return await self._call(notifications.REQUEUE_NOTIFICATION, notification_id, idempotency_key)
