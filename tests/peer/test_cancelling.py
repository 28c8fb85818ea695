"""cancel_session() and reschedule_session() of peer sessions: their money, their people, their time."""

from datetime import UTC, datetime

import pytest

from peer.exchange import in_days


@pytest.fixture(params=["client", "practitioner", "service"])
def session(request, exchange, exchange_as):
    """A paid session; ``caller`` of the test is one of its parties or the service."""
    client, practitioner = exchange.pair()
    session = exchange.books(client, practitioner)["session_id"]
    request.cls.who = request.param
    request.cls.client, request.cls.practitioner = client, practitioner
    request.cls.caller = {
        "client": lambda: exchange_as(client),
        "practitioner": lambda: exchange_as(practitioner),
        "service": lambda: exchange,
    }[request.param]()
    return session


class TestCancelling:
    def test_gives_everything_back(self, exchange, session):
        result = self.caller.cancels(session, p_reason="The flu")
        assert result == {"success": True, "session_id": session, "refunded_credits": 60}
        assert (exchange.balance(self.client), exchange.balance(self.practitioner)) == (60, 0)
        by = {"client": self.client, "practitioner": self.practitioner, "service": None}[self.who]
        assert exchange.about(session, "status", "cancelled_by", "cancellation_reason") == ("cancelled", by, "The flu")

    def test_an_hour_ahead_still_gives_everything_back(self, exchange, session):
        """Unlike that of a therapy session by its client."""
        exchange.connection.execute("UPDATE client_sessions SET starts_at = now() + interval '1 hour'")
        assert self.caller.cancels(session)["refunded_credits"] == 60

    def test_after_the_start_is_the_services(self, exchange, refuses, session):
        exchange.starts(session)
        if self.who == "service":
            assert self.caller.cancels(session)["refunded_credits"] == 60
        else:
            with refuses("too_late", deadline=exchange.about(session, "starts_at")):
                self.caller.cancels(session)

    @pytest.mark.parametrize("status", ["completed", "no_show", "cancelled"])
    def test_of_what_is_over_is_refused(self, exchange, refuses, session, status):
        exchange.becomes(session, status)
        with refuses("invalid_state", status=status):
            self.caller.cancels(session)

    @pytest.mark.parametrize("status", ["confirmed", "in_progress"])
    def test_of_what_stands_gives_everything_back(self, exchange, session, status):
        exchange.becomes(session, status)
        assert self.caller.cancels(session)["refunded_credits"] == 60
        assert exchange.balance(self.client) == 60

    def test_does_not_ask_whether_either_has_left(self, exchange, session):
        exchange.connection.execute("UPDATE practitioners SET is_active = false")
        exchange.connection.execute("UPDATE profiles SET is_active = false")
        assert self.caller.cancels(session)["refunded_credits"] == 60


class TestCancellingWhatWasNeverPaid:
    def test_moves_nothing_and_tells_both_that_it_is_cancelled(self, exchange):
        client, practitioner = exchange.pair()
        session = exchange.unpaid(client, practitioner, credit_cost=60)
        assert exchange.cancels(session)["refunded_credits"] == 0
        assert exchange.told(session) == ["booking_cancelled", "booking_cancelled"]
        assert (exchange.balance(client), exchange.balance(practitioner)) == (60, 0)

    def test_by_outsiders_is_refused(self, exchange, exchange_as, refuses):
        session, outsider = exchange.unpaid(*exchange.pair()), exchange_as(exchange.peer())
        with refuses("not_found"):
            outsider.cancels(session)


class TestMoving:
    def test_moves_the_time_and_no_money(self, exchange, session):
        entries = exchange.value("SELECT count(*) FROM credit_transactions")
        result = self.caller.moves(session)
        assert result.keys() == {"success", "session_id", "starts_at", "ends_at"}
        expected = datetime.combine(in_days(4), datetime.min.time(), UTC).replace(hour=15)
        assert datetime.fromisoformat(result["starts_at"]) == expected
        assert exchange.value("SELECT count(*) FROM credit_transactions") == entries
        assert exchange.about(session, "status", "credit_cost") == ("scheduled", 60)

    def test_an_hour_ahead_is_still_everybodys(self, exchange, session):
        """Unlike that of a therapy session by its client: a peer session is cancelled with all back till then."""
        exchange.connection.execute("UPDATE client_sessions SET starts_at = now() + interval '1 hour'")
        assert self.caller.moves(session)["success"] is True

    def test_after_the_start_is_the_services(self, exchange, refuses, session):
        exchange.starts(session)
        if self.who == "service":
            assert self.caller.moves(session)["success"] is True
        else:
            with refuses("too_late"):
                self.caller.moves(session)

    @pytest.mark.parametrize("status", ["completed", "no_show", "cancelled"])
    def test_of_what_is_over_is_refused(self, exchange, refuses, session, status):
        exchange.becomes(session, status)
        with refuses("invalid_state", status=status):
            self.caller.moves(session)

    def test_onto_its_own_old_slot_works(self, exchange, session):
        assert self.caller.moves(session, day=in_days(3), at="10:30")["success"] is True

    def test_onto_anybodys_other_session_is_refused(self, exchange, refuses, session):
        third = exchange.peer(120)
        exchange.books(third, self.client, day=in_days(5), at="10:30")
        exchange.books(third, self.practitioner, day=in_days(6), at="10:30")
        for days in (5, 6):
            with refuses("slot_taken"):
                self.caller.moves(session, day=in_days(days), at="11:00")


class TestMovingIsRefused:
    def test_to_outsiders(self, exchange, exchange_as, refuses):
        session, _, _ = exchange.booked()
        outsider = exchange_as(exchange.peer())
        with refuses("not_found"):
            outsider.moves(session)

    def test_to_where_the_practitioner_does_not_work_and_into_the_past(self, exchange, refuses):
        client, practitioner = exchange.peer(60), exchange.practitioner("09:00-12:00")
        session = exchange.books(client, practitioner)["session_id"]
        with refuses("outside_availability"):
            exchange.moves(session, at="11:30")
        with refuses("in_the_past"):
            exchange.moves(session, day=in_days(-2))

    def test_when_one_of_them_has_left(self, exchange, refuses):
        session, client, practitioner = exchange.booked()
        for person in (client, practitioner):
            exchange.connection.execute("UPDATE profiles SET is_active = user_id <> %s", [person])
            with refuses("inactive", user_id=person):
                exchange.moves(session)


class TestSteps:
    """What else happens to a session is its practitioner's, as with any other."""

    def test_are_the_practitioners_and_move_no_money(self, exchange, exchange_as):
        session, client, practitioner = exchange.booked()
        theirs = exchange_as(practitioner)
        for command in ("confirm_session", "start_session"):
            assert theirs.steps(session, command)["success"] is True
        exchange.starts(session)
        assert theirs.steps(session, "complete_session")["status"] == "completed"
        assert (exchange.balance(client), exchange.balance(practitioner)) == (0, 60)

    def test_are_not_the_clients(self, exchange, exchange_as, refuses):
        session, client, _ = exchange.booked()
        for command in ("confirm_session", "start_session", "complete_session", "mark_session_no_show"):
            with refuses("not_allowed"):
                exchange_as(client).steps(session, command)

    def test_a_client_who_does_not_come_has_paid(self, exchange):
        session, client, practitioner = exchange.booked()
        exchange.becomes(session, "no_show")
        assert (exchange.balance(client), exchange.balance(practitioner)) == (0, 60)
