"""Why a class is not booked, and that nothing is written then."""

import pytest

from classes.studio import UNKNOWN, Customer


def stop(studio, class_id, status):
    """Bring a class into a status by hand."""
    studio.connection.execute("UPDATE class_sessions SET status = %s WHERE id = %s", [status, class_id])


class TestForWhom:
    @pytest.mark.parametrize(
        "parameter", ["p_organization_id", "p_customer_id", "p_customer_type", "p_class_session_id"]
    )
    def test_nothing_may_be_left_out(self, studio, refuses, parameter):
        class_id, client = studio.plans(), studio.covered()
        with refuses("invalid_input", parameter=parameter):
            studio.books(class_id, client, **{parameter: None})

    @pytest.mark.parametrize("kind", ["", "Client", "customer", "x" * 20_000])
    def test_a_customer_is_a_client_or_a_lead(self, studio, refuses, kind):
        class_id, client = studio.plans(), studio.covered()
        with refuses("invalid_input", parameter="p_customer_type"):
            studio.books(class_id, client, p_customer_type=kind)

    def test_a_client_is_no_lead_and_a_lead_no_client(self, studio, refuses):
        class_id, client, lead = studio.plans(), studio.client(), studio.lead()
        for customer, kind in ((client, "lead"), (lead, "client")):
            with refuses("not_found", entity=kind, id=customer.id):
                studio.books(class_id, customer, p_customer_type=kind)

    def test_somebody_of_another_organization_is_unknown(self, studio, refuses):
        class_id, other = studio.plans(), studio.opens()
        for customer in (studio.client(organization_id=other), studio.lead(organization_id=other)):
            with refuses("not_found", entity=customer.kind):
                studio.books(class_id, customer, p_organization_id=studio.organization)

    def test_a_class_of_another_organization_is_unknown(self, studio, refuses):
        class_id, client = studio.plans(p_organization_id=studio.opens()), studio.client()
        for each in (class_id, UNKNOWN):
            with refuses("not_found", entity="class_session", id=each):
                studio.books(each, client)

    def test_an_unknown_organization(self, studio, refuses):
        class_id, client = studio.plans(), studio.client()
        with refuses("not_found"):
            studio.books(class_id, client, p_organization_id=UNKNOWN)

    def test_a_client_books_for_nobody_else_known_or_not(self, studio, studio_as, refuses):
        class_id, client = studio.plans(p_is_free=True), studio.client()
        as_client = studio_as(client)
        for other in (
            studio.client(), studio.lead(), Customer(UNKNOWN, "client", studio.organization, ""),
            studio.client(login=False),
        ):  # fmt: skip
            with refuses("not_allowed"):
                as_client.books(class_id, other)

    def test_a_member_without_work_is_no_staff(self, studio, studio_as, refuses):
        class_id, client = studio.plans(p_is_free=True), studio.client()
        member = studio_as(studio.staff("member"))
        with refuses("not_allowed"):
            member.books(class_id, client)

    def test_an_inactive_client_however_named(self, studio, refuses):
        lead = studio.lead()
        client = studio.turned(lead, status="inactive")
        class_id = studio.plans(p_is_free=True)
        for customer in (client, lead):
            with refuses("inactive", customer_id=customer.id):
                studio.books(class_id, customer)

    @pytest.mark.parametrize("left", ["is_active = false", "deleted_at = now()"])
    def test_a_client_whose_profile_is_inactive_however_named(self, studio, refuses, left):
        lead = studio.lead()
        client = studio.turned(lead, user_id=studio.profile())
        class_id = studio.plans(p_is_free=True)
        studio.connection.execute(f"UPDATE profiles SET {left}")
        for customer in (client, lead):
            with refuses("inactive", customer_id=customer.id):
                studio.books(class_id, customer)


