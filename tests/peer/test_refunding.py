"""process_peer_booking_refund(): what a peer session cost goes back, once and in full, and the session is cancelled."""

import pytest

from peer.exchange import UNKNOWN, in_days


class TestARefund:
    def test_gives_back_what_was_paid_and_cancels_the_session(self, exchange):
        session, client, practitioner = exchange.booked(100)
        assert exchange.refunds(session, p_cancellation_reason=" The flu ") == {
            "success": True,
            "session_id": session,
            "refunded_credits": 60,
            "client_new_balance": 100,
            "practitioner_new_balance": 0,
        }
        assert exchange.about(session, "status", "cancelled_by", "cancellation_reason", "credit_cost") == (
            "cancelled",
            None,
            "The flu",
            60,
        )
        assert exchange.entries(client)[2:] == [("refund", 60, 100)]
        assert exchange.entries(practitioner)[1:] == [("session_earning_reversal", -60, 0)]

    def test_is_two_linked_entries_of_the_session(self, exchange):
        session, _, _ = exchange.booked()
        exchange.refunds(session)
        sums = exchange.rows(
            "SELECT sum(amount)::int, count(*) FROM credit_transactions WHERE session_id = %s GROUP BY transfer_id",
            [session],
        )
        assert sums == [(0, 2), (0, 2)]

    def test_is_what_was_paid_whatever_it_costs_now(self, exchange):
        client, practitioner = exchange.pair(100)
        exchange.rate(practitioner, 60, 40)
        session = exchange.books(client, practitioner)["session_id"]
        exchange.rate(practitioner, 60, 90)
        exchange.change(practitioner, credits_per_hour=1000)
        assert exchange.refunds(session)["refunded_credits"] == 40
        assert (exchange.balance(client), exchange.balance(practitioner)) == (100, 0)

    @pytest.mark.parametrize("who", ["client", "practitioner"])
    def test_is_either_partys_until_the_start(self, exchange, exchange_as, who):
        client, practitioner = exchange.pair()
        session = exchange.books(client, practitioner)["session_id"]
        caller = exchange_as(client if who == "client" else practitioner)
        exchange.connection.execute(
            "UPDATE client_sessions SET starts_at = now() + interval '1 minute' WHERE id = %s", [session]
        )
        assert caller.refunds(session)["client_new_balance"] == 60
        assert exchange.about(session, "cancelled_by") == (client if who == "client" else practitioner)

    @pytest.mark.parametrize("status", ["scheduled", "confirmed", "in_progress"])
    def test_is_given_while_the_session_stands(self, exchange, status):
        session, client, _ = exchange.booked()
        exchange.becomes(session, status)
        exchange.refunds(session)
        assert exchange.balance(client) == 60

    def test_frees_the_time_of_both(self, exchange):
        session, client, practitioner = exchange.booked()
        exchange.refunds(session)
        assert exchange.books(client, practitioner)["session_id"] != session

    def test_of_a_payment_made_afterwards(self, exchange):
        client, practitioner = exchange.pair()
        session = exchange.unpaid(client, practitioner)
        exchange.pays(session, client, practitioner)
        assert exchange.refunds(session)["refunded_credits"] == 60
        assert exchange.balance(client) == 60

    def test_after_the_start_is_the_services(self, exchange):
        session, client, _ = exchange.booked()
        exchange.starts(session)
        exchange.refunds(session)
        assert exchange.balance(client) == 60

    def test_is_on_record_once(self, exchange, exchange_as):
        session, client, _ = exchange.booked()
        exchange_as(client).refunds(session, p_cancellation_reason="Secret")
        (row,) = exchange.audits("process_peer_booking_refund")
        assert (row["actor_id"], row["entity_id"], row["details"]) == (client, session, {"credits": 60})
        assert exchange.audits("cancel_session") == []


class TestIsRefused:
    @pytest.mark.parametrize("first", ["refunds", "cancels"])
    def test_twice_in_whatever_way(self, exchange, refuses, first):
        session, _, _ = exchange.booked()
        getattr(exchange, first)(session)
        for again in (exchange.refunds, exchange.cancels):
            with refuses("invalid_state", status="cancelled"):
                again(session)

    @pytest.mark.parametrize("status", ["completed", "no_show"])
    def test_of_what_is_over_to_everybody(self, exchange, exchange_as, refuses, status):
        session, client, practitioner = exchange.booked()
        exchange.becomes(session, status)
        for caller in (exchange, exchange_as(client), exchange_as(practitioner)):
            with refuses("invalid_state", status=status):
                caller.refunds(session)

    def test_of_what_was_never_paid(self, exchange, exchange_as, refuses):
        client, practitioner = exchange.pair()
        session = exchange.unpaid(client, practitioner)
        for caller in (exchange, exchange_as(client), exchange_as(practitioner)):
            with refuses("invalid_state", status="scheduled"):
                caller.refunds(session)

    def test_after_the_start_to_both(self, exchange, exchange_as, refuses):
        session, client, practitioner = exchange.booked()
        exchange.starts(session)
        deadline = exchange.about(session, "starts_at")
        for user in (client, practitioner):
            caller = exchange_as(user)
            with refuses("too_late", deadline=deadline):
                caller.refunds(session)

    def test_state_is_looked_at_before_the_clock(self, exchange, exchange_as, refuses):
        session, client, _ = exchange.booked()
        exchange.becomes(session, "completed")
        with refuses("invalid_state"):
            exchange_as(client).refunds(session)

    def test_to_outsiders_as_an_unknown_one_is(self, exchange, exchange_as, refuses):
        session, _, _ = exchange.booked()
        outsider = exchange_as(exchange.peer(60))
        told = set()
        for each in (session, UNKNOWN):
            with refuses("not_found", entity="session", id=each) as caught:
                outsider.refunds(each)
            told.add(caught.value.diag.message_primary)
        assert len(told) == 1

    def test_of_a_therapy_session(self, exchange, refuses):
        therapy = exchange.book(exchange.person(1), exchange.peer(), in_days(3), "10:00")["session_id"]
        with refuses("invalid_input", parameter="p_session_id"):
            exchange.refunds(therapy)

    def test_without_saying_of_what_and_with_too_long_a_reason(self, exchange, refuses):
        session, _, _ = exchange.booked()
        with refuses("invalid_input", parameter="p_session_id"):
            exchange.refunds(None)
        with refuses("invalid_input", parameter="p_cancellation_reason"):
            exchange.refunds(session, p_cancellation_reason="x" * 10_001)


