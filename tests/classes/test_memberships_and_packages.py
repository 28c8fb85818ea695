"""What staff give people to pay with."""

import pytest
from gusmester.calls import run

from classes.studio import UNKNOWN


def ends(studio, membership, ends_on=None, **more):
    """End a membership."""
    return run(studio.connection, "end_membership", p_membership_id=membership, p_ends_on=ends_on, **more)


def changes(studio, package, classes=None, expires_at=None, **more):
    """Change a package."""
    arguments = {"p_package_id": package, "p_classes_total": classes, "p_expires_at": expires_at}
    return run(studio.connection, "update_package", **arguments | more)


@pytest.fixture(params=["client", "lead"])
def customer(studio, request):
    """A client or a lead."""
    return getattr(studio, request.param)()


class TestAMembership:
    def test_is_what_was_said(self, studio, staff_as, customer):
        membership = staff_as().membership(customer, 2, "week", p_name="Two a week", p_ends_on="2090-12-31")
        assert studio.about(
            "memberships", membership, "name", "class_limit", "period", "starts_on", "ends_on", "status",
            "client_id" if customer.kind == "client" else "lead_id", "organization_id",
        ) == (
            "Two a week", 2, "week", "2020-01-01", "2090-12-31", "active", customer.id, studio.organization,
        )  # fmt: skip

    def test_begins_today_over_there(self, studio, customer):
        for zone in ("Pacific/Kiritimati", "Pacific/Midway"):
            studio.connection.execute("UPDATE organizations SET timezone = %s", [zone])
            with studio.connection.transaction():
                membership = studio.membership(customer, p_starts_on=None)
                today = studio.value("SELECT (now() AT TIME ZONE %s)::date::text", [zone])
            assert studio.about("memberships", membership, "starts_on") == today

    @pytest.mark.parametrize(
        ("arguments", "parameter"),
        [
            ({"p_organization_id": None}, "p_organization_id"),
            ({"p_customer_id": None}, "p_customer_id"),
            ({"p_customer_type": None}, "p_customer_type"),
            ({"p_customer_type": "member"}, "p_customer_type"),
            ({"p_name": None}, "p_name"),
            ({"p_name": "x" * 10_001}, "p_name"),
            ({"p_class_limit": 0}, "p_class_limit"),
            ({"p_class_limit": -1}, "p_class_limit"),
            ({"p_period": None}, "p_period"),
            ({"p_period": "year"}, "p_period"),
            ({"p_starts_on": "infinity"}, "p_starts_on"),
            ({"p_starts_on": "1999-12-31"}, "p_starts_on"),
            ({"p_ends_on": "2100-01-01"}, "p_ends_on"),
            ({"p_ends_on": "2019-12-31"}, "p_ends_on"),
        ],
    )
    def test_that_makes_no_sense_is_refused(self, studio, refuses, arguments, parameter):
        client = studio.client()
        with refuses("invalid_input", parameter=parameter):
            studio.membership(client, limit=arguments.pop("p_class_limit", None), **arguments)

    def test_ends_on_a_day_or_another_or_at_once(self, studio, staff_as, customer, refuses):
        membership, staff = studio.membership(customer), staff_as()
        for day in ("2090-06-30", "2090-12-31", "2020-01-01"):
            assert ends(staff, membership, day) == {
                "success": True, "membership_id": membership, "status": "active", "ends_on": day,
            }  # fmt: skip
        assert ends(staff, membership) == {
            "success": True, "membership_id": membership, "status": "cancelled", "ends_on": None,
        }  # fmt: skip
        for day in (None, "2090-06-30"):
            with refuses("invalid_state", status="cancelled"):
                ends(studio, membership, day)

    def test_does_not_end_before_it_begins(self, studio, customer, refuses):
        membership = studio.membership(customer)
        for day in ("2019-12-31", "infinity"):
            with refuses("invalid_input", parameter="p_ends_on"):
                ends(studio, membership, day)

    def test_that_ends_when_it_did_is_no_change(self, studio, customer):
        membership = studio.membership(customer, p_ends_on="2090-06-30")
        assert ends(studio, membership, "2090-06-30")["ends_on"] == "2090-06-30"
        assert studio.audits("end_membership") == []

    def test_that_ends_keeps_what_was_booked(self, studio, customer):
        membership = studio.membership(customer)
        booking = studio.books(studio.plans(), customer)["booking_id"]
        ends(studio, membership)
        assert studio.booking(booking, "booking_status") == "confirmed"
        assert len(studio.uses(membership)) == 1

    def test_that_is_not_theirs_is_not_found(self, studio, studio_as, customer, refuses):
        membership = studio.membership(customer)
        for user in (studio.client(), studio.staff(organization=studio.opens()), studio.staff("member")):
            stranger = studio_as(user)
            for each in (membership, UNKNOWN):
                with refuses("not_found", entity="membership", id=each):
                    ends(stranger, each)
        with refuses("invalid_input", parameter="p_membership_id"):
            ends(studio, None)


