"""Scenario 31b: people of the exchange leave; what they had agreed on can still be undone, and all still adds up."""

import pytest
from core.records import all_text
from gusmester.calls import run
from psycopg import errors
from support.refusals import refused

from peer.exchange import in_days

LEAVE = [
    "UPDATE practitioners SET is_active = false, accepts_peer_bookings = false WHERE user_id = %s",
    "UPDATE profiles SET is_active = false WHERE user_id = %s",
    "UPDATE profiles SET is_active = false, deleted_at = now() WHERE user_id = %s",
    "SELECT erase_person(%s)",
]


@pytest.mark.parametrize("leave", LEAVE)
@pytest.mark.parametrize("who", ["client", "practitioner"])
def test_a_session_of_who_has_left_is_cancelled_and_refunded(exchange, exchange_as, leave, who):
    client, practitioner = exchange.pair(180)
    sessions = [exchange.books(client, practitioner, at=at)["session_id"] for at in ("10:00", "12:00", "14:00")]
    exchange.connection.execute(leave, [client if who == "client" else practitioner])
    exchange.refunds(sessions[0])
    exchange_as(client).refunds(sessions[1])
    exchange_as(practitioner).cancels(sessions[2])
    assert (exchange.balance(client), exchange.balance(practitioner)) == (180, 0)


@pytest.mark.parametrize("leave", LEAVE)
def test_who_has_left_makes_no_new_ones(exchange, exchange_as, refuses, leave):
    client, gone = exchange.peer(60), exchange.peer(60)
    exchange.connection.execute(leave, [gone])
    theirs = exchange_as(gone)
    with refuses("inactive", user_id=gone):
        exchange.books(client, gone)
    with refuses("inactive", user_id=gone):
        theirs.books(gone, client)


def test_who_has_left_in_debt_stays_in_debt(exchange):
    debtor = exchange.debtor()
    run(exchange.connection, "erase_person", p_user_id=debtor)
    assert exchange.balance(debtor) == -60


@pytest.mark.parametrize(
    "statement", ["DELETE FROM profiles WHERE user_id = %s", "DELETE FROM practitioners WHERE user_id = %s"]
)
@pytest.mark.parametrize("cancelled", [False, True])
def test_whoever_has_sessions_is_not_deleted(exchange, statement, cancelled):
    session, client, practitioner = exchange.booked()
    if cancelled:
        exchange.refunds(session)
    for person in (client, practitioner):
        if "practitioners" in statement:
            exchange.connection.execute("DELETE FROM availability_rules")
            if person == client:
                continue  # a client need not be a practitioner any more
        with pytest.raises((errors.ForeignKeyViolation, errors.RestrictViolation)):
            exchange.connection.execute(statement, [person])


def test_a_paid_session_is_not_deleted_without_being_noticed(exchange, superuser):
    """Its entries stay, and reconcile_credits() tells of them; erasing it all would take a superuser."""
    session, client, _ = exchange.booked()
    with exchange.connection.transaction(force_rollback=True):
        exchange.connection.execute("DELETE FROM client_sessions WHERE id = %s", [session])
        assert {row["problem"] for row in exchange.bank.differences(client)} == {"entry_without_session"}


class TestErasing:
    def erase(self, exchange, person):
        """Erase somebody and return what still tells of them."""
        run(exchange.connection, "erase_person", p_user_id=person)
        return [line for line in all_text(exchange.connection).splitlines() if "Trace" in line]

    @pytest.mark.parametrize("who", ["client", "practitioner"])
    def test_leaves_no_text_of_theirs_in_their_sessions(self, exchange, who):
        client, practitioner = exchange.pair(120)
        exchange.books(client, practitioner, p_notes="Trace")
        cancelled = exchange.books(client, practitioner, at="12:00")["session_id"]
        exchange.connection.execute("UPDATE client_sessions SET title = 'Trace', cancellation_reason = 'Trace'")
        exchange.refunds(cancelled)
        assert self.erase(exchange, client if who == "client" else practitioner) == []

    @pytest.mark.parametrize("cancels", ["refunds", "cancels"])
    def test_leaves_no_reason_of_theirs_with_the_other_one(self, exchange, exchange_as, cancels):
        session, client, practitioner = exchange.booked()
        reason = {"refunds": "p_cancellation_reason", "cancels": "p_reason"}[cancels]
        getattr(exchange_as(client), cancels)(session, **{reason: "Trace"})
        assert self.erase(exchange, client) == []
        assert exchange.told(session, practitioner) != []

    def test_keeps_who_met_whom_and_what_it_cost(self, exchange):
        session, client, practitioner = exchange.booked()
        self.erase(exchange, practitioner)
        assert exchange.about(session, "client_id", "therapist_id", "status", "credit_cost") == (
            client,
            practitioner,
            "scheduled",
            60,
        )
        assert (exchange.balance(client), exchange.balance(practitioner)) == (0, 60)

    def test_leaves_the_other_one_their_reminders(self, exchange):
        session, client, practitioner = exchange.booked()
        self.erase(exchange, practitioner)
        assert len(exchange.told(session, client)) == 4
        assert exchange.told(session, practitioner) == []

    def test_of_both_works_too(self, exchange):
        session, client, practitioner = exchange.booked()
        for person in (client, practitioner):
            self.erase(exchange, person)
        exchange.refunds(session)
        assert (exchange.balance(client), exchange.balance(practitioner)) == (60, 0)

    def test_does_not_keep_a_paid_session_from_being_moved_by_nobody(self, exchange):
        session, _, practitioner = exchange.booked()
        self.erase(exchange, practitioner)
        with refused("inactive"):
            exchange.moves(session, day=in_days(5))
