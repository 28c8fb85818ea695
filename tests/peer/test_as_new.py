"""A peer session is moved as it would be booked anew."""

import pytest
from support.refusals import refused


@pytest.fixture
def booked(exchange):
    """A paid session with its client and practitioner."""
    return exchange.booked()


def test_not_to_a_practitioner_who_takes_none_any_more(exchange, booked):
    session, _, practitioner = booked
    exchange.change(practitioner, accepts_peer_bookings=False)
    with refused("not_accepting", user_id=practitioner):
        exchange.moves(session)


def test_not_by_a_client_who_practises_no_more(exchange, booked):
    session, client, _ = booked
    exchange.change(client, is_active=False)
    with refused("inactive", user_id=client):
        exchange.moves(session)


def test_what_was_paid_twice_by_hand_is_given_back_once(exchange, booked):
    session, client, practitioner = booked
    exchange.refunds(session)
    before = exchange.balance(client), exchange.balance(practitioner)
    exchange.connection.execute("UPDATE client_sessions SET status = 'scheduled' WHERE id = %s", [session])
    assert exchange.cancels(session)["refunded_credits"] == 0
    assert (exchange.balance(client), exchange.balance(practitioner)) == before
