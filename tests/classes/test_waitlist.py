"""Who waits for a place, in which order, and who gets it."""

import pytest

from classes.studio import UNKNOWN


@pytest.fixture
def full(studio):
    """A full class and the booking of its one place."""
    return studio.full()


class TestJoining:
    def test_is_a_place_in_line(self, studio, studio_as, full):
        class_id, _ = full
        client = studio.client()
        result = studio_as(client).joins(class_id, client)
        assert list(result) == ["success", "waitlist_id", "position"]
        assert (result["success"], result["position"]) == (True, 1)
        assert studio.about(
            "class_waitlist", result["waitlist_id"], "client_id", "customer_id", "status", "booking_id"
        ) == (client.id, None, "waiting", None)
        assert studio.told(client) == []

    def test_counts_those_who_still_wait(self, studio, full):
        class_id, _ = full
        joined = [studio.joins(class_id, each) for each in (studio.client(), studio.lead(), studio.client())]
        assert [each["position"] for each in joined] == [1, 2, 3]
        studio.leaves(joined[1]["waitlist_id"])
        assert studio.joins(class_id, studio.lead())["position"] == 3

    def test_counts_each_class_for_itself(self, studio, full):
        client = studio.client()
        studio.joins(full[0], client)
        assert studio.joins(studio.full()[0], client)["position"] == 1

    def test_twice_is_refused_also_as_the_lead_they_were(self, studio, full, refuses):
        lead = studio.lead()
        client = studio.turned(lead)
        studio.joins(full[0], client)
        for customer in (client, lead):
            with refuses("already_booked"):
                studio.joins(full[0], customer)

    def test_is_refused_to_who_has_a_place(self, studio, refuses):
        class_id, client = studio.plans(), studio.covered()
        booking = studio.books(class_id, client)["booking_id"]
        with refuses("already_booked"):
            studio.joins(class_id, client)
        studio.misses(booking)
        with refuses("already_booked"):
            studio.joins(class_id, client)

    def test_is_refused_where_places_are_left(self, studio, refuses):
        class_id, client = studio.plans(capacity=3), studio.client()
        with refuses("invalid_state", spots_left=3):
            studio.joins(class_id, client)

    def test_is_refused_to_inactive_clients(self, studio, full, refuses):
        client = studio.client(status="inactive")
        with refuses("inactive", customer_id=client.id):
            studio.joins(full[0], client)

    def test_is_refused_once_the_class_has_started_or_is_cancelled(self, studio, full, refuses):
        class_id, client = full[0], studio.client()
        with studio.connection.transaction():
            studio.move(class_id, "0")
            with refuses("in_the_past"):
                studio.joins(class_id, client)
        studio.calls_off(class_id)
        with refuses("invalid_state", status="cancelled"):
            studio.joins(class_id, client)

    def test_is_refused_after_the_cut_off_but_to_staff(self, studio, studio_as, staff_as, refuses):
        class_id, _ = studio.full("48 hours", p_booking_cutoff="3 hours")
        studio.move(class_id, "2 hours")
        client = studio.client()
        as_client = studio_as(client)
        with refuses("too_late"):
            as_client.joins(class_id, client)
        assert staff_as().joins(class_id, client)["position"] == 1

    def test_is_for_oneself(self, studio, studio_as, full, refuses):
        class_id, client, lead = full[0], studio.client(), studio.lead()
        stranger = studio_as(studio.client())
        for customer in (client, lead):
            with refuses("not_allowed"):
                stranger.joins(class_id, customer)

    @pytest.mark.parametrize(
        "parameter", ["p_organization_id", "p_customer_id", "p_customer_type", "p_class_session_id"]
    )
    def test_nothing_may_be_left_out(self, studio, full, refuses, parameter):
        client = studio.client()
        with refuses("invalid_input", parameter=parameter):
            studio.joins(full[0], client, **{parameter: None})

    def test_for_a_class_of_another_organization_is_refused(self, studio, refuses):
        class_id, client = studio.plans(p_organization_id=studio.opens()), studio.client()
        with refuses("not_found", entity="class_session"):
            studio.joins(class_id, client)


