"""I8 and I9: whatever is broken behind the back of triggers and constraints is reported, and nothing else."""

import pytest

from classes.studio import Customer


@pytest.fixture(autouse=True)
def every_invariant_holds():
    """Not here: each test breaks one."""


@pytest.fixture
def booked(studio):
    """A class of two places, booked by a client's package and a lead's membership; and all their ids."""
    client, lead = studio.client(), studio.lead()
    things = {"class": studio.plans(capacity=2), "package": studio.package(client, 2)}
    things |= {"membership": studio.membership(lead, 1), "client": client.id, "lead": lead.id}
    things["by package"] = studio.books(things["class"], client)["booking_id"]
    things["by membership"] = studio.books(things["class"], lead)["booking_id"]
    return things


def reported(studio):
    """Return number, kind and id of all that is broken."""
    return sorted((row["invariant"], row["entity"], row["entity_id"]) for row in studio.broken_invariants())


def test_a_healthy_studio_reports_nothing_whatever_was_done(studio, booked):
    studio.checks_in(booked["by package"])
    studio.misses(booked["by membership"])
    for method in ("card", "cash", "free"):
        booking = studio.books(studio.plans(p_is_free=True), studio.client(), method)["booking_id"]
        studio.cancels(booking)
    studio.calls_off(studio.full()[0])
    studio.widget(studio.plans())
    class_id, booking = studio.full()
    studio.joins(class_id, studio.covered())
    studio.cancels(booking)
    studio.move(class_id, "-1 day")
    assert reported(studio) == []


class TestPlaces:
    @pytest.mark.parametrize("taken", [0, 1])
    def test_that_are_not_counted(self, studio, superuser, booked, taken):
        superuser.execute("UPDATE class_sessions SET taken = %s", [taken])
        assert reported(studio) == [("I8", "class_session", booked["class"])]

    @pytest.mark.parametrize("status", ["cancelled", "no_show"])
    def test_that_were_given_up_but_are_counted(self, studio, superuser, booked, status):
        superuser.execute("UPDATE bookings SET booking_status = %s WHERE id = %s", [status, booked["by package"]])
        assert reported(studio) == [("I8", "class_session", booked["class"])]

    def test_that_there_are_not(self, studio, superuser, booked):
        superuser.execute("ALTER TABLE class_sessions DROP CONSTRAINT class_not_overbooked")
        superuser.execute("UPDATE class_sessions SET capacity = 1")
        assert reported(studio) == [("I8", "class_session", booked["class"])]

    def test_of_a_class_that_was_cancelled(self, studio, superuser, booked):
        superuser.execute("UPDATE class_sessions SET status = 'cancelled'")
        assert reported(studio) == [("I8", "class_session", booked["class"])]

    def test_of_a_class_that_is_gone(self, studio, superuser, booked):
        superuser.execute("DELETE FROM class_sessions")
        assert ("I8", "class_session", booked["class"]) in reported(studio)

    def test_of_one_person_twice(self, studio, superuser, booked):
        superuser.execute("DROP INDEX one_live_booking_per_person")
        superuser.execute("UPDATE bookings SET person_id = l.person_id FROM leads l WHERE l.id = %s", [booked["lead"]])
        assert ("I8", "class_session", booked["class"]) in reported(studio)

    def test_of_one_person_once_and_a_no_show(self, studio, superuser, booked):
        superuser.execute("DROP INDEX one_live_booking_per_person")
        superuser.execute(
            "INSERT INTO bookings (organization_id, class_session_id, client_id, person_id, booking_status)"
            " SELECT organization_id, class_session_id, client_id, person_id, 'no_show' FROM bookings WHERE id = %s",
            [booked["by package"]],
        )
        assert reported(studio) == [("I8", "class_session", booked["class"])]


class TestABooking:
    def test_of_nobody_or_of_two(self, studio, superuser, booked):
        superuser.execute("ALTER TABLE bookings DROP CONSTRAINT check_customer_or_client_booking")
        for statement in (
            f"UPDATE bookings SET customer_id = '{booked['lead']}' WHERE id = '{booked['by package']}'",
            f"UPDATE bookings SET customer_id = NULL, client_id = NULL WHERE id = '{booked['by package']}'",
        ):
            superuser.execute(statement)
            assert ("I8", "class_booking", booked["by package"]) in reported(studio)

    def test_of_somebody_elses_person(self, studio, superuser, booked):
        superuser.execute("UPDATE clients SET person_id = gen_random_uuid()")
        assert ("I8", "class_booking", booked["by package"]) in reported(studio)

    @pytest.mark.parametrize("table", ["clients", "class_sessions", "bookings"])
    def test_across_organizations(self, studio, superuser, booked, table):
        superuser.execute(f"UPDATE {table} SET organization_id = %s", [studio.opens()])
        assert ("I8", "class_booking", booked["by package"]) in reported(studio)


