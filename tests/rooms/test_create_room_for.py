"""From a notification to a session with a room, with the loop of the guide."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from rooms.daily_server import DailyServer, says

from bookingdb import InvalidState
from bookingdb.rooms import NullRooms, RoomError, RoomProvider, create_room_for
from bookingdb.rooms.daily import DailyRooms

GUIDE = Path(__file__).parents[2] / "docs/rooms.md"
TIMES = {"starts_at": "2030-06-03T10:00:00+00:00", "ends_at": "2030-06-03T11:00:00.5+00:00"}


@dataclass
class Notification:
    session_id: UUID | None = field(default_factory=uuid4)
    payload: dict[str, Any] = field(default_factory=lambda: dict(TIMES))


class Sessions:
    """Keeps rooms, except of sessions that were cancelled."""

    def __init__(self, *cancelled: UUID | None) -> None:
        self.cancelled = cancelled
        self.rooms: dict[UUID, str] = {}

    async def attach_session_room(self, session_id: UUID, room_url: str) -> None:
        if session_id in self.cancelled:
            raise InvalidState("this session is cancelled")
        self.rooms[session_id] = room_url


def example(number: int) -> dict[str, Any]:
    """Run an example of the guide and return what it defines."""
    code = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[number]
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102
    return names


@pytest.fixture
def make_rooms() -> Callable[..., Any]:
    loop: Callable[..., Any] = example(0)["make_rooms"]
    return loop


async def test_the_room_is_attached_to_the_session(daily: DailyServer, rooms: DailyRooms) -> None:
    notification, sessions = Notification(), Sessions()
    url = await create_room_for(notification, rooms, sessions)
    assert url == f"https://clinic.daily.co/session-{notification.session_id}"
    assert sessions.rooms == {notification.session_id: url}
    (room,) = daily.rooms.values()
    assert room["config"]["nbf"] == datetime.fromisoformat("2030-06-03T09:45:00+00:00").timestamp()


async def test_a_notification_that_comes_twice_gives_one_room(daily: DailyServer, rooms: DailyRooms) -> None:
    notification, sessions = Notification(), Sessions()
    first = await create_room_for(notification, rooms, sessions)
    assert await create_room_for(notification, rooms, sessions) == first
    assert len(daily.rooms) == 1


async def test_a_provider_without_rooms_attaches_nothing() -> None:
    sessions = Sessions()
    assert await create_room_for(Notification(), NullRooms(), sessions) is None
    assert sessions.rooms == {}


@pytest.mark.parametrize("key", ["starts_at", "ends_at"])
@pytest.mark.parametrize("value", [None, "", "tomorrow", 7, "2030-06-03T10:00:00", "2030-06-03"])
async def test_a_payload_without_times_is_not_retryable(
    daily: DailyServer, rooms: DailyRooms, key: str, value: object
) -> None:
    with pytest.raises(RoomError, match=key) as caught:
        await create_room_for(Notification(payload={**TIMES, key: value}), rooms, Sessions())
    assert not caught.value.retryable
    assert daily.requests == []


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_the_ends_of_time_are_instants(daily: DailyServer, rooms: DailyRooms, instant: str) -> None:
    await create_room_for(Notification(payload={"starts_at": instant, "ends_at": instant}), rooms, Sessions())
    assert len(daily.rooms) == 1


async def test_an_empty_payload_is_not_retryable(rooms: DailyRooms) -> None:
    with pytest.raises(RoomError, match="starts_at") as caught:
        await create_room_for(Notification(payload={}), rooms, Sessions())
    assert not caught.value.retryable


async def test_a_notification_without_a_session_is_not_retryable(rooms: DailyRooms) -> None:
    with pytest.raises(RoomError, match="no session") as caught:
        await create_room_for(Notification(session_id=None), rooms, Sessions())
    assert not caught.value.retryable


async def test_what_the_database_refuses_is_passed_on(rooms: DailyRooms) -> None:
    notification = Notification()
    with pytest.raises(InvalidState):
        await create_room_for(notification, rooms, Sessions(notification.session_id))


async def test_the_guide_s_loop_goes_on_after_a_failure(
    daily: DailyServer, rooms: DailyRooms, make_rooms: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    limited, broken, fine = (Notification() for _ in range(3))
    daily.answer_next(
        says(429, {"error": "rate-limit-error"}, Retry_After="7"), says(403, {"error": "forbidden-error"})
    )
    sessions = Sessions()
    await make_rooms([limited, broken, fine], rooms, sessions)
    assert list(sessions.rooms) == [fine.session_id]
    first, second = caplog.messages
    assert f"{limited.session_id}, again after 7 s: Daily answered 429" in first
    assert f"{broken.session_id}, somebody has to look: Daily answered 403" in second


async def test_the_guide_s_provider_is_one() -> None:
    provider: RoomProvider = example(1)["StaticRooms"]()
    now = datetime.fromisoformat(TIMES["starts_at"])
    session = uuid4()
    assert await provider.create_room(session, now, now + timedelta(hours=1)) == f"https://meet.example/{session}"
    sessions = Sessions()
    await create_room_for(Notification(), provider, sessions)
    assert len(sessions.rooms) == 1
