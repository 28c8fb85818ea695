"""create_class_booking(): a place and what pays for it, at once."""

import pytest


class TestWhatABookingIs:
    def test_a_place_a_use_a_notification_and_an_answer(self, studio, studio_as):
        class_id, client = studio.plans(capacity=3), studio.client()
        package = studio.package(client)
        result = studio_as(client).books(class_id, client)
        assert list(result) == ["success", "booking_id", "payment_method", "payment_status", "spots_left"]
        assert (result["success"], result["payment_method"], result["payment_status"]) == (True, "package", "paid")
        assert result["spots_left"] == 2
        assert studio.booking(
            result["booking_id"],
            "organization_id", "class_session_id", "client_id", "customer_id", "booking_status", "payment_status",
            "payment_method", "membership_id", "package_id", "source", "network_address", "cancelled_at",
        ) == (
            studio.organization, class_id, client.id, None, "confirmed", "paid",
            "package", None, package, "customer", None, None,
        )  # fmt: skip
        assert (studio.taken(class_id), studio.used(package)) == (1, 1)
        assert studio.told(client) == ["class_booking_confirmation"]

    def test_a_lead_books_as_customer(self, studio, staff_as):
        lead, class_id = studio.lead(), studio.plans()
        package = studio.package(lead)
        booking = staff_as().books(class_id, lead)["booking_id"]
        assert studio.booking(booking, "customer_id", "client_id", "package_id", "source") == (
            lead.id, None, package, "staff",
        )  # fmt: skip
        assert studio.told(lead) == ["class_booking_confirmation"]

    def test_the_notification_says_which_class_and_where(self, studio):
        class_id, client = studio.plans(p_is_free=True), studio.client()
        booking = studio.books(class_id, client)["booking_id"]
        ((user_id, address, session_id, payload),) = studio.rows(
            "SELECT user_id::text, address, session_id::text, payload FROM notifications"
        )
        assert (user_id, address, session_id) == (client.user_id, None, class_id)
        assert payload["booking_id"] == booking
        assert (payload["name"], payload["timezone"], payload["payment_status"]) == (
            "Yoga", "America/New_York", "paid",
        )  # fmt: skip

    def test_somebody_without_a_login_is_told_by_e_mail(self, studio):
        client = studio.client(login=False)
        studio.books(studio.plans(p_is_free=True), client)
        assert studio.value("SELECT address FROM notifications") == client.email

    def test_a_notification_that_cannot_be_queued_fails_no_booking(self, studio):
        studio.connection.execute(
            "ALTER TABLE notifications ADD CONSTRAINT no CHECK (type <> 'class_booking_confirmation')"
        )
        client, class_id = studio.client(), studio.plans(p_is_free=True)
        assert studio.books(class_id, client)["success"]
        assert studio.rows("SELECT type, user_id::text FROM notification_failures") == [
            ("class_booking_confirmation", client.user_id)
        ]

    def test_the_service_is_its_source_when_it_books(self, studio):
        client = studio.covered()
        assert studio.booking(studio.books(studio.plans(), client)["booking_id"], "source") == "service"

    def test_places_are_counted_down(self, studio):
        class_id = studio.plans(capacity=3, p_is_free=True)
        assert [studio.books(class_id, studio.client())["spots_left"] for _ in range(3)] == [2, 1, 0]
        assert studio.taken(class_id) == 3

    def test_it_can_be_made_again_after_it_was_cancelled(self, studio):
        class_id, client = studio.plans(), studio.client()
        package = studio.package(client, 1)
        studio.cancels(studio.books(class_id, client)["booking_id"])
        assert studio.books(class_id, client)["success"]
        assert (studio.used(package), studio.taken(class_id)) == (1, 1)

    def test_a_client_who_came_from_a_lead_uses_what_the_lead_had(self, studio, studio_as):
        lead = studio.lead()
        package = studio.package(lead, 1)
        client = studio.turned(lead)
        studio_as(client).books(studio.plans(), client)
        assert studio.used(package) == 1

    def test_a_login_books_for_the_lead_they_were_too(self, studio, studio_as):
        lead = studio.lead()
        client = studio.turned(lead)
        assert studio_as(client).books(studio.plans(p_is_free=True), lead)["success"]


