"""Which provider the environment asks for."""

import subprocess
import sys
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from bookingdb.rooms import NullRooms, RoomError, provider_from_environment
from bookingdb.rooms.daily import DailyRooms

KEY = "5f3c0ffee"

WITHOUT_HTTPX = """
import sys
sys.modules["httpx"] = None
from bookingdb.rooms import NullRooms, RoomError, provider_from_environment
assert isinstance(provider_from_environment({}), NullRooms)
try:
    provider_from_environment({"BOOKINGDB_ROOMS": "daily", "DAILY_API_KEY": "5f3c0ffee"})
except RoomError as error:
    sys.exit(str(error))
"""


@pytest.mark.parametrize("environment", [{}, {"BOOKINGDB_ROOMS": ""}, {"BOOKINGDB_ROOMS": " Null "}])
async def test_the_default_makes_no_rooms(environment: dict[str, str]) -> None:
    provider = provider_from_environment({**environment, "DAILY_API_KEY": KEY})
    now = datetime.now(UTC)
    assert await provider.create_room(uuid4(), now, now, title="Talk") is None
    await provider.delete_room(uuid4())
    assert isinstance(provider, NullRooms)


@pytest.mark.parametrize("key", [KEY, f" {KEY}\n"])
def test_daily_takes_its_key_from_the_environment(key: str) -> None:
    assert isinstance(provider_from_environment({"BOOKINGDB_ROOMS": "Daily", "DAILY_API_KEY": key}), DailyRooms)


def test_the_process_s_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKINGDB_ROOMS", "daily")
    monkeypatch.setenv("DAILY_API_KEY", KEY)
    assert isinstance(provider_from_environment(), DailyRooms)


@pytest.mark.parametrize("environment", [{}, {"DAILY_API_KEY": " "}])
def test_daily_without_a_key_says_where_it_belongs(environment: dict[str, str]) -> None:
    with pytest.raises(RoomError, match="needs the API key in DAILY_API_KEY") as caught:
        provider_from_environment({"BOOKINGDB_ROOMS": "daily", **environment})
    assert not caught.value.retryable


def test_an_unknown_provider_is_refused_without_repeating_what_may_be_a_key() -> None:
    with pytest.raises(RoomError) as caught:
        provider_from_environment({"BOOKINGDB_ROOMS": KEY})
    assert str(caught.value) == "BOOKINGDB_ROOMS has to be 'null' (no rooms) or 'daily'"
    assert not caught.value.retryable


def test_only_daily_needs_httpx() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_HTTPX], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "BOOKINGDB_ROOMS=daily needs httpx: pip install 'bookingdb[rooms]'"
