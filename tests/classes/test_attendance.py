"""Who came, who did not, and what became of the payments."""

import pytest

from classes.studio import UNKNOWN

STEPS = {"checks_in": "attended", "misses": "no_show"}


@pytest.fixture(params=STEPS)
def step(request):
    """Noting that somebody came, or that they did not."""
    return request.param


@pytest.fixture
def booked(studio):
    """A client with a booking, by a package."""
    client = studio.client()
    package = studio.package(client)
    class_id = studio.plans()
    return class_id, client, package, studio.books(class_id, client)["booking_id"]


class TestWhoCame:
    def test_is_noted_by_staff_and_keeps_the_use(self, studio, staff_as, booked, step):
        class_id, _, package, booking = booked
        result = getattr(staff_as(), step)(booking)
        assert result == {"success": True, "booking_id": booking, "booking_status": STEPS[step]}
        assert studio.booking(booking, "booking_status") == STEPS[step]
        assert studio.used(package) == 1
        assert studio.taken(class_id) == (1 if step == "checks_in" else 0)

    def test_is_noted_during_and_after_the_class(self, studio, booked, step):
        studio.move(booked[0], "-1 day")
        assert getattr(studio, step)(booked[3])["success"]

    def test_is_noted_of_confirmed_bookings(self, studio, booked, refuses, step):
        booking = booked[3]
        for before, status in (("checks_in", "attended"), ("misses", "no_show"), ("cancels", "cancelled")):
            with studio.connection.transaction(force_rollback=True):
                getattr(studio, before)(booking)
                with refuses("invalid_state", status=status):
                    getattr(studio, step)(booking)

    def test_is_not_noted_by_the_customer(self, studio_as, booked, refuses, step):
        client = studio_as(booked[1])
        with refuses("not_allowed"):
            getattr(client, step)(booked[3])

    def test_is_not_noted_by_others_who_do_not_even_find_it(self, studio, studio_as, booked, refuses, step):
        others = (studio.client(), studio.staff("member"), studio.staff(organization=studio.opens()))
        for user in others:
            stranger = studio_as(user)
            for booking in (booked[3], UNKNOWN):
                with refuses("not_found", entity="class_booking", id=booking):
                    getattr(stranger, step)(booking)

    def test_is_noted_of_a_booking(self, studio, refuses, step):
        with refuses("invalid_input", parameter="p_booking_id"):
            getattr(studio, step)(None)

    def test_of_a_full_class_lets_somebody_else_in_by_housekeeping(self, studio, booked):
        waits = studio.covered()
        studio.joins(booked[0], waits)
        studio.misses(booked[3])
        assert studio.maintains() == {"waitlist_promoted": 1}
        assert studio.holders(booked[0]) == [waits.id]


class TestPayments:
    @pytest.fixture
    def booking(self, studio):
        """A booking by card that is not paid yet."""
        return studio.books(studio.plans(), studio.client(), "card")["booking_id"]

    @pytest.mark.parametrize(
        ("path", "last"), [(["paid"], "paid"), (["failed"], "failed"), (["paid", "refunded"], "refunded")]
    )
    def test_what_becomes_of_one(self, studio, staff_as, booking, path, last):
        staff = staff_as()
        for status in path:
            result = staff.pays(booking, status)
        assert result == {"success": True, "booking_id": booking, "payment_status": last}
        assert studio.booking(booking, "payment_status", "booking_status") == (last, "confirmed")

    @pytest.mark.parametrize(
        ("path", "then"),
        [
            ([], ["pending", "refunded"]),
            (["paid"], ["pending", "paid", "failed"]),
            (["failed"], ["pending", "paid", "failed", "refunded"]),
            (["paid", "refunded"], ["pending", "paid", "failed", "refunded"]),
        ],
    )
    def test_what_cannot_become_of_one(self, studio, booking, refuses, path, then):
        for status in path:
            studio.pays(booking, status)
        now = studio.booking(booking, "payment_status")
        for status in then:
            with refuses("invalid_state", status=now):
                studio.pays(booking, status)

    @pytest.mark.parametrize("status", [None, "", "Paid", "x" * 20_000])
    def test_what_is_no_status(self, studio, booking, refuses, status):
        with refuses("invalid_input", parameter="p_payment_status"):
            studio.pays(booking, status)

    def test_of_a_widget_booking(self, studio):
        studio.widget(studio.plans())
        booking = studio.value("SELECT id::text FROM bookings")
        assert studio.pays(booking)["payment_status"] == "paid"

    def test_of_a_cancelled_booking_is_refunded(self, studio, booking):
        studio.pays(booking)
        studio.cancels(booking)
        assert studio.booking(booking, "payment_status") == "paid"
        assert studio.pays(booking, "refunded")["payment_status"] == "refunded"

    def test_is_not_the_customers_to_say(self, studio, studio_as, booked, refuses):
        client = studio_as(booked[1])
        with refuses("not_allowed"):
            client.pays(booked[3], "refunded")

    def test_of_somebody_else_is_not_found(self, studio, studio_as, booking, refuses):
        stranger = studio_as(studio.staff(organization=studio.opens()))
        for each in (booking, UNKNOWN):
            with refuses("not_found", entity="class_booking", id=each):
                stranger.pays(each)
