"""Sessions for credits: therapists are booked, peers book each other, all with supabase-js."""

from datetime import timedelta
from uuid import uuid4

from peer.exchange import Exchange, in_days
from support.supabase import Clients, Visitor
from therapy.clinic import Clinic


def client(clinic: Clinic, clients: Clients, credits: int = 10) -> Visitor:
    """Sign somebody up who then buys credits."""
    visitor = clients.somebody()
    clinic.client(credits, user_id=str(visitor.user_id))
    return visitor


def peer(exchange: Exchange, clients: Clients, credits: int = 0) -> Visitor:
    """Sign somebody up who treats others for 60 an hour."""
    visitor = clients.somebody()
    exchange.person(credits, user_id=str(visitor.user_id))
    exchange.insert("practitioners", {"user_id": str(visitor.user_id)})
    exchange.works(str(visitor.user_id), "00:00-24:00")
    return visitor


def test_everybody_sees_when_somebody_is_free(clinic: Clinic, clients: Clients) -> None:
    day = clinic.day()
    asked = {
        "p_practitioner_id": clinic.practitioner("09:00-11:00"),
        "p_from": day,
        "p_to": day + timedelta(days=1),
        "p_duration_minutes": 60,
        "p_step_minutes": 30,
    }
    for visitor in (clients.anonymous(), clients.somebody(), clients.service()):
        for slots in (visitor.rpc("get_available_slots", **asked), visitor.get("get_available_slots", **asked)):
            assert [slot["start_time"] for slot in slots.done()] == ["09:00:00", "09:30:00", "10:00:00"]
            assert {(slot["session_date"], slot["timezone"]) for slot in slots.done()} == {(str(day), "UTC")}


def test_a_slot_is_booked_as_it_is_listed_and_paid_with_a_credit(clinic: Clinic, clients: Clients) -> None:
    visitor, therapist, day = client(clinic, clients), clinic.practitioner("09:00-10:00"), clinic.day()
    (slot,) = visitor.get(
        "get_available_slots",
        p_practitioner_id=therapist,
        p_from=day,
        p_to=day + timedelta(days=1),
        p_duration_minutes=60,
    ).done()
    booked = visitor.rpc(
        "create_session_with_credit_deduction",
        p_user_id=visitor.user_id,
        p_therapist_id=therapist,
        p_session_date=slot["session_date"],
        p_session_time=slot["start_time"],
    ).done()
    assert (booked["status"], booked["credit_cost"], booked["client_balance_after"]) == ("scheduled", 1, 9)
    (account,) = visitor.get("get_credit_balance").done()
    assert account["balance"] == 9
    (session,) = visitor.get("my_sessions").done()
    assert session["session_id"] == booked["session_id"]
    cancelled = visitor.rpc("cancel_session", p_session_id=booked["session_id"]).done()
    assert cancelled["refunded_credits"] == 1


def test_one_slot_is_booked_once(clinic: Clinic, clients: Clients) -> None:
    therapist = clinic.therapist()
    people = [client(clinic, clients, credits=1) for _ in range(5)]
    where = {"p_therapist_id": therapist, "p_session_date": clinic.day(), "p_session_time": "10:00"}
    answers = clients.together(
        *(
            visitor.calling("create_session_with_credit_deduction", p_user_id=visitor.user_id, **where)
            for visitor in people
        )
    )
    refused = [answer for answer in answers if answer.error]
    assert len(refused) == 4
    assert {answer.refusal for answer in refused} == {(409, "slot_taken")}
    assert sorted(clinic.balance(str(visitor.user_id)) for visitor in people) == [0, 1, 1, 1, 1]


def test_who_has_no_credits_pays_first(clinic: Clinic, clients: Clients) -> None:
    visitor = client(clinic, clients, credits=0)
    answer = visitor.rpc(
        "create_session_with_credit_deduction",
        p_user_id=visitor.user_id,
        p_therapist_id=clinic.therapist(),
        p_session_date=clinic.day(),
        p_session_time="10:00",
    )
    assert answer.refusal == (402, "insufficient_credits")


