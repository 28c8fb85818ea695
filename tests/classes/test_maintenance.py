"""What run_maintenance() does for classes: unpaid cards, free places, lines that nobody needs, addresses to forget."""

import pytest


def ages(studio, booking, age):
    """Let a booking have been made so long ago."""
    studio.connection.execute("UPDATE bookings SET created_at = now() - %s::interval WHERE id = %s", [age, booking])


@pytest.fixture
def unpaid(studio):
    """A class whose one place somebody has by a card that is not paid."""
    class_id, client = studio.plans(), studio.client()
    return class_id, studio.books(class_id, client, "card")["booking_id"]


class TestUnpaidCards:
    @pytest.mark.parametrize(
        ("age", "cancelled"), [("30 minutes -1 second", False), ("30 minutes", True), ("1 day", True)]
    )
    @pytest.mark.parametrize("status", ["pending", "failed"])
    def test_are_cancelled_after_30_minutes(self, studio, unpaid, age, cancelled, status):
        class_id, booking = unpaid
        if status == "failed":
            studio.pays(booking, "failed")
        with studio.connection.transaction():
            ages(studio, booking, age)
            assert studio.maintains() == ({"unpaid_bookings_cancelled": 1} if cancelled else {})
        assert studio.booking(booking, "booking_status", "payment_status") == (
            "cancelled" if cancelled else "confirmed", status,
        )  # fmt: skip
        assert studio.taken(class_id) == (0 if cancelled else 1)
        assert len(studio.audits("cancel_unpaid_booking")) == cancelled

    def test_are_cancelled_after_the_settings_time(self, studio, unpaid):
        studio.connection.execute("UPDATE settings SET card_payment_window = '1 minute'")
        ages(studio, unpaid[1], "1 minute")
        assert studio.maintains() == {"unpaid_bookings_cancelled": 1}

    def test_give_their_place_to_who_waits(self, studio, unpaid):
        class_id, booking = unpaid
        waits = studio.covered()
        studio.joins(class_id, waits)
        ages(studio, booking, "1 hour")
        assert studio.maintains() == {"unpaid_bookings_cancelled": 1}
        assert studio.holders(class_id) == [waits.id]
        (row,) = studio.audits("cancel_unpaid_booking")
        assert row["details"]["promoted_booking_id"]

    def test_that_are_paid_attended_or_over_are_left_alone(self, studio):
        bookings = [studio.books(studio.plans(), studio.client(), "card")["booking_id"] for _ in range(3)]
        studio.pays(bookings[0])
        studio.checks_in(bookings[1])
        started = studio.booking(bookings[2], "class_session_id")
        for booking in bookings:
            ages(studio, booking, "1 day")
        studio.move(started, "0")
        assert studio.maintains() == {}

    def test_and_nothing_else_is_cancelled(self, studio):
        class_id = studio.plans(capacity=5, p_is_free=True)
        for method in ("cash", "free"):
            studio.books(class_id, studio.client(), method)
        studio.books(class_id, studio.covered())
        studio.widget(class_id)
        studio.connection.execute("UPDATE bookings SET created_at = now() - interval '59 minutes'")
        assert studio.maintains() == {}

    def test_are_cancelled_so_many_at_a_time(self, studio):
        for _ in range(3):
            ages(studio, studio.books(studio.plans(), studio.client(), "card")["booking_id"], "1 day")
        assert [studio.maintains(p_limit=2) for _ in range(3)] == [
            {"unpaid_bookings_cancelled": 2}, {"unpaid_bookings_cancelled": 1}, {},
        ]  # fmt: skip


class TestFreePlaces:
    def test_that_more_capacity_made_go_to_those_who_wait(self, studio):
        class_id, _ = studio.full()
        line = [studio.covered() for _ in range(3)]
        for each in line:
            studio.joins(class_id, each)
        studio.connection.execute("UPDATE class_sessions SET capacity = 3")
        assert studio.maintains() == {"waitlist_promoted": 2}
        assert studio.holders(class_id)[1:] == [line[0].id, line[1].id]
        (row,) = studio.audits("promote_class_waitlist")
        assert row["details"]["bookings"] == 2
        assert studio.maintains() == {}

    def test_go_to_who_is_covered_now(self, studio):
        class_id, booking = studio.full()
        waits = studio.client()
        studio.joins(class_id, waits)
        studio.cancels(booking)
        assert studio.maintains() == {}
        studio.membership(waits)
        assert studio.maintains() == {"waitlist_promoted": 1}
        assert studio.told(waits) == ["class_waitlist_promoted"]

    @pytest.mark.parametrize(("starts_in", "promotes"), [("2 hours", True), ("2 hours -1 second", False)])
    def test_are_given_before_the_cut_off(self, studio, starts_in, promotes):
        class_id, booking = studio.full("48 hours", p_booking_cutoff="2 hours")
        waits = studio.client()
        studio.joins(class_id, waits)
        studio.cancels(booking)
        studio.package(waits)
        with studio.connection.transaction():
            studio.move(class_id, starts_in)
            assert studio.maintains() == ({"waitlist_promoted": 1} if promotes else {})

    def test_are_given_in_the_end_however_many_classes_have_nobody_to_take_one(self, studio):
        line = [studio.client() for _ in range(3)]
        for client in line:
            class_id, booking = studio.full()
            studio.joins(class_id, client)
            studio.cancels(booking)
        studio.membership(line[-1])
        # One class at a time: the chance that its turn never comes in so many calls is one in a hundred billion.
        assert {"waitlist_promoted": 1} in (studio.maintains(p_limit=1) for _ in range(64))


class TestLines:
    @pytest.mark.parametrize(("starts_in", "closed"), [("1 second", False), ("0", True), ("-1 day", True)])
    def test_close_when_the_class_begins(self, studio, starts_in, closed):
        class_id, _ = studio.full()
        studio.joins(class_id, studio.client())
        with studio.connection.transaction():
            studio.move(class_id, starts_in)
            assert studio.maintains() == ({"waitlist_closed": 1} if closed else {})
        assert studio.value("SELECT status FROM class_waitlist") == ("closed" if closed else "waiting")


class TestWhoeverIsBusy:
    """Housekeeping waits for nobody: what somebody holds is left for the next time."""

    @pytest.mark.parametrize("table", ["organizations", "class_sessions", "bookings"])
    def test_with_an_unpaid_booking_is_not_waited_for(self, studio, connect, unpaid, table):
        ages(studio, unpaid[1], "1 day")
        other = connect()
        other.execute("BEGIN")
        other.execute(f"SELECT FROM {table} FOR NO KEY UPDATE")
        studio.connection.execute("SET lock_timeout = '1s'")
        assert studio.maintains() == {}
        other.execute("COMMIT")
        assert studio.maintains() == {"unpaid_bookings_cancelled": 1}
