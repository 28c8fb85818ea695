"""create_peer_booking(): a practitioner books another one for credits, with all that belongs to it or not at all."""

from datetime import UTC, date, datetime, timedelta

import pytest

from peer.exchange import UNKNOWN, in_days


class TestABooking:
    def test_takes_here_and_adds_there(self, exchange):
        client, practitioner = exchange.peer(60), exchange.peer(5)
        result = exchange.books(client, practitioner)
        starts_at = datetime.combine(in_days(3), datetime.min.time(), UTC) + timedelta(hours=10)
        session = result.pop("session_id")
        assert [datetime.fromisoformat(result.pop(name)) for name in ("starts_at", "ends_at")] == [
            starts_at,
            starts_at + timedelta(hours=1),
        ]
        assert result == {
            "success": True,
            "credit_cost": 60,
            "client_balance_before": 60,
            "client_balance_after": 0,
            "practitioner_balance_before": 5,
            "practitioner_balance_after": 65,
            "status": "scheduled",
        }
        assert (exchange.balance(client), exchange.balance(practitioner)) == (0, 65)
        assert exchange.about(session, "client_id", "therapist_id", "is_peer_booking", "credit_cost", "status") == (
            client,
            practitioner,
            True,
            60,
            "scheduled",
        )

    def test_is_two_linked_entries_with_before_and_after(self, exchange):
        client, practitioner = exchange.peer(100), exchange.peer(5)
        session = exchange.books(client, practitioner)["session_id"]
        rows = exchange.rows(
            "SELECT user_id::text, transaction_type, amount, balance_before, balance_after, session_id::text,"
            " transfer_id FROM credit_transactions WHERE session_id IS NOT NULL ORDER BY amount"
        )
        (transfer,) = {row[-1] for row in rows}
        assert transfer
        assert [row[:-1] for row in rows] == [
            (client, "session_payment", -60, 100, 40, session),
            (practitioner, "session_earning", 60, 5, 65, session),
        ]

    def test_says_when_it_was_paid_and_for_what(self, exchange):
        session, _, _ = exchange.booked(p_notes=" My left shoulder ")
        assert exchange.about(session, "notes", "session_type", "duration_minutes") == (
            "My left shoulder",
            "Massage",
            60,
        )
        assert exchange.about(session, "paid_at") == exchange.about(session, "created_at")

    def test_by_oneself_needs_no_name(self, exchange, exchange_as):
        client, practitioner = exchange.pair()
        assert exchange_as(client).books(None, practitioner)["client_balance_after"] == 0

    def test_makes_the_accounts_of_both(self, exchange):
        client, practitioner = exchange.pair()
        assert exchange.books(client, practitioner)["practitioner_balance_before"] == 0
        assert exchange.entries(practitioner) == [("session_earning", 60, 60)]

    def test_goes_either_way_whichever_id_is_lower(self, exchange):
        low, high = sorted([exchange.peer(60), exchange.peer(60)])
        exchange.books(low, high, at="10:00")
        exchange.books(high, low, at="12:00")
        assert (exchange.balance(low), exchange.balance(high)) == (60, 60)

    def test_takes_the_time_of_both(self, exchange, refuses):
        session, client, practitioner = exchange.booked(120)
        third = exchange.peer(60)
        for pair in ((third, practitioner), (third, client), (practitioner, third), (client, third)):
            with refuses("slot_taken"):
                exchange.books(*pair, at="10:30")
        assert exchange.books(client, third, at="11:00")["success"] is True
        assert session

    def test_back_to_back_ones_do_not_meet(self, exchange):
        client, practitioner = exchange.pair(180)
        for at in ("10:00", "11:00", "09:00"):
            exchange.books(client, practitioner, at=at)
        assert exchange.balance(practitioner) == 180

    @pytest.mark.parametrize("minutes", [15, 180])
    def test_lasts_15_to_180_minutes(self, exchange, minutes):
        client, practitioner = exchange.pair(180)
        assert exchange.books(client, practitioner, minutes=minutes)["credit_cost"] == minutes

    def test_is_at_a_time_of_the_practitioners_zone(self, exchange):
        client = exchange.peer(60, timezone="Europe/Oslo")
        practitioner = exchange.peer(timezone="America/New_York")
        exchange.connection.execute("SET timezone = 'Asia/Tokyo'")
        session = exchange.books(client, practitioner, day=date(2090, 1, 10), at="10:00")
        assert session["starts_at"] == "2090-01-10T15:00:00+00:00"
        assert exchange.about(session["session_id"], "session_date", "start_time", "timezone") == (
            "2090-01-10",
            "10:00:00",
            "America/New_York",
        )

    def test_converts_the_clients_hold(self, exchange, refuses):
        client, practitioner = exchange.pair()
        at = datetime.combine(in_days(3), datetime.min.time(), UTC) + timedelta(hours=10)
        exchange.hold(practitioner, at, p_holder_id=client)
        other = exchange.peer(60)
        with refuses("slot_taken"):
            exchange.books(other, practitioner)
        exchange.books(client, practitioner)
        assert exchange.rows("SELECT status FROM slot_holds") == [("converted",)]

    def test_does_not_ask_whether_the_client_works_then_or_accepts_bookings(self, exchange):
        client = exchange.practitioner(credits=60, accepts_peer_bookings=False)
        assert exchange.books(client, exchange.peer())["success"] is True

    def test_is_on_record_once(self, exchange, exchange_as):
        client, practitioner = exchange.pair()
        booked = exchange_as(client).books(client, practitioner, p_notes="Secret")
        (row,) = exchange.audits("create_peer_booking")
        assert (row["actor_id"], row["entity"], row["entity_id"]) == (client, "session", booked["session_id"])
        assert row["details"].keys() == {"client_id", "practitioner_id", "starts_at", "credits"}
        assert row["details"]["credits"] == 60


