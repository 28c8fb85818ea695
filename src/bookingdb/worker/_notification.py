"""What a handler is given, and how it says that it failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody who is to be told."""

    user_id: UUID | None
    """None where somebody has no account and is known by address alone."""
    name: str | None
    address: str | None
    timezone: str
    """IANA name."""


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification as it was claimed, with the people it concerns looked up a moment ago."""

    id: UUID
    """The same in every attempt: receivers tell repetitions by it."""
    type: str
    user_id: UUID | None
    therapist_id: UUID | None
    session_id: UUID | None
    address: str | None
    payload: Mapping[str, Any]
    due_at: datetime
    attempts: int
    """This one included."""
    receivers: tuple[Receiver, ...]
    """Usually one; a reminder has two. Erased people are not among them."""
    client_name: str | None
    therapist_name: str | None


class DeliveryError(Exception):
    """A notification was not delivered. The message is logged: it names no address and quotes no payload.

    ``detail`` may do so: it is kept with the notification alone, in ``last_error``. ``permanent`` says that another
    attempt would fail just the same: the notification is dead at once.
    """

    def __init__(self, message: str, detail: str | None = None, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.detail = detail
        self.permanent = permanent


class Handler(Protocol):
    """Delivers notifications, several at a time; may meet the same one again."""

    async def deliver(self, notification: Notification) -> None:
        """Return once it is delivered; whatever is raised means that it was not, and it is tried again later,
        but for a ``DeliveryError`` that is permanent.

        Cancelled when it takes too long.
        """
        ...
