"""What a provider of video rooms does."""

from datetime import datetime
from typing import Protocol
from uuid import UUID


class RoomError(Exception):
    """There is no room, or nobody knows whether there is one."""

    def __init__(
        self, message: str, *, retryable: bool, status: int | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        """The same call may succeed later. If not, somebody has to change something first."""
        self.status = status
        """The HTTP status the provider answered with, where it answered."""
        self.retry_after = retry_after
        """After how many seconds the provider wants to be asked again, where it said so."""


class RoomProvider(Protocol):
    """Makes rooms and takes them away. Both may be called again and then change nothing; only ``RoomError`` is raised.

    A provider makes each call once: whoever calls decides when to try again.
    """

    async def create_room(
        self, session_id: UUID, starts_at: datetime, ends_at: datetime, title: str | None = None
    ) -> str | None:
        """Return the URL of the session's room, which is made unless it is there; None from who makes no rooms.

        A room that is there is opened at these times from now on.
        """
        ...

    async def delete_room(self, session_id: UUID) -> None:
        """Take the session's room away; that there is none is fine."""
        ...


class NullRooms:
    """Makes no rooms."""

    async def create_room(
        self, session_id: UUID, starts_at: datetime, ends_at: datetime, title: str | None = None
    ) -> None:
        """Return None."""

    async def delete_room(self, session_id: UUID) -> None:
        """Do nothing."""
