"""From a notification ``create_video_room`` to a session with a room."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from bookingdb.rooms._provider import RoomError, RoomProvider


class RoomNotification(Protocol):
    """A notification ``create_video_room``: its payload has ``starts_at`` and ``ends_at``, maybe ``title``."""

    @property
    def session_id(self) -> UUID | None:
        """Return the session that wants a room."""

    @property
    def payload(self) -> Mapping[str, Any]:
        """Return the session's times as ISO 8601 with their offset."""


class RoomKeeper(Protocol):
    """Where rooms are kept: an ``AsyncDatabase``."""

    async def attach_session_room(self, session_id: UUID, room_url: str) -> object:
        """Store the URL with the session."""


async def create_room_for(notification: RoomNotification, provider: RoomProvider, db: RoomKeeper) -> str | None:
    """Make the room that a notification asks for, store its URL with the session and return it.

    Returns None where the provider makes no rooms. May be called again for the same notification.
    Raises ``RoomError`` where there is no room, and what ``attach_session_room()`` refuses.
    """
    if notification.session_id is None:
        raise RoomError("the notification names no session", retryable=False)
    payload = notification.payload
    starts_at, ends_at = _instant(payload, "starts_at"), _instant(payload, "ends_at")
    url = await provider.create_room(notification.session_id, starts_at, ends_at, payload.get("title"))
    if url is not None:
        await db.attach_session_room(notification.session_id, url)
    return url


def _instant(payload: Mapping[str, Any], key: str) -> datetime:
    try:
        instant = datetime.fromisoformat(payload[key])
    except (KeyError, TypeError, ValueError):
        instant = None
    if instant is None or instant.tzinfo is None:
        raise RoomError(f"the notification's payload has no {key} with an offset", retryable=False)
    return instant