class TestUsesOfAPackage:
    @pytest.mark.parametrize("used", [0, 2])
    def test_that_are_not_counted(self, studio, superuser, booked, used):
        superuser.execute("UPDATE packages SET classes_used = %s", [used])
        assert reported(studio) == [("I9", "package", booked["package"])]

    def test_that_there_are_not(self, studio, superuser, booked):
        superuser.execute("ALTER TABLE packages DROP CONSTRAINT package_not_overused")
        client = Customer(booked["client"], "client", studio.organization, "")
        studio.books(studio.plans(), client)
        superuser.execute("UPDATE packages SET classes_total = 1")
        assert reported(studio) == [("I9", "package", booked["package"])]

    def test_of_a_package_that_is_gone(self, studio, superuser, booked):
        superuser.execute("DELETE FROM packages")
        assert ("I9", "package", booked["package"]) in reported(studio)

    def test_that_are_missing(self, studio, superuser, booked):
        superuser.execute("DELETE FROM package_usage")
        assert reported(studio) == [("I9", "class_booking", booked["by package"]), ("I9", "package", booked["package"])]

    def test_that_were_given_back_though_the_place_is_kept(self, studio, superuser, booked):
        superuser.execute("UPDATE package_usage SET returned_at = now()")
        superuser.execute("UPDATE packages SET classes_used = 0")
        assert reported(studio) == [("I9", "class_booking", booked["by package"])]

    def test_of_another_package_than_the_booking_says(self, studio, superuser, booked):
        other = studio.package(studio.client())
        superuser.execute("UPDATE package_usage SET package_id = %s", [other])
        assert ("I9", "class_booking", booked["by package"]) in reported(studio)

    def test_of_somebody_elses_package(self, studio, superuser, booked):
        superuser.execute("UPDATE packages SET person_id = gen_random_uuid()")
        assert reported(studio) == [("I9", "class_booking", booked["by package"])]

    def test_for_a_booking_that_is_gone(self, studio, superuser, booked):
        superuser.execute("DELETE FROM bookings WHERE id = %s", [booked["by package"]])
        superuser.execute("UPDATE class_sessions SET taken = 1")
        assert reported(studio) == [("I9", "class_booking", booked["by package"])]

    def test_that_a_booking_does_not_know_of(self, studio, superuser, booked):
        superuser.execute(
            "UPDATE bookings SET package_id = NULL, payment_method = 'card' WHERE id = %s", [booked["by package"]]
        )
        assert reported(studio) == [("I9", "class_booking", booked["by package"])]


class TestUsesOfAMembership:
    def test_beyond_its_limit(self, studio, superuser, booked):
        superuser.execute(
            "INSERT INTO membership_usage (organization_id, membership_id, booking_id, period_start)"
            " SELECT organization_id, membership_id, gen_random_uuid(), period_start FROM membership_usage"
        )
        assert ("I9", "membership", booked["membership"]) in reported(studio)

    def test_that_were_given_back_do_not_count(self, studio, superuser, booked):
        studio.cancels(booked["by membership"])
        client = studio.client()
        studio.membership(client, 1)
        for _ in range(3):
            studio.cancels(studio.books(studio.plans(), client)["booking_id"])
        assert reported(studio) == []

    def test_of_a_membership_that_is_gone(self, studio, superuser, booked):
        superuser.execute("DELETE FROM memberships")
        assert ("I9", "membership", booked["membership"]) in reported(studio)

    def test_that_are_missing(self, studio, superuser, booked):
        superuser.execute("DELETE FROM membership_usage")
        assert reported(studio) == [("I9", "class_booking", booked["by membership"])]

    def test_that_were_given_back_though_the_place_is_kept(self, studio, superuser, booked):
        superuser.execute("UPDATE membership_usage SET returned_at = now()")
        assert reported(studio) == [("I9", "class_booking", booked["by membership"])]

    def test_of_somebody_elses_membership(self, studio, superuser, booked):
        superuser.execute("UPDATE memberships SET person_id = gen_random_uuid()")
        assert reported(studio) == [("I9", "class_booking", booked["by membership"])]

    def test_and_of_a_package_at_once(self, studio, superuser, booked):
        superuser.execute(
            "INSERT INTO package_usage (organization_id, package_id, booking_id, returned_at)"
            " SELECT organization_id, %s, id, now() FROM bookings WHERE id = %s",
            [booked["package"], booked["by membership"]],
        )
        assert reported(studio) == [("I9", "class_booking", booked["by membership"])]
