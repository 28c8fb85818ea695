"""What both people are told of a peer session, and when."""

from datetime import UTC, datetime, timedelta

import pytest

from peer.exchange import in_days

TOLD_TO_CLIENT = ["peer_booking_confirmed_client", "peer_credits_deducted"]
TOLD_TO_PRACTITIONER = ["peer_booking_confirmed_practitioner", "peer_credits_earned"]
REMINDERS = ["booking_reminder_1h", "booking_reminder_24h"]


def payloads(exchange, session, kind):
    """Return receiver and payload of what was queued of a type."""
    return exchange.rows(
        "SELECT user_id::text, payload FROM notifications WHERE session_id = %s AND type = %s"
        " ORDER BY payload ->> 'role'",
        [session, kind],
    )


class TestABooking:
    def test_queues_its_four_and_the_reminders(self, exchange):
        session, client, practitioner = exchange.booked()
        assert exchange.told(session, client) == [*REMINDERS, *TOLD_TO_CLIENT]
        assert exchange.told(session, practitioner) == TOLD_TO_PRACTITIONER

    def test_orders_a_room_for_a_video_session_only(self, exchange):
        for hour, kind in enumerate(["video", "Video", "audio", "Thai massage, video on request"]):
            session, _, _ = exchange.booked(kind=kind, at=f"{hour:02}:00")
            assert ("create_video_room" in exchange.told(session)) is (kind == "video")

    def test_says_everywhere_that_it_is_a_peer_booking_and_of_which_session(self, exchange):
        session, client, practitioner = exchange.booked(kind="video")
        rows = exchange.rows(
            "SELECT type, payload, therapist_id::text FROM notifications WHERE session_id = %s", [session]
        )
        assert len(rows) == 7
        for kind, payload, therapist in rows:
            assert therapist == practitioner, kind
            assert payload["is_peer_booking"] is True, kind
            assert (payload["client_id"], payload["therapist_id"]) == (client, practitioner), kind
            assert datetime.fromisoformat(payload["starts_at"]).date() == in_days(3), kind

    def test_tells_what_it_cost(self, exchange):
        session, client, practitioner = exchange.booked()
        for kind, person in (("peer_credits_deducted", client), ("peer_credits_earned", practitioner)):
            ((receiver, payload),) = payloads(exchange, session, kind)
            assert (receiver, payload["credit_cost"]) == (person, 60)

    def test_half_an_hour_ahead_has_no_reminder_of_the_past(self, exchange):
        client, practitioner = exchange.pair()
        soon = datetime.now(UTC) + timedelta(minutes=30)
        session = exchange.books(client, practitioner, day=soon.date(), at=str(soon.time()))["session_id"]
        assert exchange.told(session) == sorted([*TOLD_TO_CLIENT, *TOLD_TO_PRACTITIONER])

    def test_queues_each_reminder_for_its_hour(self, exchange):
        session, _, _ = exchange.booked()
        assert exchange.rows(
            "SELECT n.type, s.starts_at - n.due_at FROM notifications n JOIN client_sessions s ON s.id = n.session_id"
            " WHERE n.type LIKE 'booking_reminder%%' AND s.id = %s ORDER BY 1",
            [session],
        ) == [("booking_reminder_1h", timedelta(hours=1)), ("booking_reminder_24h", timedelta(hours=24))]

    @pytest.mark.parametrize("kind", [*TOLD_TO_CLIENT, *TOLD_TO_PRACTITIONER, *REMINDERS])
    def test_stands_when_one_of_them_cannot_be_queued(self, exchange, kind):
        exchange.connection.execute(f"ALTER TABLE notifications ADD CONSTRAINT no CHECK (type <> '{kind}')")
        session, client, practitioner = exchange.booked()
        assert (exchange.balance(client), exchange.balance(practitioner)) == (0, 60)
        failed = exchange.rows("SELECT type, sqlstate FROM notification_failures WHERE session_id = %s", [session])
        assert (kind, "23514") in failed
        assert sorted(exchange.told(session) + [missing for missing, _ in failed]) == sorted(
            [*TOLD_TO_CLIENT, *TOLD_TO_PRACTITIONER, *REMINDERS]
        )


class TestARefund:
    def test_tells_both_once_what_came_back_and_why(self, exchange):
        session, client, practitioner = exchange.booked()
        exchange.refunds(session, p_cancellation_reason="The flu")
        told = payloads(exchange, session, "peer_booking_cancelled_refunded")
        assert [receiver for receiver, _ in told] == [client, practitioner]
        for _, payload in told:
            assert (payload["is_peer_booking"], payload["refunded_credits"], payload["reason"]) == (True, 60, "The flu")
            assert payload["cancelled_by"] is None

    def test_tells_who_cancelled(self, exchange, exchange_as):
        session, _, practitioner = exchange.booked()
        exchange_as(practitioner).refunds(session)
        ((_, payload), _) = payloads(exchange, session, "peer_booking_cancelled_refunded")
        assert payload["cancelled_by"] == practitioner

    def test_withdraws_the_reminders_and_the_room(self, exchange):
        session, _, _ = exchange.booked(kind="video")
        exchange.refunds(session)
        assert exchange.rows("SELECT type FROM notifications WHERE status = 'withdrawn' ORDER BY type") == [
            ("booking_reminder_1h",),
            ("booking_reminder_24h",),
            ("create_video_room",),
        ]

    def test_by_cancelling_tells_the_same(self, exchange):
        session, client, practitioner = exchange.booked()
        exchange.cancels(session, p_reason="The flu")
        told = payloads(exchange, session, "peer_booking_cancelled_refunded")
        assert [receiver for receiver, _ in told] == [client, practitioner]
        assert "booking_cancelled" not in exchange.told(session)


class TestAPayment:
    def test_afterwards_tells_what_a_booking_does(self, exchange):
        client, practitioner = exchange.pair()
        session = exchange.unpaid(client, practitioner, session_type="video")
        assert exchange.told(session) == REMINDERS
        exchange.pays(session, client, practitioner)
        assert exchange.told(session) == sorted(
            [*REMINDERS, "create_video_room", *TOLD_TO_CLIENT, *TOLD_TO_PRACTITIONER]
        )

    def test_twice_tells_once(self, exchange):
        client, practitioner = exchange.pair()
        session = exchange.unpaid(client, practitioner)
        exchange.pays(session, client, practitioner)
        told = exchange.told(session)
        exchange.pays(session, client, practitioner)
        assert exchange.told(session) == told


def test_moving_tells_both_and_moves_the_reminders(exchange):
    session, client, practitioner = exchange.booked()
    exchange.moves(session)
    assert [receiver for receiver, _ in payloads(exchange, session, "booking_rescheduled")] == [client, practitioner]
    assert exchange.rows(
        "SELECT count(*) FROM notifications n JOIN client_sessions s ON s.id = n.session_id"
        " WHERE n.status = 'pending' AND n.type LIKE 'booking_reminder%' AND n.due_at < s.starts_at"
        " AND n.due_at > s.starts_at - interval '25 hours'"
    ) == [(2,)]


def test_a_refusal_tells_nobody(exchange, refuses):
    client, practitioner = exchange.pair(59)
    with refuses("insufficient_credits"):
        exchange.books(client, practitioner)
    assert exchange.value("SELECT count(*) FROM notifications") == 0
