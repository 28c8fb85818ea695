"""Which provider makes the rooms here."""

import os
from collections.abc import Mapping

from bookingdb.rooms._provider import NullRooms, RoomError, RoomProvider

PROVIDER_VARIABLE = "BOOKINGDB_ROOMS"
DAILY_KEY_VARIABLE = "DAILY_API_KEY"


def provider_from_environment(environment: Mapping[str, str] = os.environ) -> RoomProvider:
    """Return the provider that ``BOOKINGDB_ROOMS`` names: ``null`` (the default) or ``daily``."""
    match environment.get(PROVIDER_VARIABLE, "").strip().lower():
        case "" | "null":
            return NullRooms()
        case "daily":
            return _daily(environment.get(DAILY_KEY_VARIABLE, "").strip())
    # The value is not repeated: it may be a key in the wrong place.
    raise RoomError(f"{PROVIDER_VARIABLE} has to be 'null' (no rooms) or 'daily'", retryable=False)


def _daily(api_key: str) -> RoomProvider:
    if not api_key:
        raise RoomError(f"{PROVIDER_VARIABLE}=daily needs the API key in {DAILY_KEY_VARIABLE}", retryable=False)
    try:
        from bookingdb.rooms.daily import DailyRooms
    except ModuleNotFoundError as missing:
        if missing.name != "httpx":
            raise
        hint = f"{PROVIDER_VARIABLE}=daily needs httpx: pip install 'bookingdb[rooms]'"
        raise RoomError(hint, retryable=False) from missing
    return DailyRooms(api_key)