class TestTheCost:
    @pytest.mark.parametrize(
        ("per_hour", "minutes", "cost"),
        [
            (60, 60, 60),
            (60, 15, 15),
            (60, 90, 90),
            (50, 50, 42),
            (1, 15, 1),
            (1, 61, 2),
            (0, 180, 1),
            (7, 60, 7),
            (10, 45, 8),
        ],
    )
    def test_is_the_credits_per_hour_rounded_up_at_least_1(self, exchange, per_hour, minutes, cost):
        client, practitioner = exchange.peer(100), exchange.peer(credits_per_hour=per_hour)
        assert exchange.value("SELECT get_practitioner_credit_cost(%s, %s)", [practitioner, minutes]) == cost
        assert exchange.books(client, practitioner, minutes=minutes)["credit_cost"] == cost
        assert exchange.balance(practitioner) == cost

    def test_is_the_rate_of_that_length_where_there_is_one(self, exchange):
        client, practitioner = exchange.peer(100), exchange.peer()
        exchange.rate(practitioner, 90, 3)
        assert exchange.books(client, practitioner, minutes=90, at="10:00")["credit_cost"] == 3
        assert exchange.books(client, practitioner, minutes=60, at="12:00")["credit_cost"] == 60

    def test_is_the_practitioners_not_the_clients(self, exchange):
        client, practitioner = exchange.pair()
        exchange.rate(client, 60, 1)
        assert exchange.books(client, practitioner)["credit_cost"] == 60

    def test_may_be_as_great_as_a_rate(self, exchange):
        client, practitioner = exchange.peer(1_000_000), exchange.peer(credits_per_hour=1_000_000)
        assert exchange.books(client, practitioner)["practitioner_balance_after"] == 1_000_000

    @pytest.mark.parametrize("minutes", [14, 181, 0, -60, None, 2**31 - 1])
    def test_of_a_length_that_nobody_books_is_refused(self, exchange, refuses, minutes):
        practitioner = exchange.peer()
        with refuses("invalid_input", parameter="p_duration_minutes"):
            exchange.value("SELECT get_practitioner_credit_cost(%s, %s)", [practitioner, minutes])

    def test_of_somebody_who_cannot_be_booked_is_refused(self, exchange, refuses):
        for person, reason in [
            (UNKNOWN, "not_found"),
            (None, "invalid_input"),
            (exchange.person(), "not_a_practitioner"),
            (exchange.peer(is_active=False), "inactive"),
        ]:
            with refuses(reason):
                exchange.value("SELECT get_practitioner_credit_cost(%s, 60)", [person])

    def test_is_told_to_users_and_without_writing(self, exchange, exchange_as):
        user, practitioner = exchange_as(exchange.person()), exchange.peer()
        with user.connection.transaction():
            user.connection.execute("SET TRANSACTION READ ONLY")
            assert user.value("SELECT get_practitioner_credit_cost(%s, 60)", [practitioner]) == 60


