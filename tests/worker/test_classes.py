"""What customers of a studio are told: from the command that queues it to the words they read."""

from uuid import UUID

import pytest
from core.class_examples import ClassExamples
from gusmester.calls import run

from bookingdb.worker import Notification
from bookingdb.worker._templates import Rendered, Templates

AT = "2090-12-24T17:30:00+00:00"
WHEN = "Sunday, 24 December 2090 at 18:30 (Europe/Oslo)"


class Reader:
    """Reads what it is given: (type, address) -> what it says."""

    def __init__(self) -> None:
        self.read: dict[tuple[str, str | None], Rendered] = {}

    async def deliver(self, notification: Notification) -> None:
        (receiver,) = notification.receivers
        self.read[notification.type, receiver.address] = Templates().render(notification, receiver)


@pytest.fixture
def studio(db) -> ClassExamples:
    """A studio in Oslo, to whose customers nothing else is to be sent."""
    studio = ClassExamples(db)
    db.execute("UPDATE organizations SET timezone = 'Europe/Oslo'")
    db.execute(
        "UPDATE profiles SET timezone = 'Asia/Tokyo', full_name = 'Carla' WHERE user_id = %s",
        [UUID(studio.client_login)],
    )
    db.execute("DELETE FROM notifications")
    return studio


async def test_they_are_told_of_their_class_by_the_clock_of_the_studio_or_their_own(studio, db, work):
    reader, here = Reader(), {"p_organization_id": studio.organization}
    class_session = studio.class_(p_name="Hot yoga", p_starts_at=AT, p_capacity=1, p_is_free=True)
    widget = {"p_name": "Walter", "p_email": "walter@x.example"}
    run(db, "create_public_booking", **here, p_class_session_id=class_session, **widget)
    run(db, "join_class_waitlist", **studio.customer, p_class_session_id=class_session)
    booked = db.execute("SELECT id FROM bookings WHERE class_session_id = %s", [class_session]).fetchall()[0][0]
    run(db, "cancel_class_booking", p_booking_id=booked)
    run(db, "cancel_class_session", p_class_session_id=class_session, p_reason="The pipe has burst")

    await work(reader)

    confirmed = reader.read["class_booking_confirmation", "walter@x.example"]
    assert confirmed.subject == "Your place in Hot yoga on Sunday, 24 December 2090"
    assert confirmed.text == f"Hello,\n\nyou have a place in Hot yoga on {WHEN}.\n"
    promoted = reader.read["class_waitlist_promoted", "carla@x.example"]
    assert promoted.subject == "A place for you in Hot yoga on Monday, 25 December 2090"
    assert promoted.text.startswith("Hello Carla,\n\na place has become free, and it is yours: Hot yoga on Monday, 25")
    assert "02:30 (Asia/Tokyo)" in promoted.text
    cancelled = reader.read["class_cancelled", "carla@x.example"]
    assert cancelled.subject == "Hot yoga on Monday, 25 December 2090 is cancelled"
    assert cancelled.text.endswith("is cancelled.\n\nThe reason: The pipe has burst\n")
    assert reader.read.keys() == {
        ("class_booking_confirmation", "walter@x.example"),
        ("class_waitlist_promoted", "carla@x.example"),
        ("class_cancelled", "carla@x.example"),
    }
