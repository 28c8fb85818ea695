"""I4, I5 and I6: whatever is broken behind the back of triggers and constraints is reported, and nothing else."""

import pytest


@pytest.fixture(autouse=True)
def every_invariant_holds():
    """Not here: each test breaks one."""


@pytest.fixture
def booked(exchange):
    """A paid session, its client and its practitioner."""
    return exchange.booked()


def reported(exchange):
    """Return number and entity of all that is broken."""
    return [(row["invariant"], row["entity_id"]) for row in exchange.broken_invariants()]


def i6(exchange):
    """Return the sessions that break I6."""
    return [entity for number, entity in reported(exchange) if number == "I6"]


class TestAHealthyExchange:
    def test_reports_nothing_whatever_was_done(self, exchange):
        for status in ("scheduled", "confirmed", "in_progress", "completed", "no_show", "cancelled"):
            session, _, _ = exchange.booked()
            exchange.becomes(session, status)
            if status != "cancelled":
                exchange.becomes(exchange.unpaid(*exchange.pair()), status)
        exchange.refunds(exchange.booked()[0])
        exchange.cleans(p_older_than="0")
        exchange.debtor()
        exchange.book(exchange.person(1), exchange.peer(), "2090-01-01", "10:00")
        assert reported(exchange) == []


class TestWhatAPaidSessionIsWorth:
    def test_nothing_when_it_has_no_entries(self, exchange, superuser):
        session = exchange.unpaid(*exchange.pair(), credit_cost=60)
        superuser.execute("UPDATE client_sessions SET paid_at = now()")
        assert reported(exchange) == [("I6", session)]

    @pytest.mark.parametrize("kind", ["session_payment", "session_earning"])
    def test_nothing_when_one_entry_is_gone(self, exchange, superuser, booked, kind):
        superuser.execute("DELETE FROM credit_transactions WHERE transaction_type = %s", [kind])
        assert i6(exchange) == [booked[0]]

    def test_nothing_when_both_are_of_another_amount(self, exchange, superuser, booked):
        superuser.execute(
            "UPDATE credit_transactions"
            " SET amount = sign(amount) * 59, balance_after = balance_before + sign(amount) * 59"
            " WHERE session_id = %s",
            [booked[0]],
        )
        assert i6(exchange) == [booked[0]]

    def test_nothing_when_the_session_says_another_amount(self, exchange, superuser, booked):
        for cost in ("59", "NULL", "0"):
            superuser.execute(f"UPDATE client_sessions SET credit_cost = {cost}")
            assert i6(exchange) == [booked[0]]

    @pytest.mark.parametrize("kind", ["session_payment", "session_earning"])
    def test_nothing_when_an_entry_is_somebody_elses(self, exchange, superuser, booked, kind):
        stranger = exchange.peer(60)
        superuser.execute(
            "UPDATE credit_transactions SET user_id = %s, entry_number = 99 WHERE transaction_type = %s",
            [stranger, kind],
        )
        assert i6(exchange) == [booked[0]]

    def test_nothing_when_an_entry_is_of_another_type(self, exchange, superuser, booked):
        superuser.execute(
            "UPDATE credit_transactions SET transaction_type = 'bonus' WHERE transaction_type = 'session_earning'"
        )
        assert i6(exchange) == [booked[0]]

    def test_nothing_when_it_was_paid_twice(self, exchange, superuser, booked):
        self.copy(superuser, "session_payment", "session_earning")
        assert i6(exchange) == [booked[0]]

    def test_nothing_when_a_third_person_was_given_something(self, exchange, superuser, booked):
        stranger = exchange.peer(60)
        superuser.execute("UPDATE credit_transactions SET session_id = %s WHERE user_id = %s", [booked[0], stranger])
        assert i6(exchange) == [booked[0]]

    def test_nothing_when_it_was_never_paid_but_has_entries(self, exchange, superuser, booked):
        superuser.execute("UPDATE client_sessions SET paid_at = NULL")
        assert i6(exchange) == [booked[0]]

    def copy(self, superuser, *kinds):
        """Double entries."""
        superuser.execute(
            "INSERT INTO credit_transactions (user_id, entry_number, transaction_type, amount, balance_before,"
            " balance_after, session_id, created_at) SELECT user_id, entry_number + 10, transaction_type, amount,"
            " balance_before, balance_after, session_id, created_at FROM credit_transactions"
            " WHERE transaction_type = ANY (%s)",
            [list(kinds)],
        )