class TestIsRefused:
    def test_to_who_has_59_of_60(self, exchange, refuses):
        client, practitioner = exchange.pair(59)
        with refuses("insufficient_credits", required=60, available=59):
            exchange.books(client, practitioner)

    def test_to_who_never_had_any_and_makes_no_account(self, exchange, refuses):
        client, practitioner = exchange.pair(0)
        with refuses("insufficient_credits", required=60, available=0) as caught:
            exchange.books(client, practitioner)
        assert caught.value.diag.message_primary == "Insufficient credits. Required: 60, available: 0"
        assert exchange.rows("SELECT user_id FROM credits") == []

    def test_with_oneself(self, exchange, refuses):
        client = exchange.peer(60)
        with refuses("self_booking") as caught:
            exchange.books(client, client)
        assert caught.value.diag.message_primary == "Cannot book a session with yourself"

    def test_to_and_with_somebody_unknown(self, exchange, refuses):
        client = exchange.peer(60)
        for pair in ((client, UNKNOWN), (UNKNOWN, client)):
            with refuses("not_found", entity="profile", id=UNKNOWN):
                exchange.books(*pair)

    def test_to_and_with_somebody_who_is_no_practitioner(self, exchange, refuses):
        client, nobody = exchange.peer(60), exchange.person(60)
        for pair in ((client, nobody), (nobody, client)):
            with refuses("not_a_practitioner", user_id=nobody):
                exchange.books(*pair)

    def test_to_and_with_an_inactive_practitioner(self, exchange, refuses):
        client, idle = exchange.peer(60), exchange.peer(60, is_active=False)
        for pair in ((client, idle), (idle, client)):
            with refuses("inactive", user_id=idle):
                exchange.books(*pair)

    @pytest.mark.parametrize("change", ["is_active = false", "deleted_at = now()"])
    def test_to_and_with_somebody_who_has_left(self, exchange, refuses, change):
        client, gone = exchange.peer(60), exchange.peer(60)
        exchange.connection.execute(f"UPDATE profiles SET {change} WHERE user_id = %s", [gone])
        for pair in ((client, gone), (gone, client)):
            with refuses("inactive", user_id=gone):
                exchange.books(*pair)

    def test_with_who_takes_no_peer_bookings(self, exchange, refuses):
        client, closed = exchange.peer(60), exchange.peer(accepts_peer_bookings=False)
        with refuses("not_accepting", user_id=closed):
            exchange.books(client, closed)

    @pytest.mark.parametrize(
        ("wrong", "parameter"),
        [
            ({"p_client_id": None}, "p_client_id"),
            ({"p_practitioner_id": None}, "p_practitioner_id"),
            ({"p_session_date": None}, "p_session_date"),
            ({"p_session_date": "infinity"}, "p_session_date"),
            ({"p_session_date": "2100-01-01"}, "p_session_date"),
            ({"p_session_date": "1999-12-31"}, "p_session_date"),
            ({"p_start_time": None}, "p_start_time"),
            ({"p_duration_minutes": None}, "p_duration_minutes"),
            ({"p_duration_minutes": 14}, "p_duration_minutes"),
            ({"p_duration_minutes": 0}, "p_duration_minutes"),
            ({"p_duration_minutes": -30}, "p_duration_minutes"),
            ({"p_duration_minutes": 181}, "p_duration_minutes"),
            ({"p_session_type": None}, "p_session_type"),
            ({"p_session_type": " "}, "p_session_type"),
            ({"p_session_type": "x" * 10_001}, "p_session_type"),
            ({"p_notes": "x" * 10_001}, "p_notes"),
        ],
    )
    def test_with_what_makes_no_sense(self, exchange, refuses, wrong, parameter):
        client, practitioner = exchange.pair()
        with refuses("invalid_input", parameter=parameter):
            exchange.books(client, practitioner, **wrong)

    def test_now_and_before(self, exchange, refuses):
        client, practitioner = exchange.pair()
        with exchange.connection.transaction():
            now = exchange.now().astimezone(UTC)
            for moment in (now, now - timedelta(microseconds=1), now - timedelta(days=2)):
                with refuses("in_the_past"):
                    exchange.books(client, practitioner, day=moment.date(), at=str(moment.time()))
            soon = now + timedelta(microseconds=1)
            assert exchange.books(client, practitioner, day=soon.date(), at=str(soon.time()))["success"] is True

    def test_when_the_clock_skips_it(self, exchange, refuses):
        client, practitioner = exchange.peer(60), exchange.peer(timezone="Europe/Oslo")
        with refuses("nonexistent_local_time"):
            exchange.books(client, practitioner, day=date(2027, 3, 28), at="02:30")

    def test_of_an_hour_that_comes_twice_is_the_first(self, exchange):
        client, practitioner = exchange.peer(60), exchange.peer(timezone="Europe/Oslo")
        booked = exchange.books(client, practitioner, day=date(2027, 10, 31), at="02:30")
        assert booked["starts_at"] == "2027-10-31T00:30:00+00:00"

    def test_when_the_practitioner_does_not_work(self, exchange, refuses):
        client = exchange.peer(60)
        for practitioner in (exchange.practitioner(), exchange.practitioner("08:00-10:30")):
            with refuses("outside_availability"):
                exchange.books(client, practitioner)

    def test_when_the_practitioner_has_taken_time_off(self, exchange, refuses):
        client, practitioner = exchange.pair()
        start = datetime.combine(in_days(3), datetime.min.time(), UTC)
        exchange.closes(practitioner, start, start + timedelta(days=1))
        with refuses("slot_taken"):
            exchange.books(client, practitioner)

    def test_earlier_and_later_than_the_practitioner_plans(self, exchange, refuses):
        client, practitioner = exchange.peer(60), exchange.peer(min_notice="2 days", max_ahead="10 days")
        for days in (1, 12):
            with refuses("outside_availability"):
                exchange.books(client, practitioner, day=in_days(days))
        assert exchange.books(client, practitioner)["success"] is True

    def test_across_a_therapy_session_in_either_role(self, exchange, refuses):
        client, practitioner = exchange.peer(61), exchange.peer(61)
        exchange.book(client, exchange.peer(), in_days(3), "10:30")
        with refuses("slot_taken"):
            exchange.books(client, practitioner)
        exchange.book(exchange.person(1), practitioner, in_days(4), "10:30")
        with refuses("slot_taken"):
            exchange.books(client, practitioner, day=in_days(4))

    def test_beyond_midnight_and_across_it(self, exchange, refuses):
        client, practitioner = exchange.pair(120)
        third = exchange.peer(60)
        exchange.books(client, practitioner, at="23:30")
        with refuses("slot_taken"):
            exchange.books(third, practitioner, day=in_days(4), at="00:00")
        with refuses("slot_taken"):
            exchange.books(third, practitioner, at="23:45", minutes=15)
        assert exchange.books(client, practitioner, day=in_days(4), at="00:30")["success"] is True