class TestDebt:
    """The practitioner has spent what now goes back."""

    @pytest.fixture
    def debtor(self, exchange):
        """A practitioner who owes 60."""
        return exchange.debtor()

    def test_the_client_is_made_whole_and_nothing_is_minted(self, exchange):
        session, _, practitioner = exchange.booked()
        exchange.spends(practitioner, 50)
        before = exchange.total()
        result = exchange.refunds(session)
        assert (result["refunded_credits"], result["client_new_balance"], result["practitioner_new_balance"]) == (
            60,
            60,
            -50,
        )
        assert exchange.total() == before
        assert exchange.entries(practitioner)[-1] == ("session_earning_reversal", -60, -50)

    def test_by_cancelling_is_the_same(self, exchange):
        session, client, practitioner = exchange.booked()
        exchange.spends(practitioner, 60)
        assert exchange.cancels(session)["refunded_credits"] == 60
        assert (exchange.balance(client), exchange.balance(practitioner)) == (60, -60)

    def test_blocks_every_spending(self, exchange, refuses, debtor):
        other = exchange.peer()
        with refuses("insufficient_credits", required=60, available=0):
            exchange.books(debtor, other)
        with refuses("insufficient_credits", required=1, available=0):
            exchange.book(debtor, other, in_days(5), "10:00")
        with refuses("insufficient_credits", required=1, available=0):
            exchange.bank.transfer(debtor, other, 1)
        with refuses("insufficient_credits", required=1, available=0):
            exchange.spends(debtor, 1)

    def test_is_repaid_by_the_next_earning_in_whole(self, exchange, refuses, debtor):
        booked = exchange.books(exchange.peer(100), debtor, minutes=90)
        assert (booked["practitioner_balance_before"], booked["practitioner_balance_after"]) == (-60, 30)
        other = exchange.peer()
        with refuses("insufficient_credits", required=31, available=30):
            exchange.books(debtor, other, minutes=31, at="12:00")
        assert exchange.books(debtor, other, minutes=30, at="12:00")["client_balance_after"] == 0

    def test_is_repaid_by_the_next_earning_in_part(self, exchange, refuses, debtor):
        assert exchange.books(exchange.peer(60), debtor, minutes=20)["practitioner_balance_after"] == -40
        other = exchange.peer()
        with refuses("insufficient_credits", required=15, available=0):
            exchange.books(debtor, other, minutes=15, at="12:00")
        exchange.books(exchange.peer(60), debtor, minutes=40, at="13:00")
        assert exchange.balance(debtor) == 0
        with refuses("insufficient_credits", required=15, available=0):
            exchange.books(debtor, other, minutes=15, at="15:00")

    def test_is_repaid_by_what_is_bought_and_given(self, exchange, debtor):
        exchange.bank.change(debtor, 40)
        exchange.bank.transfer(exchange.peer(20), debtor, 20)
        assert exchange.balance(debtor) == 0

    def test_grows_by_another_refund(self, exchange):
        practitioner = exchange.peer()
        sessions = [exchange.books(exchange.peer(60), practitioner, at=at)["session_id"] for at in ("10:00", "12:00")]
        exchange.spends(practitioner, 120)
        for session in sessions:
            exchange.refunds(session)
        assert exchange.balance(practitioner) == -120

    def test_is_no_obstacle_to_being_booked_or_made_whole(self, exchange, debtor):
        """Who owes may still earn, and gets back what they paid before."""
        session, client, practitioner = exchange.booked()
        exchange.spends(practitioner, 60)
        paid = exchange.bank.change(client, 60) and exchange.books(client, debtor, at="12:00")["session_id"]
        exchange.refunds(session)
        assert exchange.balance(debtor) == 0
        exchange.refunds(paid)
        assert (exchange.balance(client), exchange.balance(debtor)) == (120, -60)
