"""Rooms of Daily, asked for over HTTP from a server that answers as its documentation says."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from rooms.conftest import Provider
from rooms.daily_server import (
    Answer,
    DailyServer,
    Handler,
    closes,
    greets_as_a_mail_server,
    hangs,
    hangs_up,
    running,
    says,
    says_raw,
    trickles,
)

from bookingdb.rooms import RoomError
from bookingdb.rooms.daily import DailyRooms

SESSION = UUID("01937f10-0000-7000-8000-000000000001")
NAME = f"session-{SESSION}"
URL = f"https://clinic.daily.co/{NAME}"
STARTS = datetime(2030, 6, 3, 10, 0, tzinfo=UTC)
ENDS = STARTS + timedelta(hours=1)
CREATE = ("POST", "/v1/rooms")
CONFIGURE = ("POST", f"/v1/rooms/{NAME}")


async def refusal(rooms: DailyRooms) -> RoomError:
    with pytest.raises(RoomError) as caught:
        await rooms.create_room(SESSION, STARTS, ENDS)
    return caught.value


# Making a room


async def test_a_room_is_private_and_open_around_the_session(daily: DailyServer, rooms: DailyRooms) -> None:
    assert await rooms.create_room(SESSION, STARTS, ENDS) == URL
    room = daily.rooms[NAME]
    assert room["privacy"] == "private"
    opens, closes_at = STARTS - timedelta(minutes=15), ENDS + timedelta(minutes=30)
    assert room["config"] == {"nbf": int(opens.timestamp()), "exp": int(closes_at.timestamp())}
    assert daily.asked() == [CREATE]


async def test_how_long_a_room_is_open_can_be_chosen(daily: DailyServer, provider: Provider) -> None:
    rooms = provider(opens_before=timedelta(0), closes_after=timedelta(hours=2))
    await rooms.create_room(SESSION, STARTS, ENDS)
    after = int((ENDS + timedelta(hours=2)).timestamp())
    assert daily.rooms[NAME]["config"] == {"nbf": int(STARTS.timestamp()), "exp": after}


async def test_times_of_any_zone_are_the_same_instants(daily: DailyServer, rooms: DailyRooms) -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    await rooms.create_room(SESSION, STARTS, ENDS)
    there = dict(daily.rooms[NAME]["config"])
    await rooms.create_room(SESSION, STARTS.astimezone(zone), ENDS.astimezone(zone))
    assert daily.rooms[NAME]["config"] == there


async def test_times_without_a_zone_are_refused_before_anything_is_asked(daily: DailyServer, rooms: DailyRooms) -> None:
    with pytest.raises(RoomError, match="time zone") as caught:
        await rooms.create_room(SESSION, STARTS.replace(tzinfo=None), ENDS)
    assert not caught.value.retryable
    assert daily.requests == []


async def test_daily_is_not_told_the_title(daily: DailyServer, rooms: DailyRooms) -> None:
    await rooms.create_room(SESSION, STARTS, ENDS, title="Grief counselling")
    assert "Grief" not in str(daily.requests[0])


# The same room again


async def test_the_second_call_returns_the_first_room(daily: DailyServer, rooms: DailyRooms) -> None:
    first = await rooms.create_room(SESSION, STARTS, ENDS)
    assert await rooms.create_room(SESSION, STARTS, ENDS) == first
    assert list(daily.rooms) == [NAME]
    assert daily.asked() == [CREATE, CREATE, CONFIGURE]


async def test_a_session_that_moved_keeps_its_room_which_opens_at_the_new_time(
    daily: DailyServer, rooms: DailyRooms
) -> None:
    await rooms.create_room(SESSION, STARTS, ENDS)
    day = timedelta(days=1)
    assert await rooms.create_room(SESSION, STARTS + day, ENDS + day) == URL
    assert daily.rooms[NAME]["config"]["nbf"] == int((STARTS + day - timedelta(minutes=15)).timestamp())


async def test_a_room_that_was_public_is_made_private(daily: DailyServer, rooms: DailyRooms) -> None:
    daily.create({"name": NAME})
    assert daily.rooms[NAME]["privacy"] == "public"
    await rooms.create_room(SESSION, STARTS, ENDS)
    assert daily.rooms[NAME]["privacy"] == "private"


async def test_a_taken_name_is_known_without_reading_the_message(daily: DailyServer, rooms: DailyRooms) -> None:
    await rooms.create_room(SESSION, STARTS, ENDS)
    daily.answer_next(says(400, {"error": "invalid-request-error", "info": "Name taken."}))
    assert await rooms.create_room(SESSION, STARTS, ENDS) == URL


async def test_two_calls_at_once_get_one_room(daily: DailyServer, rooms: DailyRooms) -> None:
    calls = (rooms.create_room(SESSION, STARTS, ENDS) for _ in range(8))
    assert set(await asyncio.gather(*calls)) == {URL}
    assert list(daily.rooms) == [NAME]


@pytest.mark.parametrize("answer", [hangs, hangs_up])
async def test_a_call_whose_answer_was_lost_is_made_again(
    daily: DailyServer, provider: Provider, answer: Answer
) -> None:
    daily.answer_next(answer)
    assert (await refusal(provider(timeout=0.5))).retryable
    assert list(daily.rooms) == [NAME]
    assert await provider().create_room(SESSION, STARTS, ENDS) == URL
    assert list(daily.rooms) == [NAME]


# Taking it away


async def test_a_deleted_room_is_gone_and_deleting_it_again_is_fine(daily: DailyServer, rooms: DailyRooms) -> None:
    await rooms.create_room(SESSION, STARTS, ENDS)
    await rooms.delete_room(SESSION)
    assert daily.rooms == {}
    await rooms.delete_room(SESSION)
    daily.expired.add(NAME)
    await rooms.delete_room(SESSION)


@pytest.mark.parametrize(("status", "retryable"), [(401, False), (403, False), (429, True), (500, True)])
async def test_a_room_that_cannot_be_deleted_is_an_error(
    daily: DailyServer, rooms: DailyRooms, status: int, retryable: bool
) -> None:
    daily.answer_next(says(status, {"error": "some-error"}))
    with pytest.raises(RoomError, match=f"{status} some-error") as caught:
        await rooms.delete_room(SESSION)
    assert (caught.value.status, caught.value.retryable) == (status, retryable)


# Refusals


async def test_a_bad_request_is_told_in_dailys_words(daily: DailyServer, rooms: DailyRooms) -> None:
    daily.answer_next(says(400, {"error": "invalid-request-error", "info": "exp is not a number"}))
    error = await refusal(rooms)
    assert str(error) == "Daily answered 400 invalid-request-error: exp is not a number"
    assert (error.status, error.retryable) == (400, False)
    assert daily.asked() == [CREATE, CONFIGURE]


async def test_a_wrong_key_is_not_retryable(provider: Provider) -> None:
    error = await refusal(provider("another-key"))
    assert (error.status, error.retryable) == (401, False)
    assert "authentication-error" in str(error)


@pytest.mark.parametrize("status", [403, 404, 409])
async def test_a_refusal_is_not_retryable(daily: DailyServer, rooms: DailyRooms, status: int) -> None:
    daily.answer_next(says(status, {"error": "some-error"}))
    error = await refusal(rooms)
    assert (error.status, error.retryable) == (status, False)
    assert daily.asked() == [CREATE]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
async def test_what_passes_is_retryable_and_left_to_the_caller(
    daily: DailyServer, rooms: DailyRooms, status: int
) -> None:
    daily.answer_next(says(status, {"error": "some-error"}))
    error = await refusal(rooms)
    assert (error.status, error.retryable, error.retry_after) == (status, True, None)
    assert daily.asked() == [CREATE]


async def test_a_room_that_is_there_but_cannot_be_asked_for_now_is_retryable(
    daily: DailyServer, rooms: DailyRooms
) -> None:
    await rooms.create_room(SESSION, STARTS, ENDS)
    daily.answer_next(Handler.as_documented, says(429, {"error": "rate-limit-error"}))
    error = await refusal(rooms)
    assert (error.status, error.retryable) == (429, True)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("-5", 0),
        ("999999999999", 86_400),
        ("soon", None),
        ("1.5", None),
        ("9" * 5_000, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
    ],
)
async def test_when_to_ask_again(daily: DailyServer, rooms: DailyRooms, header: str, seconds: int | None) -> None:
    daily.answer_next(says(429, {"error": "rate-limit-error"}, Retry_After=header))
    error = await refusal(rooms)
    assert (error.retryable, error.retry_after) == (True, seconds)


@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b"[]", b"\xff", b'{"error": {}, "info": null}'])
async def test_an_error_without_words_is_an_error(daily: DailyServer, rooms: DailyRooms, body: bytes) -> None:
    daily.answer_next(says_raw(502, body))
    error = await refusal(rooms)
    assert (error.status, error.retryable) == (502, True)


async def test_a_long_message_is_cut(daily: DailyServer, rooms: DailyRooms) -> None:
    daily.answer_next(says(500, {"error": "server-error", "info": "x" * 100_000}))
    assert len(str(await refusal(rooms))) < 400


# Answers that are none


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[1]",
        b"\xff\xfe",
        b"[" * 100_000,
        b"<html>Welcome to the hotel</html>",
        b'{"name": "hello"}',
        b'{"url": null}',
        b'{"url": 7}',
        b'{"url": ""}',
        b'{"url": "javascript:alert(1)"}',
        b'{"url": "http://clinic.daily.co/hello"}',
    ],
)
async def test_an_answer_without_a_url_is_no_room(daily: DailyServer, rooms: DailyRooms, body: bytes) -> None:
    daily.answer_next(says_raw(200, body))
    error = await refusal(rooms)
    assert str(error) == "Daily answered 200 without a room's URL"
    assert error.retryable
    assert await rooms.create_room(SESSION, STARTS, ENDS) == URL


@pytest.mark.parametrize("answer", [hangs, trickles])
async def test_a_slow_answer_ends_with_the_time_out(daily: DailyServer, provider: Provider, answer: Answer) -> None:
    daily.answer_next(answer)
    error = await refusal(provider(timeout=0.3))
    assert (error.status, error.retryable) == (None, True)
    assert "Time" in str(error)
    assert daily.asked() == [CREATE]


@pytest.mark.parametrize("answer", [closes, hangs_up])
async def test_a_connection_closed_early_is_retryable(daily: DailyServer, rooms: DailyRooms, answer: Answer) -> None:
    daily.answer_next(answer)
    error = await refusal(rooms)
    assert (error.status, error.retryable) == (None, True)
    assert daily.asked() == [CREATE]


async def test_an_answer_that_is_no_http_is_retryable(daily: DailyServer, rooms: DailyRooms) -> None:
    daily.answer_next(greets_as_a_mail_server)
    assert (await refusal(rooms)).retryable


async def test_a_refused_connection_is_retryable(provider: Provider) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, not listening: nobody else gets the port
        error = await refusal(provider(base_url=f"http://127.0.0.1:{nobody.getsockname()[1]}/v1"))
    assert (error.status, error.retryable) == (None, True)
    assert "ConnectError" in str(error)


async def test_a_caller_who_gives_up_is_not_told_of_a_time_out(daily: DailyServer, rooms: DailyRooms) -> None:
    daily.answer_next(hangs)
    call = asyncio.create_task(rooms.create_room(SESSION, STARTS, ENDS))
    while not daily.requests:
        await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


# Where requests go


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(daily: DailyServer, rooms: DailyRooms, status: int) -> None:
    with running() as elsewhere:
        daily.answer_next(says(status, {}, Location=f"{elsewhere.url}/rooms"))
        error = await refusal(rooms)
        assert (error.status, error.retryable) == (status, False)
        assert elsewhere.requests == []


@pytest.mark.parametrize("url", ["http://api.daily.co/v1", "http://127.0.0.1.evil.example", "ftp://127.0.0.1", "daily"])
def test_an_api_that_others_can_listen_to_is_refused(provider: Provider, url: str) -> None:
    with pytest.raises(RoomError, match="https") as caught:
        provider(base_url=url)
    assert not caught.value.retryable