class TestWhatARefundIsWorth:
    def test_nothing_when_the_session_was_cancelled_without_it(self, exchange, booked):
        exchange.connection.execute("UPDATE client_sessions SET status = 'cancelled'")
        assert i6(exchange) == [booked[0]]

    @pytest.mark.parametrize("status", ["scheduled", "confirmed", "in_progress", "completed", "no_show"])
    def test_nothing_when_the_session_is_not_cancelled(self, exchange, superuser, booked, status):
        exchange.refunds(booked[0])
        superuser.execute("UPDATE client_sessions SET status = %s", [status])
        assert i6(exchange) == [booked[0]]

    @pytest.mark.parametrize("kind", ["refund", "session_earning_reversal"])
    def test_nothing_when_one_entry_is_gone(self, exchange, superuser, booked, kind):
        exchange.refunds(booked[0])
        superuser.execute("DELETE FROM credit_transactions WHERE transaction_type = %s", [kind])
        assert i6(exchange) == [booked[0]]

    def test_nothing_when_it_was_of_another_amount(self, exchange, superuser, booked):
        exchange.refunds(booked[0])
        superuser.execute(
            "UPDATE credit_transactions"
            " SET amount = sign(amount) * 59, balance_after = balance_before + sign(amount) * 59"
            " WHERE transaction_type IN ('refund', 'session_earning_reversal')"
        )
        assert i6(exchange) == [booked[0]]

    @pytest.mark.parametrize(
        ("person", "kinds"),
        [
            ("client_id", {-60: "session_payment", 60: "refund"}),
            ("therapist_id", {-60: "session_earning_reversal", 60: "session_earning"}),
        ],
    )
    def test_nothing_when_one_of_them_paid_and_got_back_everything_twice(
        self, exchange, superuser, booked, person, kinds
    ):
        """Four entries of the right amounts that sum to 0, and yet the other one has none."""
        exchange.refunds(booked[0])
        for amount, kind in kinds.items():
            superuser.execute(
                "UPDATE credit_transactions t"
                f" SET user_id = s.{person}, transaction_type = %s, entry_number = 100 + t.id"
                " FROM client_sessions s WHERE s.id = t.session_id AND t.amount = %s",
                [kind, amount],
            )
        assert i6(exchange) == [booked[0]]


def test_i4_reports_a_transfer_that_does_not_sum_to_nothing(exchange, superuser, booked):
    superuser.execute(
        "UPDATE credit_transactions SET amount = 61, balance_after = 61 WHERE transaction_type = 'session_earning'"
    )
    transfer = exchange.value(
        "SELECT transfer_id::text FROM credit_transactions WHERE transaction_type = 'session_earning'"
    )
    assert ("I4", transfer) in reported(exchange)


class TestTwoPlacesAtOnce:
    def test_i5_reports_a_client_who_is_practitioner_elsewhere(self, exchange, superuser, booked):
        _, client, _ = booked
        other = exchange.books(exchange.peer(60), client, at="12:00")["session_id"]
        superuser.execute(
            "UPDATE client_sessions SET starts_at = s.starts_at, ends_at = s.ends_at FROM client_sessions s"
            " WHERE s.id = %s AND client_sessions.id = %s",
            [booked[0], other],
        )
        assert ("I5", client) in reported(exchange)

    def test_i5_reports_two_who_treat_each_other_at_once(self, exchange, superuser, booked):
        session, client, practitioner = booked
        back = exchange.books(practitioner, client, at="12:00")["session_id"]
        superuser.execute(
            "UPDATE client_sessions"
            " SET starts_at = s.starts_at + interval '59 minutes', ends_at = s.ends_at + interval '59 minutes'"
            " FROM client_sessions s WHERE s.id = %s AND client_sessions.id = %s",
            [session, back],
        )
        assert {("I5", client), ("I5", practitioner)} <= set(reported(exchange))
