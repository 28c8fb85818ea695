"""People of a club book guest spots from their browsers, with supabase-js."""

from uuid import uuid4

import psycopg
import pytest
from gusmester.club import Club, Employee
from support.supabase import Clients, Visitor


def employee(club: Club, clients: Clients, points: int = 300) -> tuple[Visitor, Employee]:
    """Sign somebody up whom the club has hired."""
    visitor = clients.somebody()
    return visitor, club.employee(points, user_id=str(visitor.user_id), email=visitor.email)


def test_who_has_signed_up_books_by_the_session_alone(club: Club, clients: Clients) -> None:
    visitor, hired = employee(club, clients)
    session = club.released()
    booked = visitor.rpc("book_gusmester_spot", p_session_id=session).done()
    assert list(booked) == [
        "success", "booking_id", "guest_spot_id", "session_id", "employee_id", "points_charged", "new_points",
    ]  # fmt: skip
    assert (booked["success"], booked["employee_id"], booked["new_points"]) == (True, hired.id, 150)
    cancelled = visitor.rpc("cancel_gusmester_booking", p_booking_id=booked["booking_id"]).done()
    assert (cancelled["points_refunded"], cancelled["new_points"]) == (150, 300)


def test_one_of_many_at_once_gets_it(club: Club, clients: Clients) -> None:
    people = [employee(club, clients)[0] for _ in range(8)]
    session = club.released()
    answers = clients.together(*(visitor.calling("book_gusmester_spot", p_session_id=session) for visitor in people))
    (winner,) = (place for place, answer in enumerate(answers) if answer.error is None)
    losers = [answer for place, answer in enumerate(answers) if place != winner]
    assert {loser.refusal for loser in losers} == {(409, "spot_not_available")}
    assert {loser.error["code"] for loser in losers if loser.error} == {"PT409"}
    points = [visitor.rpc("get_employee_points").done() for visitor in people]
    assert [row["points"] for (row,) in points] == [150 if place == winner else 300 for place in range(8)]


def test_who_has_too_few_points_is_asked_to_pay(club: Club, clients: Clients) -> None:
    visitor, _ = employee(club, clients, points=149)
    answer = visitor.rpc("book_gusmester_spot", p_session_id=club.released())
    assert answer.refusal == (402, "insufficient_points")
    assert answer.error
    assert answer.error["message"] == "Insufficient points. Required: 150, available: 149"
    assert answer.error["hint"]
    assert (answer.context["required"], answer.context["available"]) == (150, 149)


def test_too_late_is_too_late(club: Club, clients: Clients) -> None:
    visitor, _ = employee(club, clients)
    session = club.released()
    booked = visitor.rpc("book_gusmester_spot", p_session_id=session).done()
    club.move(session, "23 hours")
    answer = visitor.rpc("cancel_gusmester_booking", p_booking_id=booked["booking_id"])
    assert answer.refusal == (409, "too_late")
    assert answer.context["deadline"]


def test_nobody_acts_for_somebody_else(club: Club, clients: Clients) -> None:
    visitor, _ = employee(club, clients)
    somebody_else = club.employee()
    session = club.released()
    answer = visitor.rpc("book_gusmester_spot", p_session_id=session, p_employee_id=somebody_else.id)
    assert answer.refusal == (403, "not_allowed")
    assert visitor.rpc("release_guest_spot", p_session_id=club.session(somebody_else)).refusal == (403, "not_allowed")
    others = club.booking(somebody_else, session)["booking_id"]
    assert visitor.rpc("cancel_gusmester_booking", p_booking_id=others).refusal == (404, "not_found")
    assert clients.somebody().rpc("book_gusmester_spot", p_session_id=club.released()).refusal == (403, "not_allowed")


