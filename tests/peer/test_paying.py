"""process_peer_booking_credits(): the service made a peer session without payment, now its client pays."""

import pytest
from gusmester.snapshot import nothing_written

from peer.exchange import UNKNOWN


@pytest.fixture
def unpaid(exchange):
    """A session that nobody has paid for, its client, who can, and its practitioner."""
    client, practitioner = exchange.pair()
    return exchange.unpaid(client, practitioner), client, practitioner


class TestAPayment:
    def test_takes_here_and_adds_there(self, exchange, unpaid):
        session, client, practitioner = unpaid
        assert exchange.pays(*unpaid) == {
            "success": True,
            "session_id": session,
            "credit_cost": 60,
            "client_balance_before": 60,
            "client_balance_after": 0,
            "practitioner_balance_before": 0,
            "practitioner_balance_after": 60,
        }
        assert exchange.entries(client)[1:] == [("session_payment", -60, 0)]
        assert exchange.entries(practitioner) == [("session_earning", 60, 60)]
        assert exchange.about(session, "credit_cost") == 60
        assert exchange.about(session, "paid_at")

    def test_is_what_it_costs_today(self, exchange, unpaid):
        exchange.rate(unpaid[2], 60, 44)
        assert exchange.pays(*unpaid)["credit_cost"] == 44

    def test_is_what_it_costs_whatever_the_service_wrote(self, exchange):
        client, practitioner = exchange.pair()
        session = exchange.unpaid(client, practitioner, credit_cost=7)
        assert exchange.pays(session, client, practitioner)["credit_cost"] == 60
        assert exchange.about(session, "credit_cost") == 60

    def test_again_changes_nothing_and_answers_with_the_first(self, exchange, unpaid):
        first = exchange.pays(*unpaid)
        exchange.bank.change(unpaid[1], 5)
        exchange.rate(unpaid[2], 60, 1)
        with nothing_written(exchange.connection):
            assert exchange.pays(*unpaid) == first

    def test_of_what_was_booked_with_payment_answers_with_that(self, exchange):
        client, practitioner = exchange.pair()
        booked = exchange.books(client, practitioner)
        with nothing_written(exchange.connection):
            paid = exchange.pays(booked["session_id"], client, practitioner)
        assert paid.items() <= booked.items()

    def test_again_after_the_refund_answers_with_the_first(self, exchange, unpaid):
        first = exchange.pays(*unpaid)
        exchange.refunds(unpaid[0])
        with nothing_written(exchange.connection):
            assert exchange.pays(*unpaid) == first

    def test_by_the_client_themself_needs_no_name(self, exchange, exchange_as, unpaid):
        session, client, practitioner = unpaid
        assert exchange_as(client).pays(session, None, practitioner)["client_balance_after"] == 0

    def test_is_on_record_once(self, exchange, exchange_as, unpaid):
        for _ in range(2):
            exchange_as(unpaid[1]).pays(*unpaid)
        (row,) = exchange.audits("process_peer_booking_credits")
        assert (row["actor_id"], row["entity_id"], row["details"]["credits"]) == (unpaid[1], unpaid[0], 60)

    @pytest.mark.parametrize("status", ["confirmed", "in_progress"])
    def test_is_taken_while_the_session_stands(self, exchange, unpaid, status):
        exchange.becomes(unpaid[0], status)
        assert exchange.pays(*unpaid)["success"] is True
        assert exchange.about(unpaid[0], "status") == status

    def test_does_not_ask_whether_either_has_left(self, exchange, unpaid):
        exchange.connection.execute("UPDATE practitioners SET is_active = false, accepts_peer_bookings = false")
        exchange.connection.execute("UPDATE profiles SET is_active = false")
        assert exchange.pays(*unpaid)["success"] is True


class TestIsRefused:
    def test_to_who_has_59_of_60(self, exchange, refuses, unpaid):
        exchange.spends(unpaid[1], 1)
        with refuses("insufficient_credits", required=60, available=59):
            exchange.pays(*unpaid)

    def test_for_a_session_that_is_unknown(self, exchange, refuses, unpaid):
        with refuses("not_found", entity="session", id=UNKNOWN):
            exchange.pays(UNKNOWN, *unpaid[1:])

    def test_for_a_session_that_is_no_peer_booking(self, exchange, refuses, unpaid):
        _, client, practitioner = unpaid
        exchange.bank.change(client, 1)
        therapy = exchange.book(client, practitioner, "2090-01-01", "10:00")["session_id"]
        with refuses("invalid_input", parameter="p_session_id"):
            exchange.pays(therapy, client, practitioner)

    def test_for_another_pair(self, exchange, refuses, unpaid):
        session, client, practitioner = unpaid
        third = exchange.peer(60)
        with refuses("invalid_input", parameter="p_client_id"):
            exchange.pays(session, third, practitioner)
        with refuses("invalid_input", parameter="p_client_id"):
            exchange.pays(session, practitioner, client)
        with refuses("invalid_input", parameter="p_practitioner_id"):
            exchange.pays(session, client, third)

    @pytest.mark.parametrize("minutes", [59, 61, 15, 14, 0, None])
    def test_for_another_duration(self, exchange, refuses, unpaid, minutes):
        with refuses("invalid_input", parameter="p_duration_minutes"):
            exchange.pays(*unpaid, p_duration_minutes=minutes)

    def test_for_another_pair_or_duration_once_it_is_paid_too(self, exchange, refuses, unpaid):
        session, client, practitioner = unpaid
        exchange.pays(*unpaid)
        third = exchange.peer(60)
        for wrong in ({"p_client_id": third}, {"p_practitioner_id": third}, {"p_duration_minutes": 59}):
            with refuses("invalid_input"):
                exchange.pays(session, client, practitioner, **wrong)

    def test_to_the_practitioner_and_to_outsiders(self, exchange, exchange_as, refuses, unpaid):
        session, client, practitioner = unpaid
        outsider = exchange.peer(60)
        for user, claimed, reason in [
            (practitioner, client, "not_allowed"),
            (practitioner, practitioner, "not_allowed"),
            (practitioner, None, "not_allowed"),
            (outsider, client, "not_allowed"),
            (outsider, outsider, "not_found"),
            (outsider, None, "not_found"),
        ]:
            caller = exchange_as(user)
            with refuses(reason):
                caller.pays(session, claimed, practitioner)

    @pytest.mark.parametrize("status", ["completed", "cancelled", "no_show"])
    def test_for_a_session_that_is_over(self, exchange, refuses, unpaid, status):
        exchange.becomes(unpaid[0], status)
        with refuses("invalid_state", status=status):
            exchange.pays(*unpaid)

    @pytest.mark.parametrize("missing", ["p_session_id", "p_client_id", "p_practitioner_id"])
    def test_without_saying_who_and_what(self, exchange, refuses, unpaid, missing):
        with refuses("invalid_input", parameter=missing):
            exchange.pays(*unpaid, **{missing: None})