class TestWhatPays:
    def test_a_membership_comes_first_then_a_package_then_a_free_class(self, studio):
        client = studio.client()
        membership, package = studio.membership(client, 1), studio.package(client, 1)
        classes = [studio.plans_at(f"2090-03-{day} 12:00Z", p_is_free=True) for day in (10, 11, 12)]
        assert [studio.books(class_id, client)["payment_method"] for class_id in classes] == [
            "membership", "package", "free",
        ]  # fmt: skip
        assert studio.uses(membership) == ["2090-03-01"]
        assert studio.used(package) == 1

    def test_the_membership_that_ends_first_is_used_first(self, studio):
        client = studio.client()
        for_ever = studio.membership(client)
        sooner = studio.membership(client, 1, p_ends_on="2090-06-30")
        later = studio.membership(client, 1, p_ends_on="2090-12-31")
        for day in (10, 11, 12):
            studio.books(studio.plans_at(f"2090-03-{day} 12:00Z"), client)
        assert [len(studio.uses(each)) for each in (sooner, later, for_ever)] == [1, 1, 1]

    def test_the_package_that_ends_first_is_used_first(self, studio):
        client = studio.client()
        for_ever = studio.package(client)
        sooner = studio.package(client, 1, p_expires_at="2090-06-30 12:00Z")
        studio.books(studio.plans_at("2090-03-10 12:00Z"), client)
        assert (studio.used(sooner), studio.used(for_ever)) == (1, 0)
        studio.books(studio.plans_at("2090-03-11 12:00Z"), client)
        assert (studio.used(sooner), studio.used(for_ever)) == (1, 1)

    @pytest.mark.parametrize("method", ["membership", "package"])
    def test_the_one_that_is_named(self, studio, method):
        client = studio.client()
        make = getattr(studio, method)
        first, named = make(client), make(client)
        booking = studio.books(studio.plans(), client, method, named)["booking_id"]
        assert studio.booking(booking, f"{method}_id") == named != first

    def test_the_method_that_is_named_although_another_comes_first(self, studio):
        client = studio.client()
        membership, package = studio.membership(client), studio.package(client)
        result = studio.books(studio.plans(p_is_free=True), client, "package")
        assert (result["payment_method"], studio.used(package), studio.uses(membership)) == ("package", 1, [])
        free = studio.books(studio.plans(p_is_free=True), client, "free")
        assert (free["payment_method"], free["payment_status"], studio.uses(membership)) == ("free", "paid", [])

    @pytest.mark.parametrize("method", ["card", "cash"])
    def test_card_and_cash_are_pending_and_use_nothing(self, studio, staff_as, method):
        client = studio.client()
        membership, package = studio.membership(client), studio.package(client)
        result = staff_as().books(studio.plans(), client, method)
        assert (result["payment_method"], result["payment_status"]) == (method, "pending")
        assert (studio.uses(membership), studio.used(package)) == ([], 0)

    def test_a_client_pays_by_card(self, studio, studio_as):
        client = studio.client()
        result = studio_as(client).books(studio.plans(), client, "card")
        assert (result["payment_method"], result["payment_status"]) == ("card", "pending")

    def test_a_package_covers_classes_that_start_before_its_end(self, studio, refuses):
        client = studio.client()
        package = studio.package(client, p_expires_at="2090-03-10 12:00Z")
        covered, too_late = studio.plans_at("2090-03-10 11:59:59Z"), studio.plans_at("2090-03-10 12:00Z")
        with refuses("payment_required"):
            studio.books(too_late, client)
        studio.books(covered, client)
        assert studio.used(package) == 1

    def test_a_membership_covers_its_days_in_the_organizations_zone(self, studio, refuses):
        client = studio.client()
        studio.membership(client, p_starts_on="2090-03-10", p_ends_on="2090-03-10")
        # 23:30 of the 9th, 00:00 and 23:59 of the 10th, 00:00 of the 11th, in New York.
        before, first, last, after = (
            studio.plans_at(at)
            for at in ("2090-03-10 04:30Z", "2090-03-10 05:00Z", "2090-03-11 04:59Z", "2090-03-11 05:00Z")
        )
        for covered in (first, last):
            assert studio.books(covered, client)["payment_method"] == "membership"
        for uncovered in (before, after):
            with refuses("payment_required"):
                studio.books(uncovered, client)

    def test_a_membership_that_was_cancelled_covers_nothing(self, studio, refuses):
        client, class_id = studio.client(), studio.plans()
        membership = studio.membership(client)
        studio.connection.execute("SELECT end_membership(%s)", [membership])
        for arguments in ([], ["membership"], ["membership", membership]):
            with refuses("payment_required"):
                studio.books(class_id, client, *arguments)