class TestTheOrderOfRefusals:
    """Whatever else is wrong, the first of these that is wrong is what one is told."""

    def test_is_people_time_place_money(self, exchange, refuses):
        client, practitioner = exchange.peer(59, is_active=False), exchange.peer()
        exchange.change(practitioner, is_active=False, accepts_peer_bookings=False)
        exchange.connection.execute("DELETE FROM availability_rules WHERE practitioner_id = %s", [practitioner])
        third = exchange.peer(60)
        past = {"day": in_days(-1)}

        with refuses("invalid_input", parameter="p_duration_minutes"):
            exchange.books(client, client, minutes=14, **past)
        with refuses("self_booking"):
            exchange.books(client, client, **past)
        with refuses("not_found"):
            exchange.books(client, UNKNOWN, **past)
        with refuses("inactive", user_id=client):
            exchange.books(client, practitioner, **past)
        exchange.change(client, is_active=True)
        with refuses("inactive", user_id=practitioner):
            exchange.books(client, practitioner, **past)
        exchange.change(practitioner, is_active=True)
        with refuses("not_accepting"):
            exchange.books(client, practitioner, **past)
        exchange.change(practitioner, accepts_peer_bookings=True)
        with refuses("in_the_past"):
            exchange.books(client, practitioner, **past)
        with refuses("outside_availability"):
            exchange.books(client, practitioner)
        exchange.works(practitioner, "00:00-24:00")
        in_the_way = exchange.books(third, practitioner)["session_id"]
        with refuses("slot_taken"):
            exchange.books(client, practitioner)
        exchange.refunds(in_the_way)
        with refuses("insufficient_credits"):
            exchange.books(client, practitioner)


class TestSeveralInOneTransaction:
    def test_follow_each_other(self, exchange):
        client, practitioner = exchange.pair()
        with exchange.connection.transaction():
            exchange.books(client, practitioner, at="10:00")
            exchange.books(practitioner, client, at="12:00")
        assert [after for _, _, after in exchange.entries(client)] == [60, 0, 60]

    def test_go_on_after_a_refusal_which_leaves_nothing(self, exchange, refuses):
        client, practitioner = exchange.pair()
        with exchange.connection.transaction():
            exchange.books(client, practitioner, at="10:00")
            with refuses("insufficient_credits", available=0):
                exchange.books(client, practitioner, at="12:00")
        assert exchange.value("SELECT count(*) FROM client_sessions") == 1

    def test_of_two_in_one_statement_both_stand_or_none(self, exchange, refuses):
        client, practitioner = exchange.pair(60)
        with refuses("insufficient_credits"):
            exchange.rows(
                "SELECT create_peer_booking(%s, %s, %s, t::time, 60, 'Massage')"
                " FROM unnest(ARRAY['10:00', '12:00']) AS t",
                [client, practitioner, in_days(3)],
            )