class TestWhen:
    @pytest.mark.parametrize("status", ["cancelled", "completed"])
    @pytest.mark.parametrize("starts_in", ["48 hours", "-1 hour"])
    def test_state_comes_before_window(self, studio, refuses, status, starts_in):
        class_id, client = studio.plans(), studio.covered()
        studio.move(class_id, starts_in)
        stop(studio, class_id, status)
        with refuses("invalid_state", status=status):
            studio.books(class_id, client)

    def test_not_at_the_start_but_a_second_before(self, studio, refuses):
        class_id, client = studio.plans(), studio.covered()
        with studio.connection.transaction():
            studio.move(class_id, "0")
            with refuses("in_the_past"):
                studio.books(class_id, client)
            studio.move(class_id, "1 second")
            assert studio.books(class_id, client)["success"]

    def test_customers_until_the_cut_off_staff_until_the_start(self, studio, studio_as, staff_as, refuses):
        class_id = studio.plans(capacity=3, p_is_free=True, p_booking_cutoff="2 hours")
        clients = [studio.client() for _ in range(3)]
        as_client = studio_as(clients[0])
        with as_client.connection.transaction():
            now = as_client.instant("0")
            self.at(studio, class_id, now, "2 hours -1 second")
            deadline = studio.value("SELECT starts_at - booking_cutoff FROM class_sessions")
            with refuses("too_late") as caught:
                as_client.books(class_id, clients[0])
            assert f'"deadline": "{deadline:%Y-%m-%dT%H:%M:%S.%f}'.rstrip("0") in caught.value.diag.message_detail
            self.at(studio, class_id, now, "2 hours")
            assert as_client.books(class_id, clients[0])["success"]
        self.at(studio, class_id, now, "1 hour")
        assert staff_as().books(class_id, clients[1])["success"]
        assert studio.books(class_id, clients[2])["success"]

    def at(self, studio, class_id, now, after):
        """Let a class start so long after somebody else's now()."""
        studio.connection.execute(
            "UPDATE class_sessions SET starts_at = %s + %s::interval WHERE id = %s", [now, after, class_id]
        )

    def test_the_cut_off_is_the_settings_unless_the_class_says_one(self, studio):
        studio.connection.execute("UPDATE settings SET class_booking_cutoff = '3 hours'")
        for cutoff, expected in ((None, "03:00:00"), ("0", "00:00:00"), ("1 day", "1 day")):
            class_id = studio.plans(p_booking_cutoff=cutoff)
            assert studio.about("class_sessions", class_id, "booking_cutoff") == expected


class TestWhetherThereIsAPlace:
    def test_twice(self, studio, refuses):
        class_id, client = studio.plans(capacity=2), studio.covered()
        studio.books(class_id, client)
        with refuses("already_booked"):
            studio.books(class_id, client)

    def test_twice_in_a_full_class(self, studio, refuses):
        class_id, client = studio.plans(), studio.covered()
        studio.books(class_id, client)
        with refuses("already_booked"):
            studio.books(class_id, client)

    def test_after_a_no_show(self, studio, refuses):
        class_id, client = studio.plans(), studio.covered()
        studio.misses(studio.books(class_id, client)["booking_id"])
        with refuses("already_booked"):
            studio.books(class_id, client)

    def test_as_the_client_and_as_the_lead_they_came_from(self, studio, refuses):
        lead = studio.lead()
        client, class_id = studio.turned(lead), studio.plans(capacity=2, p_is_free=True)
        studio.books(class_id, client)
        with refuses("already_booked"):
            studio.books(class_id, lead)

    def test_full(self, studio, refuses):
        class_id = studio.plans(capacity=2, p_is_free=True)
        for _ in range(2):
            studio.books(class_id, studio.client())
        for client in (studio.client(), studio.covered()):
            with refuses("class_full", capacity=2):
                studio.books(class_id, client)

    def test_full_with_those_who_came(self, studio, refuses):
        class_id, booking = studio.full()
        studio.checks_in(booking)
        client = studio.covered()
        with refuses("class_full", capacity=1):
            studio.books(class_id, client)

    def test_not_full_when_somebody_did_not_come(self, studio):
        class_id, booking = studio.full()
        studio.misses(booking)
        assert studio.books(class_id, studio.covered())["spots_left"] == 0


