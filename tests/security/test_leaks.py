"""Contract section 3: what a caller is told never says what somebody else has done, nor whether they exist."""

from collections.abc import Callable

import psycopg
import pytest
from core.class_examples import ClassExamples
from gusmester.calls import ask, run
from gusmester.club import UNKNOWN, Club, Employee


def told(work: Callable[[], object]) -> list[str]:
    """Return everything a refused caller is told, ids aside."""
    with pytest.raises(psycopg.Error) as caught:
        work()
    diag = caught.value.diag
    return [part or "" for part in (diag.sqlstate, diag.message_primary, diag.message_detail, diag.message_hint)]


@pytest.fixture
def otto(club: Club, club_as: Callable[[Employee], Club]) -> Club:
    """The curious one's view of the club."""
    return club_as(club.employee())


def test_somebody_elses_booking_is_answered_like_an_unknown_one(club, otto):
    theirs = club.booking()
    known = told(lambda: otto.cancel(theirs))
    unknown = told(lambda: otto.cancel({"booking_id": UNKNOWN}))
    assert [part.replace(theirs["booking_id"], UNKNOWN) for part in known] == unknown


def test_a_cancelled_one_too(club, otto):
    theirs = club.booking()
    club.cancel(theirs)
    known = told(lambda: otto.cancel(theirs))
    unknown = told(lambda: otto.cancel({"booking_id": UNKNOWN}))
    assert [part.replace(theirs["booking_id"], UNKNOWN) for part in known] == unknown


@pytest.mark.parametrize("query", ["get_employee_points", "get_points_history", "my_gusmester_bookings"])
def test_somebody_else_is_answered_like_nobody(query, club, otto):
    anna = club.employee()
    known, unknown = (
        told(lambda who=who: ask(otto.connection, query, p_employee_id=who)) for who in (anna.id, UNKNOWN)
    )
    assert known == unknown


def test_who_booked_a_spot_is_not_told(club, otto):
    host, anna = club.employee(name="Harriet"), club.employee(name="Anna", email="anna@home.example")
    booking = club.booking(anna, club.released(host))
    _, message, detail, _ = told(lambda: otto.book(booking["session_id"]))
    assert message == "This spot is not available (status: booked_by_gusmester)"
    assert detail == '{"reason": "spot_not_available", "status": "booked_by_gusmester"}'


def test_a_guest_is_told_to_nobody_but_the_host(club, club_as, otto):
    host, helper = club.employee(), club.employee()
    session_id = club.session(host, helper)
    club.book_guest(session_id, "Gunnar", "gunnar@home.example", p_guest_phone="5550199")

    def knows(view):
        answers = [
            *ask(view.connection, "my_hosting_sessions"),
            *ask(view.connection, "available_guest_spots"),
            *view.rows("SELECT g FROM guest_spots g"),
            *view.rows("SELECT n FROM notifications n"),
        ]
        return "Gunnar" in str(answers)

    assert knows(club_as(host))
    assert not knows(club_as(helper))
    assert not knows(otto)


def test_a_guest_who_was_taken_off_is_told_to_nobody(club, club_as):
    host = club.employee()
    session_id = club.session(host)
    club.book_guest(session_id, "Gunnar")
    club.cancel_guest(session_id)
    assert "Gunnar" not in str(ask(club_as(host).connection, "my_hosting_sessions"))
    assert "Gunnar" not in str(club.spot(session_id))


def test_free_spots_tell_of_nobody_but_the_host(club, otto):
    host, anna = club.employee(name="Harriet"), club.employee(name="Anna")
    session_id = club.released(host)
    club.cancel(club.booking(anna, session_id))
    (spot,) = ask(otto.connection, "available_guest_spots")
    assert set(spot) == {
        "session_id",
        "guest_spot_id",
        "name",
        "starts_at",
        "duration_minutes",
        "location",
        "host_name",
        "point_cost",
        "can_afford",
    }
    assert "Anna" not in str(spot)


def test_the_host_is_not_told_by_a_notification_who_booked(club, club_as):
    host, anna = club.employee(), club.employee(name="Anna", email="anna@home.example")
    club.booking(anna, club.released(host))
    (note,) = club_as(host).rows("SELECT n::text FROM notifications n")
    assert anna.id not in note[0]
    assert "Anna" not in note[0]
    assert "anna@" not in note[0]


