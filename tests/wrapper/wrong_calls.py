"""Calls that a type checker must refuse: one error in each line that says so, and none elsewhere. Never run."""

from datetime import UTC, date, datetime
from uuid import uuid4

import psycopg
from psycopg_pool import AsyncConnectionPool, ConnectionPool

import bookingdb
from bookingdb.functions import BookGusmesterSpotResult

db = bookingdb.connect("dbname=club")
session_id = uuid4()

booked = db.book_gusmester_spot(session_id)
spot = db.available_guest_spots()[0]

db.book_gusmester_spot(session_id, uuid4(), "key")
db.book_gusmester_spot(session_id=session_id, employee_id=None, idempotency_key=bookingdb.DEFAULT)
db.as_user(session_id).as_user(session_id)  # wrong: nobody acts as somebody as somebody
db.as_user(session_id).close()  # wrong: what it did not open
db.book_gusmester_spot()  # wrong: a parameter is missing
db.book_gusmester_spot("6f1c…")  # wrong: a text is no uuid
db.book_gusmester_spot(None)  # wrong: a required parameter is never None
db.book_gusmester_spot(session_id, key="k")  # wrong: no such parameter
db.book_gusmester_spot(session_id, None, 5)  # wrong: a key is a text
db.book_spot(session_id)  # wrong: no such function
db.create_gus_session("Steam", date(2026, 12, 24), 60)  # wrong: a day is no instant
db.create_gus_session("Steam", datetime.now(UTC), "60")  # wrong: a text is no number
db.create_gus_session("Steam", datetime.now(UTC), 60, ["x"])  # wrong: texts are no uuids
db.get_points_history(limit=None)  # wrong: its default is not NULL
db.booking_stats(**{"from": datetime.now(UTC)}, to=1)  # wrong: a number is no instant

result: BookGusmesterSpotResult = booked
points: int = booked.new_points
booked.success  # wrong: a refusal is an exception
booked["new_points"]  # wrong: a result is no dictionary
booked.new_points = 5  # wrong: a result is frozen
len(spot.location)  # wrong: it may be None
len(spot.name)
if db.my_gusmester_bookings()[0].status == "actve":  # wrong: there is no such status
    pass

bookingdb.connect(5)  # wrong: no connection
bookingdb.connect(AsyncConnectionPool("", open=False))  # wrong: it is asynchronous


async def asynchronously(connection: psycopg.AsyncConnection, pool: ConnectionPool) -> None:
    """The same, awaited."""
    adb = await bookingdb.aconnect(connection)
    await adb.book_gusmester_spot(session_id)
    (await adb.available_guest_spots())[0].starts_at.astimezone(UTC)
    adb.book_gusmester_spot(session_id).new_points  # wrong: not awaited
    adb.release_guest_spot(session_id)  # wrong: not awaited
    await adb.as_user(session_id).book_gusmester_spot("x")  # wrong: a text is no uuid
    await bookingdb.aconnect(pool)  # wrong: it is synchronous
    with adb:  # wrong: it is asynchronous
        pass
