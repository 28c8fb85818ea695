"""The key is in one header of a request and nowhere else."""

import json
import logging
import socket
import traceback
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from rooms.conftest import Provider
from rooms.daily_server import KEY, Answer, DailyServer, closes, hangs, says

from bookingdb.rooms import RoomError
from bookingdb.rooms.daily import DailyRooms

STARTS = datetime(2030, 6, 3, 10, 0, tzinfo=UTC)
ENDS = STARTS + timedelta(hours=1)
ECHO = says(401, {"error": "authentication-error", "info": f"'Bearer {KEY}' is no key" + KEY * 50})


def everything_about(error: BaseException) -> str:
    """Return all that a log or an error tracker would show, local variables included, and what hangs on it."""
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    chained = [error.__cause__, error.__context__]
    return f"{shown} {error!r} {error.args} {vars(error)} {[vars(other) for other in chained if other]}"


async def failure(rooms: DailyRooms) -> RoomError:
    with pytest.raises(RoomError) as caught:
        await rooms.create_room(uuid4(), STARTS, ENDS)
    return caught.value


async def test_the_key_is_in_the_authorization_header_only(daily: DailyServer, rooms: DailyRooms) -> None:
    session = uuid4()
    await rooms.create_room(session, STARTS, ENDS)
    await rooms.create_room(session, STARTS, ENDS)
    await rooms.delete_room(session)
    assert len(daily.requests) == 4
    for request in daily.requests:
        assert request.headers.pop("Authorization") == f"Bearer {KEY}"
        assert KEY not in json.dumps([request.path, request.headers, request.body])


@pytest.mark.parametrize("answer", [ECHO, hangs, closes, says(500, {}), says(200, {})])
async def test_no_error_and_no_log_shows_it(
    daily: DailyServer, provider: Provider, caplog: pytest.LogCaptureFixture, answer: Answer
) -> None:
    caplog.set_level(logging.DEBUG)
    daily.answer_next(answer)
    error = await failure(provider(timeout=0.3))
    assert KEY not in everything_about(error)
    assert error.__context__ is None
    assert KEY not in caplog.text
    assert "httpcore" in {record.name.split(".")[0] for record in caplog.records}


async def test_an_echo_of_it_is_replaced(daily: DailyServer, rooms: DailyRooms) -> None:
    daily.answer_next(ECHO)
    assert "'Bearer ***' is no key" in str(await failure(rooms))


async def test_a_refused_connection_does_not_show_it(provider: Provider) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        error = await failure(provider(base_url=f"http://127.0.0.1:{nobody.getsockname()[1]}/v1"))
    assert KEY not in everything_about(error)
    assert error.__context__ is None


def test_a_provider_does_not_show_it(rooms: DailyRooms) -> None:
    assert KEY not in f"{rooms} {rooms!r} {rooms!s}"


@pytest.mark.parametrize("key", ["", " ", "a\nb", "a b", "clé", "tab\t", "\x00", "key\r\nX-Other: 1"])
def test_a_key_that_is_none_is_refused_without_repeating_it(provider: Provider, key: str) -> None:
    with pytest.raises(RoomError, match="API key") as caught:
        provider(key)
    assert not caught.value.retryable
    assert str(caught.value) == "the Daily API key is empty or has a character that no key has"
