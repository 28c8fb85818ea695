"""What one can ask of the exchange: who takes peer bookings and what they cost, and one's own sessions."""

import pytest
from gusmester.calls import ask
from psycopg import errors


def found(exchange, **arguments):
    """Return names and costs of the practitioners that are listed."""
    return [
        (row["full_name"], row["credit_cost"]) for row in ask(exchange.connection, "peer_practitioners", **arguments)
    ]


class TestWhoIsListed:
    def test_are_those_who_accept_peer_bookings_by_name(self, exchange):
        for name in ("Berit", "Arne"):
            exchange.connection.execute(
                "UPDATE profiles SET full_name = %s WHERE user_id = %s", [name, exchange.peer()]
            )
        assert found(exchange) == [("Arne", 60), ("Berit", 60)]

    def test_is_nobody_who_cannot_be_booked(self, exchange):
        exchange.person()
        exchange.peer(is_active=False)
        exchange.peer(accepts_peer_bookings=False)
        left, erased = exchange.peer(), exchange.peer()
        exchange.connection.execute("UPDATE profiles SET is_active = false WHERE user_id = %s", [left])
        exchange.connection.execute("SELECT erase_person(%s)", [erased])
        assert found(exchange) == []

    def test_is_not_oneself(self, exchange, exchange_as):
        anna, bob = exchange.peer(), exchange.peer()
        rows = ask(exchange_as(anna).connection, "peer_practitioners")
        assert [row["practitioner_id"] for row in rows] == [bob]

    @pytest.mark.parametrize(
        ("search", "count"), [("person", 1), ("PERSON", 1), ("", 1), ("%", 0), ("_", 0), (None, 1)]
    )
    def test_is_whose_name_contains_what_one_looks_for(self, exchange, search, count):
        exchange.peer()
        assert len(found(exchange, p_search=search)) == count

    def test_is_shown_with_what_that_length_costs(self, exchange):
        practitioner = exchange.peer(credits_per_hour=50)
        exchange.rate(practitioner, 90, 3)
        for minutes, cost in ((60, 50), (50, 42), (90, 3), (15, 13)):
            ((_, shown),) = found(exchange, p_duration_minutes=minutes)
            assert (
                shown == cost == exchange.value("SELECT get_practitioner_credit_cost(%s, %s)", [practitioner, minutes])
            )

    def test_has_id_and_time_zone(self, exchange):
        practitioner = exchange.peer(timezone="Europe/Oslo")
        (row,) = ask(exchange.connection, "peer_practitioners")
        assert list(row) == ["practitioner_id", "full_name", "timezone", "credit_cost"]
        assert (row["practitioner_id"], row["timezone"]) == (practitioner, "Europe/Oslo")

    @pytest.mark.parametrize("minutes", [14, 181, None])
    def test_is_refused_for_a_length_that_nobody_books(self, exchange, refuses, minutes):
        with refuses("invalid_input", parameter="p_duration_minutes"):
            found(exchange, p_duration_minutes=minutes)

    def test_is_told_without_writing_and_to_nobody_who_is_not_signed_in(self, exchange, as_anon):
        exchange.peer()
        with exchange.connection.transaction():
            exchange.connection.execute("SET TRANSACTION READ ONLY")
            assert len(found(exchange)) == 1
        with pytest.raises(errors.InsufficientPrivilege):
            ask(as_anon(), "peer_practitioners")


def test_my_sessions_say_which_role_one_has(exchange, exchange_as):
    session, client, practitioner = exchange.booked()
    for person, role in ((client, "client"), (practitioner, "therapist")):
        (row,) = ask(exchange_as(person).connection, "my_sessions")
        assert (row["session_id"], row["role"], row["is_peer_booking"], row["credit_cost"]) == (session, role, True, 60)


def test_statistics_count_what_was_done(exchange, refuses):
    session, client, practitioner = exchange.booked()
    exchange.refunds(session)
    other = exchange.unpaid(client, practitioner)
    exchange.pays(other, client, practitioner)
    exchange.cancels(other)
    exchange.unpaid(client, practitioner)
    exchange.cleans(p_older_than="0")
    with refuses("self_booking"):
        exchange.books(client, client)
    counted = dict(
        exchange.rows(
            "SELECT metric, value FROM booking_stats(now() - interval '1 hour', now() + interval '1 hour')"
            " WHERE module = 'peer'"
        )
    )
    assert counted == {
        "sessions_booked": 1,
        "credits_charged": 120,
        "sessions_refunded": 1,
        "credits_refunded": 60,
        "orphans_cancelled": 1,
    }