def test_nobody_books_or_reads_for_somebody_else(clinic: Clinic, clients: Clients) -> None:
    visitor, somebody_else = client(clinic, clients), clinic.client()
    booked = visitor.rpc(
        "create_session_with_credit_deduction",
        p_user_id=somebody_else,
        p_therapist_id=clinic.therapist(),
        p_session_date=clinic.day(),
        p_session_time="10:00",
    )
    assert booked.refusal == (403, "not_allowed")
    assert visitor.get("get_credit_balance", p_user_id=somebody_else).refusal == (403, "not_allowed")
    assert visitor.rpc("cancel_session", p_session_id=clinic.booked()).refusal == (404, "not_found")


def test_a_time_that_is_none_is_refused_by_name(clinic: Clinic, clients: Clients) -> None:
    visitor = client(clinic, clients)
    asked = {"p_user_id": visitor.user_id, "p_therapist_id": clinic.therapist(), "p_session_date": clinic.day()}
    for minutes in (14, 181):
        answer = visitor.rpc(
            "create_session_with_credit_deduction", **asked, p_session_time="10:00", p_duration_minutes=minutes
        )
        assert answer.refusal == (400, "invalid_input")
        assert answer.context["parameter"] == "p_duration_minutes"
    malformed = visitor.rpc("create_session_with_credit_deduction", **asked, p_session_time="ten")
    assert malformed.error
    assert (malformed.status, malformed.error["code"]) == (400, "22007")


def test_peers_book_each_other(exchange: Exchange, clients: Clients) -> None:
    visitor, other = peer(exchange, clients, credits=60), peer(exchange, clients)
    asked = {
        "p_client_id": visitor.user_id,
        "p_practitioner_id": other.user_id,
        "p_session_date": in_days(3),
        "p_start_time": "10:00",
        "p_duration_minutes": 60,
        "p_session_type": "Massage",
        "p_idempotency_key": str(uuid4()),
    }
    booked = visitor.rpc("create_peer_booking", **asked)
    assert (booked.done()["credit_cost"], booked.done()["client_balance_after"]) == (60, 0)
    assert booked.done()["practitioner_balance_after"] == 60
    assert visitor.rpc("create_peer_booking", **asked) == booked
    (seen,) = other.get("my_sessions").done()
    assert seen["session_id"] == booked.done()["session_id"]
    (earning,) = other.get("get_credit_transactions").done()
    assert (earning["amount"], earning["balance_after"]) == (60, 60)
    refunded = other.rpc("process_peer_booking_refund", p_session_id=seen["session_id"]).done()
    assert (refunded["refunded_credits"], refunded["client_new_balance"]) == (60, 60)


def test_peers_who_book_each_other_at_once_agree(exchange: Exchange, clients: Clients) -> None:
    pair = [peer(exchange, clients, credits=60), peer(exchange, clients, credits=60)]
    what = {
        "p_session_date": in_days(4),
        "p_start_time": "10:00",
        "p_duration_minutes": 60,
        "p_session_type": "Massage",
    }
    answers = clients.together(
        *(
            one.calling("create_peer_booking", p_client_id=one.user_id, p_practitioner_id=other.user_id, **what)
            for one, other in (pair, pair[::-1])
        )
    )
    (refused,) = (answer for answer in answers if answer.error)
    assert refused.refusal == (409, "slot_taken")
    assert sorted(exchange.balance(str(visitor.user_id)) for visitor in pair) == [0, 120]


def test_credits_are_given_by_the_service_alone(clinic: Clinic, clients: Clients) -> None:
    visitor = client(clinic, clients, credits=0)
    asked = {"p_user_id": visitor.user_id, "p_subscription_id": None, "p_amount": 30}
    refused = visitor.rpc("allocate_monthly_credits", **asked)
    assert refused.error
    assert (refused.status, refused.error["code"]) == (403, "42501")
    service = clients.service()
    assert [service.rpc("allocate_monthly_credits", **asked).done()["allocated"] for _ in range(3)] == [
        True, False, False,
    ]  # fmt: skip
    (account,) = visitor.get("get_credit_balance").done()
    assert account["balance"] == 30


def test_stripe_is_told_through_the_service(clinic: Clinic, clients: Clients) -> None:
    """The event is a jsonb argument: a document, as an edge function gets it from Stripe."""
    event = {"id": f"evt_{uuid4().hex}", "type": "customer.created", "created": 1_700_000_000, "data": {"object": {}}}
    first, again = (clients.service().rpc("process_stripe_event", p_event=event).done() for _ in range(2))
    assert first["outcome"] == again["outcome"]
