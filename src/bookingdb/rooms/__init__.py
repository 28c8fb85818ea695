"""Rooms for video sessions: what makes them (a provider), and the step from a notification to a session's room."""

from bookingdb.rooms._environment import provider_from_environment
from bookingdb.rooms._notification import RoomKeeper, RoomNotification, create_room_for
from bookingdb.rooms._provider import NullRooms, RoomError, RoomProvider

__all__ = [
    "NullRooms",
    "RoomError",
    "RoomKeeper",
    "RoomNotification",
    "RoomProvider",
    "create_room_for",
    "provider_from_environment",
]