class TestLeaving:
    def test_is_once(self, studio, studio_as, full, refuses):
        client = studio.client()
        waits = studio.joins(full[0], client)["waitlist_id"]
        assert studio_as(client).leaves(waits) == {"success": True, "waitlist_id": waits}
        assert studio.waiting(full[0]) == []
        with refuses("invalid_state", status="left"):
            studio.leaves(waits)

    def test_and_joining_again_is_the_end_of_the_line(self, studio, full):
        first, second = studio.client(), studio.client()
        waits = studio.joins(full[0], first)["waitlist_id"]
        studio.joins(full[0], second)
        studio.leaves(waits)
        assert studio.joins(full[0], first)["position"] == 2
        assert studio.waiting(full[0]) == [second.id, first.id]

    def test_after_a_promotion_is_refused(self, studio, full, refuses):
        waits = studio.joins(full[0], studio.covered())["waitlist_id"]
        studio.cancels(full[1])
        with refuses("invalid_state", status="promoted"):
            studio.leaves(waits)

    def test_of_somebody_else_is_not_found(self, studio, studio_as, full, refuses):
        waits = studio.joins(full[0], studio.client())["waitlist_id"]
        for user in (studio.client(), studio.staff(organization=studio.opens()), studio.staff("member")):
            stranger = studio_as(user)
            for each in (waits, UNKNOWN):
                with refuses("not_found", entity="class_waitlist", id=each):
                    stranger.leaves(each)

    def test_by_staff(self, studio, staff_as, full):
        waits = studio.joins(full[0], studio.lead())["waitlist_id"]
        assert staff_as().leaves(waits)["success"]

    def test_needs_an_id(self, studio, refuses):
        with refuses("invalid_input", parameter="p_waitlist_id"):
            studio.leaves(None)