def test_the_same_key_gives_the_same_answer(club: Club, clients: Clients) -> None:
    visitor, _ = employee(club, clients, points=450)
    asked = {"p_session_id": club.released(), "p_idempotency_key": str(uuid4())}
    booked, *replayed = clients.together(*[visitor.calling("book_gusmester_spot", **asked)] * 4)
    assert [answer.done() for answer in replayed] == [booked.done()] * 3
    assert visitor.rpc("book_gusmester_spot", **asked) == booked
    assert visitor.rpc("get_employee_points").done() == [{"points": 300}]
    other = visitor.rpc("book_gusmester_spot", **asked | {"p_session_id": club.released()})
    assert other.refusal == (409, "idempotency_conflict")
    somebody_else, _ = employee(club, clients)
    assert somebody_else.rpc("book_gusmester_spot", **asked).refusal == (409, "spot_not_available")


def test_reading_is_done_by_get(club: Club, clients: Clients) -> None:
    visitor, hired = employee(club, clients)
    session = club.released()
    spots = visitor.get("available_guest_spots").done()
    assert {"session_id": session, "point_cost": 150, "can_afford": True}.items() <= next(
        spot for spot in spots if spot["session_id"] == session
    ).items()
    assert visitor.get("get_employee_points").done() == [{"points": 300}]
    assert visitor.get("get_employee_points", p_employee_id=hired.id).done() == [{"points": 300}]
    assert visitor.get("my_gusmester_bookings").done() == []


def test_changing_is_not(club: Club, clients: Clients) -> None:
    visitor, _ = employee(club, clients)
    answer = visitor.get("book_gusmester_spot", p_session_id=club.released())
    assert answer.refusal == (400, "invalid_input")
    assert answer.context["parameter"] == "transaction_read_only"
    assert visitor.get("get_employee_points").done() == [{"points": 300}]


def test_refusals_keep_their_reason_where_nothing_may_be_written(club: Club, clients: Clients) -> None:
    """What counts refusals cannot do so there."""
    visitor, _ = employee(club, clients)
    assert visitor.get("get_employee_points", p_employee_id=club.employee().id).refusal == (403, "not_allowed")


def test_nobody_who_is_not_signed_in(club: Club, clients: Clients) -> None:
    anonymous = clients.anonymous()
    session = club.released()
    for answer in (
        anonymous.rpc("book_gusmester_spot", p_session_id=session),
        anonymous.get("available_guest_spots"),
        anonymous.rpc("verify_invariants"),
    ):
        assert answer.error
        assert (answer.status, answer.error["code"]) == (401, "42501")


def test_the_service_acts_for_anybody_it_names(club: Club, clients: Clients) -> None:
    service, hired = clients.service(), club.employee()
    session = club.released()
    unnamed = service.rpc("book_gusmester_spot", p_session_id=session)
    assert unnamed.refusal == (400, "invalid_input")
    assert unnamed.context["parameter"] == "p_employee_id"
    booked = service.rpc("book_gusmester_spot", p_session_id=session, p_employee_id=hired.id).done()
    assert booked["employee_id"] == hired.id
    assert service.rpc("verify_invariants").done() == []


def test_what_is_the_services_is_nobody_elses(club: Club, clients: Clients) -> None:
    visitor, _ = employee(club, clients)
    for name in ("verify_invariants", "run_maintenance"):
        answer = visitor.rpc(name)
        assert answer.error
        assert (answer.status, answer.error["code"]) == (403, "42501")


@pytest.mark.parametrize("malformed", ["no uuid", "", "1"])
def test_what_is_malformed_never_gets_there(club: Club, clients: Clients, malformed: str) -> None:
    visitor, _ = employee(club, clients)
    answer = visitor.rpc("book_gusmester_spot", p_session_id=malformed)
    assert answer.error
    assert (answer.status, answer.error["code"]) == (400, "22P02")


def test_who_waits_too_long_is_let_go(club: Club, clients: Clients, db: psycopg.Connection) -> None:
    """A visitor's eight seconds end the call, and what it had begun with it."""
    visitor, _ = employee(club, clients)
    session = club.released()
    with db.transaction():
        db.execute("SELECT FROM guest_spots WHERE session_id = %s FOR UPDATE", [session])
        answer = visitor.rpc("book_gusmester_spot", p_session_id=session)
    assert answer.error
    assert (answer.status, answer.error["code"]) == (500, "57014")
    assert visitor.rpc("book_gusmester_spot", p_session_id=session).done()["new_points"] == 150