@pytest.fixture
def studio(db: psycopg.Connection) -> ClassExamples:
    """A studio with one of everything."""
    return ClassExamples(db)


THINGS = {
    "cancel_class_booking": "p_booking_id",
    "cancel_class_session": "p_class_session_id",
    "check_in_booking": "p_booking_id",
    "class_roster": "p_class_session_id",
    "convert_lead_to_client": "p_lead_id",
    "create_class_booking": "p_customer_id",
    "create_class_session": "p_organization_id",
    "end_membership": "p_membership_id",
    "get_customer_payment_methods": "p_customer_id",
    "join_class_waitlist": "p_customer_id",
    "leave_class_waitlist": "p_waitlist_id",
    "mark_booking_no_show": "p_booking_id",
    "remove_organization_member": "p_organization_id",
    "save_client": "p_organization_id",
    "save_lead": "p_organization_id",
    "set_booking_payment_status": "p_booking_id",
    "set_organization_role": "p_organization_id",
    "update_package": "p_package_id",
}
"""Function -> what it is about."""


@pytest.mark.parametrize("who", ["of_another", "member"])
@pytest.mark.parametrize(("function", "parameter"), THINGS.items())
def test_a_thing_of_a_studio_is_answered_like_an_unknown_one(function, parameter, who, studio, as_user):
    connection, arguments = as_user(getattr(studio, who)), studio.calls[function]
    known = told(lambda: run(connection, function, **arguments))
    unknown = told(lambda: run(connection, function, **arguments | {parameter: UNKNOWN}))
    assert [part.replace(str(arguments[parameter]), UNKNOWN) for part in known] == unknown


def test_another_customers_things_are_answered_like_unknown_ones(studio, as_user):
    connection = as_user(studio.client_login)
    theirs = studio.book(studio.class_(), studio.another_lead, "lead")
    for function in ("cancel_class_booking", "check_in_booking"):
        known = told(lambda function=function: run(connection, function, p_booking_id=theirs))
        unknown = told(lambda function=function: run(connection, function, p_booking_id=UNKNOWN))
        assert [part.replace(theirs, UNKNOWN) for part in known] == unknown
    membership = studio.run(
        "create_membership",
        **studio.customer | {"p_customer_id": studio.another_lead, "p_customer_type": "lead"},
        p_name="Theirs",
    )["membership_id"]
    paying = studio.calls["create_class_booking"]
    known = told(lambda: run(connection, "create_class_booking", **paying | {"p_payment_id": membership}))
    unknown = told(lambda: run(connection, "create_class_booking", **paying | {"p_payment_id": UNKNOWN}))
    assert [part.replace(membership, UNKNOWN) for part in known] == unknown


def test_a_studio_without_a_widget_is_answered_like_none(studio, db, as_anon):
    db.execute("UPDATE organizations SET public_booking = false")
    connection = as_anon()
    for function in ("create_public_booking", "upcoming_classes"):
        arguments = studio.calls[function]
        known = told(lambda function=function, arguments=arguments: ask(connection, function, **arguments))
        nowhere = arguments | {"p_organization_id": UNKNOWN}
        unknown = told(lambda function=function, arguments=nowhere: ask(connection, function, **arguments))
        assert [part.replace(studio.organization, UNKNOWN) for part in known] == unknown


def test_the_widget_tells_nobody_who_is_known(studio, as_anon):
    connection, class_session = as_anon(), studio.class_()
    here = {"p_organization_id": studio.organization, "p_class_session_id": class_session, "p_name": "Somebody"}
    emails = ["carla@x.example", "leo@x.example", "nobody@x.example"]
    first = [run(connection, "create_public_booking", **here, p_email=email) for email in emails]
    again = [run(connection, "create_public_booking", **here, p_email=email.upper()) for email in emails]
    assert first == again
    assert [{**answer, "receipt": ""} for answer in first] == [
        {"success": True, "receipt": "", "payment_status": "pending"}
    ] * 3
    assert len({answer["receipt"] for answer in first}) == 3


def test_the_public_sees_of_a_class_what_the_widget_shows(studio, as_anon):
    rows = ask(as_anon(), "upcoming_classes", **studio.calls["upcoming_classes"])
    assert rows
    assert not any(word in str(rows) for word in ("Carla", "Leo", "@", "user", "client"))