class TestAPackage:
    def test_is_what_was_said(self, studio, staff_as, customer):
        package = staff_as().package(customer, 5, p_name="Five", p_expires_at="2090-12-31 12:00Z")
        assert studio.about(
            "packages", package, "name", "classes_total", "classes_used",
            "client_id" if customer.kind == "client" else "lead_id",
        ) == ("Five", 5, 0, customer.id)  # fmt: skip
        assert studio.value("SELECT expires_at = '2090-12-31 12:00Z' FROM packages")

    @pytest.mark.parametrize(
        ("arguments", "parameter"),
        [
            ({"p_organization_id": None}, "p_organization_id"),
            ({"p_customer_id": None}, "p_customer_id"),
            ({"p_customer_type": "member"}, "p_customer_type"),
            ({"p_name": ""}, "p_name"),
            ({"p_classes_total": None}, "p_classes_total"),
            ({"p_classes_total": 0}, "p_classes_total"),
            ({"p_expires_at": "infinity"}, "p_expires_at"),
            ({"p_expires_at": "2100-01-01Z"}, "p_expires_at"),
        ],
    )
    def test_that_makes_no_sense_is_refused(self, studio, refuses, arguments, parameter):
        client = studio.client()
        with refuses("invalid_input", parameter=parameter):
            studio.package(client, **arguments)

    def test_grows_shrinks_and_lasts(self, studio, staff_as, customer):
        package, staff = studio.package(customer, 2), staff_as()
        studio.books(studio.plans(), customer)
        assert changes(staff, package, 12) == {
            "success": True, "package_id": package, "classes_total": 12, "classes_used": 1, "expires_at": None,
        }  # fmt: skip
        assert changes(staff, package, expires_at="2090-01-01Z")["classes_total"] == 12
        shrunk = changes(staff, package, 1)
        assert (shrunk["classes_total"], shrunk["expires_at"]) == (1, "2090-01-01T00:00:00+00:00")

    def test_does_not_shrink_below_what_was_used(self, studio, customer, refuses):
        package = studio.package(customer, 2)
        for _ in range(2):
            studio.books(studio.plans(), customer)
        with refuses("invalid_input", parameter="p_classes_total", classes_used=2):
            changes(studio, package, 1)
        unused = studio.package(customer)
        for classes in (0, -1):
            with refuses("invalid_input", parameter="p_classes_total"):
                changes(studio, unused, classes)

    def test_does_not_change_to_what_makes_no_sense(self, studio, customer, refuses):
        package = studio.package(customer)
        with refuses("invalid_input", parameter="p_expires_at"):
            changes(studio, package, expires_at="infinity")
        with refuses("invalid_input", parameter="p_package_id"):
            changes(studio, None, 3)

    def test_that_stays_what_it_was_is_no_change(self, studio, customer):
        package = studio.package(customer, 5, p_expires_at="2090-01-01Z")
        for arguments in ((), (5,), (5, "2090-01-01Z")):
            assert changes(studio, package, *arguments)["classes_total"] == 5
        assert studio.audits("update_package") == []

    def test_that_is_not_theirs_is_not_found(self, studio, studio_as, customer, refuses):
        package = studio.package(customer)
        for user in (studio.client(), studio.staff(organization=studio.opens()), studio.staff("member")):
            stranger = studio_as(user)
            for each in (package, UNKNOWN):
                with refuses("not_found", entity="package", id=each):
                    changes(stranger, each, 11)


@pytest.mark.parametrize("what", ["membership", "package"])
class TestFor:
    def test_inactive_clients_there_is_none(self, studio, refuses, what):
        client = studio.client(status="inactive")
        with refuses("inactive", customer_id=client.id):
            getattr(studio, what)(client)

    def test_people_of_another_organization_there_is_none(self, studio, refuses, what):
        client = studio.client(organization_id=studio.opens())
        with refuses("not_found", entity="client"):
            getattr(studio, what)(client, p_organization_id=studio.organization)

    def test_themselves_people_make_none(self, studio, studio_as, refuses, what):
        client = studio.client()
        for user in (client, studio.staff("member"), studio.staff(organization=studio.opens())):
            stranger = studio_as(user)
            with refuses("not_allowed"):
                getattr(stranger, what)(client)
