"""cancel_class_booking(): in time the use is given back, once; who waits gets the place."""

import pytest
from psycopg import errors

from classes.studio import UNKNOWN


@pytest.fixture
def booked(studio):
    """A booking by a package of ten: the class, its client, the package and the booking."""
    class_id, client = studio.plans(), studio.client()
    package = studio.package(client)
    return class_id, client, package, studio.books(class_id, client)["booking_id"]


class TestTheNotice:
    @pytest.mark.parametrize(
        ("starts_in", "returned"),
        [("24 hours 1 second", True), ("24 hours", True), ("24 hours -1 second", False), ("1 second", False)],
    )
    @pytest.mark.parametrize("method", ["package", "membership"])
    def test_of_24_hours_gives_the_use_back(self, studio, starts_in, returned, method):
        class_id, client = studio.plans(), studio.client()
        paid = getattr(studio, method)(client)
        booking = studio.books(class_id, client)["booking_id"]
        with studio.connection.transaction():
            studio.move(class_id, starts_in)
            result = studio.cancels(booking, p_reason="The flu")
        assert result == {
            "success": True, "booking_id": booking, "usage_returned": returned, "promoted_booking_id": None,
        }  # fmt: skip
        left = studio.used(paid) if method == "package" else len(studio.uses(paid))
        assert left == (0 if returned else 1)
        assert studio.booking(booking, "booking_status", "payment_status", "cancellation_reason") == (
            "cancelled", "paid", "The flu",
        )  # fmt: skip
        assert studio.taken(class_id) == 0

    def test_is_a_setting(self, studio, booked):
        studio.connection.execute("UPDATE settings SET class_cancel_notice = '49 hours'")
        assert studio.cancels(booked[3])["usage_returned"] is False

    def test_is_the_same_whoever_cancels(self, studio, studio_as, staff_as):
        for who in ("client", "staff", "service"):
            for starts_in, returned in (("25 hours", True), ("23 hours", False)):
                class_id, client = studio.plans(), studio.covered()
                booking = studio.books(class_id, client)["booking_id"]
                studio.move(class_id, starts_in)
                caller = {"client": lambda c=client: studio_as(c), "staff": staff_as, "service": lambda: studio}[who]()
                assert caller.cancels(booking)["usage_returned"] is returned

    def test_does_not_matter_for_what_used_nothing(self, studio):
        for method in ("card", "cash", "free"):
            booking = studio.books(studio.plans(p_is_free=True), studio.client(), method)["booking_id"]
            assert studio.cancels(booking)["usage_returned"] is False

    def test_of_whoever_was_promoted_is_any_hour_before_the_start(self, studio):
        class_id, booking = studio.full()
        waits = studio.client()
        package = studio.package(waits)
        studio.joins(class_id, waits)
        promoted = studio.cancels(booking)["promoted_booking_id"]
        assert studio.used(package) == 1
        with studio.connection.transaction():
            studio.move(class_id, "1 second")
            assert studio.cancels(promoted)["usage_returned"] is True
        assert studio.used(package) == 0

    def test_of_whoever_waited_and_booked_is_24_hours(self, studio):
        class_id, booking = studio.full()
        waits = studio.client()
        studio.joins(class_id, waits)
        studio.cancels(booking)  # nothing covers the one who waits
        studio.package(waits)
        own = studio.books(class_id, waits)["booking_id"]
        studio.move(class_id, "23 hours")
        assert studio.cancels(own)["usage_returned"] is False


class TestNotAnyMore:
    @pytest.mark.parametrize("starts_in", ["0", "-1 second", "-1 day"])
    def test_after_the_start_whoever_cancels(self, studio, studio_as, staff_as, booked, refuses, starts_in):
        class_id, client, _, booking = booked
        callers = [studio, studio_as(client), staff_as()]
        studio.move(class_id, starts_in)
        for caller in callers:
            with refuses("too_late"):
                caller.cancels(booking)

    def test_twice(self, studio, booked, refuses):
        studio.cancels(booked[3])
        with refuses("invalid_state", status="cancelled"):
            studio.cancels(booked[3])
        assert studio.used(booked[2]) == 0

    def test_what_was_attended_or_missed_also_after_the_start(self, studio, refuses):
        for command, status in (("checks_in", "attended"), ("misses", "no_show")):
            class_id, booking = studio.full()
            getattr(studio, command)(booking)
            for starts_in in ("48 hours", "-1 hour"):
                studio.move(class_id, starts_in)
                with refuses("invalid_state", status=status):
                    studio.cancels(booking)

    def test_of_a_class_that_was_cancelled(self, studio, booked, refuses):
        studio.calls_off(booked[0])
        with refuses("invalid_state", status="cancelled"):
            studio.cancels(booked[3])
        assert studio.used(booked[2]) == 0


class TestWhose:
    def test_somebody_elses_is_not_found_like_an_unknown_one(self, studio, studio_as, booked, refuses):
        other_staff = studio.staff(organization=studio.opens())
        for user in (studio.client(), other_staff, studio.staff("member")):
            stranger = studio_as(user)
            for booking in (booked[3], UNKNOWN):
                with refuses("not_found", entity="class_booking", id=booking):
                    stranger.cancels(booking)

    def test_a_client_cancels_what_they_booked_as_a_lead(self, studio, studio_as):
        lead = studio.lead()
        booking = studio.books(studio.plans(p_is_free=True), lead)["booking_id"]
        client = studio.client()
        studio.connection.execute("UPDATE clients SET lead_id = %s WHERE id = %s", [lead.id, client.id])
        assert studio_as(client).cancels(booking)["success"]

    def test_needs_no_active_party(self, studio, studio_as, booked):
        _, client, package, booking = booked
        studio.connection.execute("UPDATE clients SET status = 'inactive'")
        assert studio_as(client).cancels(booking)["usage_returned"] is True
        assert studio.used(package) == 0

    def test_who_cancelled_is_kept(self, studio, studio_as, booked):
        _, client, _, booking = booked
        studio_as(client).cancels(booking)
        assert studio.booking(booking, "cancelled_by") == client.user_id

    def test_which_booking_must_be_said(self, studio, refuses):
        with refuses("invalid_input", parameter="p_booking_id"):
            studio.cancels(None)

    def test_a_reason_has_10000_characters_at_most(self, studio, booked, refuses):
        with refuses("invalid_input", parameter="p_reason"):
            studio.cancels(booked[3], p_reason="x" * 10_001)
        studio.cancels(booked[3], p_reason="x" * 10_000)


def test_a_use_is_returned_once_whatever_happens_then(studio, booked):
    class_id, client, package, booking = booked
    studio.cancels(booking)
    studio.books(class_id, client)
    studio.calls_off(class_id)
    assert studio.used(package) == 0
    assert studio.value("SELECT count(*) FROM package_usage WHERE returned_at IS NOT NULL") == 2


def test_what_is_given_back_goes_to_what_was_used_although_it_has_ended(studio):
    client = studio.client()
    membership, package = studio.membership(client, 1), studio.package(client, 1)
    bookings = [studio.books(studio.plans(), client, method)["booking_id"] for method in ("membership", "package")]
    studio.connection.execute("SELECT end_membership(%s)", [membership])
    studio.connection.execute("UPDATE packages SET expires_at = '2020-01-01Z'")
    for booking in bookings:
        assert studio.cancels(booking)["usage_returned"] is True
    assert (studio.uses(membership), studio.used(package)) == ([], 0)


def test_a_booking_cannot_be_deleted_while_its_use_is_kept(studio, booked):
    with pytest.raises(errors.IntegrityError):
        studio.connection.execute("DELETE FROM bookings")
