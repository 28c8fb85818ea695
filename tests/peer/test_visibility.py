"""Row-level security: both parties of a peer session see it, whichever role they have in it, and nobody else does."""

import pytest
from psycopg import errors


def seen(connection, table="client_sessions"):
    """Return how many rows of a table somebody sees."""
    return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_both_parties_see_their_session(exchange, as_user):
    session, client, practitioner = exchange.booked()
    exchange.booked(at="12:00")
    for person in (client, practitioner):
        assert as_user(person).execute("SELECT id::text FROM client_sessions").fetchall() == [(session,)]


def test_one_who_treats_and_is_treated_sees_both(exchange, as_user):
    session, client, practitioner = exchange.booked()
    back = exchange.books(practitioner, client, at="12:00")["session_id"]
    for person in (client, practitioner):
        rows = as_user(person).execute("SELECT id::text FROM client_sessions").fetchall()
        assert {row for (row,) in rows} == {session, back}


@pytest.mark.parametrize("status", ["scheduled", "confirmed", "in_progress", "completed", "cancelled", "no_show"])
def test_they_see_it_in_every_status(exchange, as_user, status):
    session, client, practitioner = exchange.booked()
    exchange.becomes(session, status)
    for person in (client, practitioner):
        assert seen(as_user(person)) == 1


def test_they_see_it_before_it_is_paid_and_after_they_have_left(exchange, as_user):
    client, practitioner = exchange.pair()
    exchange.unpaid(client, practitioner)
    exchange.connection.execute("UPDATE practitioners SET is_active = false")
    for person in (client, practitioner):
        assert seen(as_user(person)) == 1


def test_nobody_else_sees_it(exchange, as_user, as_anon, connect):
    exchange.booked()
    for stranger in (exchange.peer(), exchange.person(), "00000000-0000-4000-8000-000000000000", "bob", ""):
        assert seen(as_user(stranger)) == 0
    with pytest.raises(errors.InsufficientPrivilege):
        seen(as_anon())
    nobody = connect()
    nobody.execute("SET ROLE authenticated")
    assert seen(nobody) == 0


def test_the_service_sees_all(exchange, as_service):
    exchange.booked()
    assert seen(as_service()) == 1


def test_each_sees_their_own_entries_and_notifications_only(exchange, as_user):
    _, client, practitioner = exchange.booked()
    for person in (client, practitioner):
        connection = as_user(person)
        for table in ("credit_transactions", "credits", "notifications"):
            rows = connection.execute(f"SELECT DISTINCT user_id::text FROM {table}").fetchall()
            assert rows == [(person,)], table


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE client_sessions SET status = 'cancelled'",
        "UPDATE client_sessions SET paid_at = NULL, credit_cost = 0",
        "DELETE FROM client_sessions",
        "INSERT INTO client_sessions SELECT * FROM client_sessions",
        "UPDATE credit_rates SET credit_cost = 1",
        "INSERT INTO credit_rates SELECT caller_id(), 30, 1",
        "UPDATE practitioners SET credits_per_hour = 1000000",
        "UPDATE credits SET balance = balance + 60",
        "SELECT _peer_refund_session(s) FROM client_sessions s",
        "SELECT _peer_invariants()",
    ],
)
def test_parties_change_nothing_by_hand(exchange, as_user, statement):
    _, client, practitioner = exchange.booked()
    exchange.rate(practitioner, 60, 60)
    for person in (client, practitioner):
        with pytest.raises(errors.InsufficientPrivilege):
            as_user(person).execute(statement)


class TestRates:
    def test_are_the_services_to_write(self, exchange, as_service):
        practitioner = exchange.peer()
        service = as_service()
        service.execute("INSERT INTO credit_rates VALUES (%s, 60, 10)", [practitioner])
        service.execute("UPDATE credit_rates SET credit_cost = 11")
        assert exchange.value("SELECT get_practitioner_credit_cost(%s, 60)", [practitioner]) == 11
        with pytest.raises(errors.InsufficientPrivilege):
            service.execute("DELETE FROM credit_rates")

    def test_are_seen_by_whose_they_are(self, exchange, as_user):
        anna, bob = exchange.peer(), exchange.peer()
        exchange.rate(anna, 60, 10)
        assert (seen(as_user(anna), "credit_rates"), seen(as_user(bob), "credit_rates")) == (1, 0)

    @pytest.mark.parametrize("row", ["60, 0", "60, -1", "14, 10", "181, 10", "60, 1000001", "60, NULL"])
    def test_of_nothing_or_of_a_length_that_nobody_books_do_not_exist(self, exchange, row):
        practitioner = exchange.peer()
        with pytest.raises((errors.CheckViolation, errors.NotNullViolation)):
            exchange.connection.execute(f"INSERT INTO credit_rates VALUES ('{practitioner}', {row})")
