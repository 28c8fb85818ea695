"""Which handler takes what; Python of one's own; rooms, with a Daily on this machine."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest
from rooms.daily_server import KEY, DailyServer, running

import bookingdb
from bookingdb.rooms import NullRooms
from bookingdb.rooms.daily import DailyRooms
from bookingdb.worker import DeliveryError, Notification, Settings, parse_route
from bookingdb.worker.handlers.rooms import RoomsHandler


class NoRooms:
    async def attach_session_room(self, session_id: UUID, room_url: str) -> None:
        raise AssertionError


def settings(**environment: str) -> Settings:
    return Settings(NoRooms(), environment)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that a club has written."""
    module = ModuleType("club_mail")
    monkeypatch.setitem(sys.modules, "club_mail", module)
    return module


class TestRoutes:
    @pytest.mark.parametrize(
        ("text", "takes", "leaves"),
        [
            ("stdout", ["anything", "create_video_room"], []),
            ("*=stdout", ["anything"], []),
            ("rooms", ["create_video_room"], ["booking_confirmation"]),
            ("create_video_room=rooms", ["create_video_room"], ["booking_confirmation"]),
            ("booking_*,class_cancelled=stdout", ["booking_cancelled", "class_cancelled"], ["peer_booking_x"]),
            ("booking_reminder_?h=stdout", ["booking_reminder_1h"], ["booking_reminder_24h"]),
        ],
    )
    def test_say_which_types_they_take(self, text, takes, leaves):
        route = parse_route(text, settings())
        assert [kind for kind in [*takes, *leaves] if route.takes(kind)] == takes

    def test_an_argument_may_hold_anything(self):
        url = "https://club.example/hook?a=b,c:d"
        route = parse_route(f"class_*=webhook:{url}", settings(BOOKINGDB_WEBHOOK_SECRET="x" * 16))
        assert list(route.types) == ["class_*"]
        assert route.handler._url.geturl() == url

    @pytest.mark.parametrize("text", ["", "=", "x=", "=stdout", "a b=stdout", "stdout=", "Stdout", "stdout "])
    def test_what_is_none_is_refused(self, text):
        with pytest.raises(ValueError, match="is no handler"):
            parse_route(text, settings())


class TestPython:
    async def test_a_coroutine_function(self, own, outbox, work):
        told: list[Notification] = []

        async def send(notification: Notification) -> None:
            told.append(notification)

        own.send = send
        queued = outbox.queue()
        await work(parse_route("python:club_mail:send", settings()))
        assert [notification.id for notification in told] == [queued]

    async def test_a_function_may_block_without_stopping_the_others(self, own, outbox, work):
        import threading

        together = threading.Barrier(3)
        own.send = lambda _notification: together.wait(10)
        outbox.queue_many(3)
        worker = await work(parse_route("python:club_mail:send", settings()), concurrency=3)
        assert worker.metrics.sent == 3

    async def test_functions_block_as_many_at_once_as_the_worker_delivers(self, own, outbox, work):
        import threading

        together = threading.Barrier(50)
        own.send = lambda _notification: together.wait(10)
        outbox.queue_many(50)
        worker = await work(parse_route("python:club_mail:send", settings()), concurrency=50)
        assert worker.metrics.sent == 50

    async def test_an_object_that_delivers(self, own, outbox, work):
        class Club:
            async def deliver(self, notification: Notification) -> None:
                raise DeliveryError(f"no pigeon for {notification.type}")

        own.club = ModuleType("club")
        own.club.pigeons = Club()
        outbox.queue("t")
        await work(parse_route("python:club_mail:club.pigeons", settings()))
        assert outbox.one("last_error") == ("no pigeon for t",)

    def test_an_entry_point(self, monkeypatch, tmp_path):
        package = tmp_path / "club_handlers-1.dist-info"
        package.mkdir()
        (package / "METADATA").write_text("Metadata-Version: 2.1\nName: club-handlers\nVersion: 1\n")
        (package / "entry_points.txt").write_text("[bookingdb.handlers]\npigeons = club_handlers:send\n")
        (tmp_path / "club_handlers.py").write_text("def send(notification):\n    pass\n")
        monkeypatch.syspath_prepend(tmp_path)
        handler: Any = parse_route("python:pigeons", settings()).handler
        assert handler._function.__module__ == "club_handlers"


class TestRooms:
    @pytest.fixture
    def daily(self) -> Iterator[DailyServer]:
        with running() as server:
            yield server

    @pytest.fixture
    def session(self, db, outbox) -> UUID:
        """A video session with its room queued, as the booking does."""
        client, therapist = outbox.person(), outbox.person()
        db.execute("INSERT INTO practitioners (user_id, accepts_peer_bookings) VALUES (%s, true)", [therapist])
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
        ((session_id,),) = outbox.rows(
            "INSERT INTO client_sessions (id, client_id, therapist_id, session_date, start_time, duration_minutes,"
            " timezone, session_type) VALUES (%s, %s, %s, %s, %s, 60, 'UTC', 'video') RETURNING id",
            *(uuid4(), client, therapist, start.date(), start.time()),
        )
        db.execute("DELETE FROM notifications")
        payload = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}
        outbox.queue(
            "create_video_room", user_id=client, therapist_id=therapist, session_id=session_id, payload=payload
        )
        return UUID(str(session_id))

    async def test_get_their_url(self, daily, session, outbox, work, dsn):
        async with await bookingdb.aconnect(dsn) as db:
            await work(RoomsHandler(DailyRooms(KEY, base_url=daily.url), db))
        ((url,),) = outbox.rows("SELECT room_url FROM client_sessions WHERE id = %s", session)
        assert url.endswith(f"session-{session}")
        assert outbox.one("status") == ("sent",)

    async def test_are_tried_again_when_the_provider_is_down(self, daily, session, outbox, work, dsn):
        daily.answer_next(lambda handler, _request: handler.reply(500, {"error": "oops"}))
        async with await bookingdb.aconnect(dsn) as db:
            handler = RoomsHandler(DailyRooms(KEY, base_url=daily.url), db)
            await work(handler)
            assert outbox.one("status, last_error") == ("pending", "no room was made: Daily answered 500 oops")
            outbox.make_due()
            await work(handler)
        assert outbox.one("status") == ("sent",)

    async def test_of_a_session_that_is_over_are_needed_by_nobody(self, daily, session, outbox, work, dsn, db):
        db.execute("UPDATE client_sessions SET status = 'no_show' WHERE id = %s", [session])
        async with await bookingdb.aconnect(dsn) as database:
            await work(RoomsHandler(DailyRooms(KEY, base_url=daily.url), database))
        assert daily.rooms
        assert outbox.rows("SELECT room_url FROM client_sessions") == [(None,)]
        assert outbox.one("status") == ("sent",)

    async def test_are_not_made_where_nobody_makes_any(self, session, outbox, work):
        await work(parse_route("rooms", settings()))
        assert outbox.one("status") == ("sent",)

    async def test_are_all_that_is_taken(self, outbox, work):
        outbox.queue("booking_confirmation")
        await work(RoomsHandler(NullRooms(), NoRooms()))
        assert outbox.one("last_error") == ("rooms takes create_video_room alone",)

    def test_need_a_provider_that_exists(self):
        with pytest.raises(ValueError, match="BOOKINGDB_ROOMS"):
            parse_route("rooms", settings(BOOKINGDB_ROOMS="zoom"))