class TestWhatPays:
    @pytest.mark.parametrize("method", ["", "Cash", "invoice", "x" * 20_000])
    def test_a_method_that_there_is_not(self, studio, refuses, method):
        class_id, client = studio.plans(), studio.covered()
        with refuses("invalid_input", parameter="p_payment_method"):
            studio.books(class_id, client, method)

    def test_nothing(self, studio, refuses):
        class_id, client, lead = studio.plans(), studio.client(), studio.lead()
        for customer in (client, lead):
            with refuses("payment_required"):
                studio.books(class_id, customer)

    @pytest.mark.parametrize("method", ["membership", "package", "free"])
    def test_a_method_that_does_not_cover_it_although_another_would(self, studio, refuses, method):
        class_id, client = studio.plans(), studio.client()
        other = {"membership": studio.package, "package": studio.membership, "free": studio.membership}[method]
        other(client)
        with refuses("payment_required"):
            studio.books(class_id, client, method)

    def test_a_membership_that_is_used_up_and_nothing_else(self, studio, refuses):
        client = studio.client()
        studio.membership(client, 1)
        studio.books(studio.plans_at("2090-03-10 12:00Z"), client)
        class_id = studio.plans_at("2090-03-12 12:00Z")
        for method in (None, "membership"):
            with refuses("limit_reached", limit=1, period_end="2090-03-31"):
                studio.books(class_id, client, method)
        with refuses("payment_required"):
            studio.books(class_id, client, "package")

    def test_a_used_up_membership_and_a_used_up_package(self, studio, refuses):
        client = studio.client()
        studio.membership(client, 1, "week")
        studio.package(client, 1)
        for day in (14, 15):
            studio.books(studio.plans_at(f"2090-03-{day} 12:00Z"), client)
        class_id = studio.plans_at("2090-03-16 12:00Z")
        with refuses("limit_reached", limit=1, period_end="2090-03-19"):
            studio.books(class_id, client)

    def test_a_package_that_is_used_up(self, studio, refuses):
        client = studio.covered(1)
        studio.books(studio.plans(), client)
        class_id = studio.plans()
        for method in (None, "package"):
            with refuses("payment_required"):
                studio.books(class_id, client, method)

    def test_cash_is_for_staff(self, studio, studio_as, refuses):
        class_id, client = studio.plans(), studio.client()
        as_client = studio_as(client)
        with refuses("not_allowed"):
            as_client.books(class_id, client, "cash")

    @pytest.mark.parametrize("method", [None, "free", "card", "cash"])
    def test_only_a_membership_or_package_has_an_id(self, studio, refuses, method):
        class_id, client = studio.plans(p_is_free=True), studio.client()
        package = studio.package(client)
        with refuses("invalid_input", parameter="p_payment_id"):
            studio.books(class_id, client, method, package)

    def test_somebody_elses_membership_or_package_is_unknown(self, studio, refuses):
        class_id, client, other = studio.plans(), studio.client(), studio.client()
        theirs = {"membership": studio.membership(other), "package": studio.package(other)}
        own = {"membership": studio.package(client), "package": studio.membership(client)}
        for method in ("membership", "package"):
            for payment in (theirs[method], own[method], UNKNOWN):
                with refuses("not_found", entity=method, id=payment):
                    studio.books(class_id, client, method, payment)

    def test_the_one_that_is_named_is_used_up(self, studio, refuses):
        client = studio.client()
        membership, package = studio.membership(client, 1), studio.package(client, 1)
        studio.membership(client)
        studio.package(client)
        for method, payment in (("membership", membership), ("package", package)):
            studio.books(studio.plans_at("2090-03-10 12:00Z"), client, method, payment)
        class_id = studio.plans_at("2090-03-11 12:00Z")
        with refuses("limit_reached", limit=1):
            studio.books(class_id, client, "membership", membership)
        with refuses("payment_required"):
            studio.books(class_id, client, "package", package)