class TestPromotion:
    def test_comes_with_the_cancellation_in_one_transaction(self, studio, studio_as, full):
        class_id, booking = full
        waits = studio.client()
        package = studio.package(waits)
        waitlist_id = studio.joins(class_id, waits)["waitlist_id"]
        with studio.connection.transaction(force_rollback=True):
            assert studio.cancels(booking)["promoted_booking_id"]
        assert studio.holders(class_id) != [waits.id]
        promoted = studio.cancels(booking)["promoted_booking_id"]
        assert studio.booking(
            promoted, "client_id", "booking_status", "payment_method", "package_id", "payment_status", "source"
        ) == (waits.id, "confirmed", "package", package, "paid", "waitlist")
        assert studio.about("class_waitlist", waitlist_id, "status", "booking_id") == ("promoted", promoted)
        assert (studio.taken(class_id), studio.used(package)) == (1, 1)
        assert studio.told(waits) == ["class_waitlist_promoted"]

    def test_is_in_order_of_joining(self, studio):
        class_id, booking = studio.full()
        line = [studio.covered() for _ in range(4)]
        for each in line:
            studio.joins(class_id, each)
        for each in line:
            booking = studio.cancels(booking)["promoted_booking_id"]
            assert studio.holders(class_id) == [each.id]
        assert studio.waiting(class_id) == []

    def test_is_by_what_covers_it_then(self, studio):
        for method in ("membership", "package", "free"):
            class_id, booking = studio.full(p_is_free=method == "free")
            waits = studio.client()
            studio.joins(class_id, waits)
            if method != "free":
                getattr(studio, method)(waits)
            promoted = studio.cancels(booking)["promoted_booking_id"]
            assert studio.booking(promoted, "payment_method") == method

    def test_skips_whom_nothing_covers_and_who_is_inactive_and_they_keep_waiting(self, studio, full):
        class_id, booking = full
        uncovered, used_up, inactive, lead = studio.client(), studio.covered(1), studio.covered(), studio.lead()
        studio.package(lead)
        for each in (uncovered, used_up, inactive, lead):
            studio.joins(class_id, each)
        studio.books(studio.plans(), used_up)
        studio.connection.execute("UPDATE clients SET status = 'inactive' WHERE id = %s", [inactive.id])
        promoted = studio.cancels(booking)["promoted_booking_id"]
        assert studio.booking(promoted, "customer_id") == lead.id
        assert studio.waiting(class_id) == [uncovered.id, used_up.id, inactive.id]

    @pytest.mark.parametrize("waits", ["lead", "client"])
    def test_skips_whom_a_conversion_made_somebody_with_a_place(self, studio, waits):
        class_id = studio.plans(capacity=2, p_is_free=True)
        email = "ann@studio.example"
        people = {"lead": studio.lead(email=email), "client": studio.client(email=email)}
        waiting = people.pop(waits)
        (holder,) = people.values()
        studio.books(class_id, holder)
        booking = studio.books(class_id, studio.client())["booking_id"]
        studio.joins(class_id, waiting)
        other = studio.client()
        studio.joins(class_id, other)
        studio.converts((holder if waits == "client" else waiting).id)
        promoted = studio.cancels(booking)["promoted_booking_id"]
        assert studio.booking(promoted, "client_id") == other.id

    def test_is_of_nobody_when_nothing_covers_anybody(self, studio, full):
        class_id, booking = full
        studio.joins(class_id, studio.client())
        assert studio.cancels(booking)["promoted_booking_id"] is None
        assert studio.taken(class_id) == 0

    def test_does_not_skip_a_lead_who_has_become_an_active_client(self, studio, full):
        lead = studio.lead()
        studio.package(lead)
        studio.joins(full[0], lead)
        client = studio.turned(lead)
        promoted = studio.cancels(full[1])["promoted_booking_id"]
        assert studio.booking(promoted, "customer_id") == lead.id
        assert studio.told(client) == ["class_waitlist_promoted"]

    @pytest.mark.parametrize(("starts_in", "promotes"), [("2 hours", True), ("2 hours -1 second", False)])
    def test_is_before_the_cut_off(self, studio, starts_in, promotes):
        class_id, booking = studio.full("48 hours", p_booking_cutoff="2 hours")
        studio.joins(class_id, studio.covered())
        with studio.connection.transaction():
            studio.move(class_id, starts_in)
            assert bool(studio.cancels(booking)["promoted_booking_id"]) is promotes

    def test_fills_every_free_place(self, studio):
        class_id = studio.plans(capacity=2, p_is_free=True)
        bookings = [studio.books(class_id, studio.client())["booking_id"] for _ in range(2)]
        line = [studio.client() for _ in range(3)]
        for each in line:
            studio.joins(class_id, each)
        studio.misses(bookings[0])
        studio.cancels(bookings[1])
        assert studio.holders(class_id) == [line[0].id, line[1].id]
        assert studio.waiting(class_id) == [line[2].id]

    def test_is_one_audit_row_with_the_cancellation(self, studio, full):
        studio.joins(full[0], studio.covered())
        promoted = studio.cancels(full[1])["promoted_booking_id"]
        (row,) = studio.audits("cancel_class_booking")
        assert row["details"]["promoted_booking_id"] == promoted
        assert studio.value("SELECT count(*) FROM audit_log WHERE entity = 'class_booking'") == 2


class TestWhoWaitsAndBooks:
    def test_waits_no_more(self, studio):
        class_id, booking = studio.full()
        waits, behind = studio.client(), studio.client()
        for each in (waits, behind):
            studio.joins(class_id, each)
        studio.cancels(booking)
        own = studio.books(class_id, waits, "card")["booking_id"]
        assert studio.waiting(class_id) == [behind.id]
        assert studio.value("SELECT booking_id::text FROM class_waitlist WHERE status = 'promoted'") == own

    def test_waits_no_more_also_as_the_client_they_became(self, studio):
        class_id, booking = studio.full()
        lead = studio.lead()
        studio.joins(class_id, lead)
        studio.cancels(booking)
        client = studio.turned(lead)
        studio.books(class_id, client, "card")
        assert studio.waiting(class_id) == []

    def test_may_join_again_after_cancelling(self, studio):
        class_id, booking = studio.full()
        waits = studio.covered()
        studio.joins(class_id, waits)
        promoted = studio.cancels(booking)["promoted_booking_id"]
        other = studio.covered()
        studio.joins(class_id, other)
        studio.cancels(promoted)
        assert studio.joins(class_id, waits)["position"] == 1
        assert studio.holders(class_id) == [other.id]
