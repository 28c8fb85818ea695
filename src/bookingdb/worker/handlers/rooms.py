"""Makes the rooms of video sessions."""

from collections.abc import Mapping

from bookingdb.errors import InvalidState
from bookingdb.rooms import RoomError, RoomKeeper, RoomProvider, create_room_for, provider_from_environment
from bookingdb.worker._notification import DeliveryError, Notification


class RoomsHandler:
    """Has a provider make the room and stores its URL with the session."""

    def __init__(self, provider: RoomProvider, db: RoomKeeper) -> None:
        self._provider = provider
        self._db = db

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], db: RoomKeeper) -> "RoomsHandler":
        """Use the provider that ``BOOKINGDB_ROOMS`` names. Raises ValueError."""
        try:
            return cls(provider_from_environment(environment), db)
        except RoomError as error:
            raise ValueError(str(error)) from error

    async def deliver(self, notification: Notification) -> None:
        """Make the room; of a session that was cancelled meanwhile nobody needs one, and it expires."""
        if notification.type != "create_video_room":
            raise DeliveryError("rooms takes create_video_room alone")
        try:
            await create_room_for(notification, self._provider, self._db)
        except RoomError as error:
            raise DeliveryError("no room was made", str(error)) from error
        except InvalidState:
            return
