"""Scenario 33: what the database itself refuses, to the table's owner and to the service."""

import pytest
from psycopg import errors

from classes.studio import UNKNOWN


@pytest.fixture
def booking(studio):
    """The columns of a booking that may be inserted by hand."""
    return {"organization_id": studio.organization, "class_session_id": studio.plans(capacity=5)}


class TestABookingByHand:
    @pytest.mark.parametrize("table", ["bookings", "class_waitlist"])
    def test_is_of_a_lead_or_of_a_client(self, studio, booking, table):
        client, lead = studio.client(), studio.lead()
        ids = {"id": UNKNOWN}
        for customers in ({}, {"client_id": client.id, "customer_id": lead.id}):
            with pytest.raises((errors.CheckViolation, errors.NotNullViolation)):
                studio.insert(table, ids | booking | customers)
        assert studio.insert(table, ids | booking | {"customer_id": lead.id})

    @pytest.mark.parametrize("table", ["bookings", "class_waitlist"])
    def test_is_of_one_organization(self, studio, booking, table):
        other = studio.opens()
        stranger, unknown_lead = studio.client(organization_id=other), studio.lead(organization_id=other)
        own, ids = studio.client(), {"id": UNKNOWN}
        for columns in (
            {"client_id": stranger.id},
            {"customer_id": unknown_lead.id},
            {"client_id": own.id, "organization_id": other},
            {"client_id": own.id, "class_session_id": studio.plans(p_organization_id=other)},
            {"client_id": stranger.id, "organization_id": other},
        ):
            with pytest.raises(errors.ForeignKeyViolation):
                studio.insert(table, ids | booking | columns)

    def test_is_paid_by_what_is_of_one_organization(self, studio, booking):
        other, client = studio.opens(), studio.client()
        stranger = studio.client(organization_id=other)
        for method in ("membership", "package"):
            theirs = getattr(studio, method)(stranger)
            with pytest.raises(errors.ForeignKeyViolation):
                studio.insert(
                    "bookings", booking | {"client_id": client.id, "payment_method": method, f"{method}_id": theirs}
                )

    @pytest.mark.parametrize(
        "columns",
        [
            {"payment_method": "membership"},
            {"payment_method": "package"},
            {"payment_method": "voucher"},
            {"payment_status": "free"},
            {"booking_status": "waiting"},
            {"source": "anybody"},
            {"class_session_id": None},
            {"organization_id": None},
        ],
    )
    def test_makes_sense(self, studio, booking, columns):
        with pytest.raises((errors.CheckViolation, errors.NotNullViolation)):
            studio.insert("bookings", booking | {"client_id": studio.client().id} | columns)

    def test_names_what_pays_only_where_it_pays(self, studio, booking):
        client = studio.client()
        for method, other in (("membership", "package"), ("package", "membership")):
            columns = {"payment_method": method, f"{other}_id": getattr(studio, other)(client)}
            with pytest.raises(errors.CheckViolation):
                studio.insert("bookings", booking | {"client_id": client.id} | columns)

    def test_takes_a_place_that_there_is(self, studio):
        class_id = studio.plans(capacity=1)
        row = {"organization_id": studio.organization, "class_session_id": class_id}
        studio.insert("bookings", row | {"client_id": studio.client().id})
        with pytest.raises(errors.CheckViolation, match="class_not_overbooked"):
            studio.insert("bookings", row | {"client_id": studio.client().id})
        studio.insert("bookings", row | {"client_id": studio.client().id, "booking_status": "cancelled"})
        assert studio.taken(class_id) == 1
        with pytest.raises(errors.CheckViolation, match="class_not_overbooked"):
            studio.connection.execute("UPDATE bookings SET booking_status = 'attended'")

    def test_is_one_of_a_person_whatever_they_are_called(self, studio, booking):
        lead = studio.lead()
        client = studio.turned(lead)
        studio.insert("bookings", booking | {"client_id": client.id})
        for columns in ({"client_id": client.id}, {"customer_id": lead.id}):
            with pytest.raises(errors.UniqueViolation, match="one_live_booking_per_person"):
                studio.insert("bookings", booking | columns)

    def test_counts_whatever_becomes_of_it(self, studio, booking):
        made = studio.insert("bookings", booking | {"client_id": studio.client().id})
        class_id = booking["class_session_id"]
        for status, taken in {"attended": 1, "no_show": 0, "confirmed": 1, "cancelled": 0}.items():
            studio.connection.execute("UPDATE bookings SET booking_status = %s", [status])
            assert studio.taken(class_id) == taken
        studio.connection.execute("UPDATE bookings SET booking_status = 'confirmed'")
        studio.connection.execute("DELETE FROM bookings WHERE id = %s", [made])
        assert studio.taken(class_id) == 0

    def test_stays_in_its_class(self, studio, booking):
        studio.insert("bookings", booking | {"client_id": studio.client().id})
        with pytest.raises(errors.CheckViolation, match="does not move"):
            studio.connection.execute("UPDATE bookings SET class_session_id = %s", [studio.plans()])

    def test_does_not_lend_itself_to_somebody_else(self, studio, booking):
        one, other = studio.client(), studio.client()
        studio.insert("bookings", booking | {"client_id": one.id})
        with pytest.raises(errors.ForeignKeyViolation):
            studio.connection.execute("UPDATE bookings SET client_id = %s", [other.id])


class TestAClassByHand:
    def test_has_room_for_whom_it_was_booked_by(self, studio, as_service):
        class_id = studio.plans(capacity=3, p_is_free=True)
        for _ in range(2):
            studio.books(class_id, studio.client())
        for connection in (studio.connection, as_service()):
            with pytest.raises(errors.CheckViolation, match="class_not_overbooked"):
                connection.execute("UPDATE class_sessions SET capacity = 1")
            connection.execute("UPDATE class_sessions SET capacity = 2")

    def test_that_is_booked_or_waited_for_is_not_cancelled(self, studio, as_service):
        class_id, booking = studio.full()
        service = as_service()
        cancel = "UPDATE class_sessions SET status = 'cancelled'"
        with pytest.raises(errors.CheckViolation, match="booked or waited for"):
            service.execute(cancel)
        waits = studio.joins(class_id, studio.client())["waitlist_id"]
        studio.cancels(booking)
        with pytest.raises(errors.CheckViolation, match="booked or waited for"):
            service.execute(cancel)
        studio.leaves(waits)
        service.execute(cancel)

    def test_is_not_counted_by_the_service(self, studio, as_service):
        class_id, service = studio.plans(), as_service()
        for statement in (
            "UPDATE class_sessions SET taken = 0",
            f"INSERT INTO class_sessions (organization_id, name, starts_at, duration_minutes, capacity, taken)"
            f" VALUES ('{studio.organization}', 'Yoga', now(), 60, 1, 1)",
            "DELETE FROM class_sessions",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                service.execute(statement)
        assert studio.taken(class_id) == 0

    def test_may_be_made_by_the_service(self, studio, as_service):
        as_service().execute(
            "INSERT INTO class_sessions (organization_id, name, starts_at, duration_minutes, capacity)"
            " VALUES (%s, 'Yoga', now() + interval '1 day', 60, 1)",
            [studio.organization],
        )
        class_id = studio.value("SELECT id::text FROM class_sessions")
        assert studio.books(class_id, studio.covered())["spots_left"] == 0


class TestUsesByHand:
    def test_are_within_a_memberships_limit(self, studio):
        client = studio.client()
        membership = studio.membership(client, 1)
        studio.books(studio.plans_at("2090-03-10 12:00Z"), client)
        kept = studio.books(studio.plans_at("2090-03-11 12:00Z"), client, "card")["booking_id"]
        use = {
            "organization_id": studio.organization,
            "membership_id": membership,
            "booking_id": kept,
            "period_start": "2090-03-01",
        }
        with pytest.raises(errors.CheckViolation, match="used up"):
            studio.insert("membership_usage", use)
        with studio.connection.transaction(force_rollback=True):
            studio.insert("membership_usage", use | {"period_start": "2090-04-01"})
            with pytest.raises(errors.CheckViolation, match="used up"), studio.connection.transaction():
                studio.connection.execute("UPDATE membership_usage SET period_start = '2090-03-01'")

    def test_are_not_taken_back_beyond_a_memberships_limit(self, studio):
        client = studio.client()
        studio.membership(client, 1)
        studio.cancels(studio.books(studio.plans_at("2090-03-10 12:00Z"), client)["booking_id"])
        studio.books(studio.plans_at("2090-03-11 12:00Z"), client)
        with pytest.raises(errors.CheckViolation, match="used up"):
            studio.connection.execute("UPDATE membership_usage SET returned_at = NULL")

    def test_keep_a_memberships_limit_and_period(self, studio, as_service):
        client, service = studio.client(), as_service()
        membership = studio.membership(client, 3)
        for day in (10, 11):
            studio.books(studio.plans_at(f"2090-03-{day} 12:00Z"), client)
        for statement in ("UPDATE memberships SET class_limit = 1", "UPDATE memberships SET period = 'week'"):
            with pytest.raises(errors.CheckViolation, match="used more often"):
                service.execute(statement)
        for limit in (2, None, 5):
            service.execute("UPDATE memberships SET class_limit = %s", [limit])
        assert len(studio.uses(membership)) == 2

    def test_are_not_more_than_a_package_has(self, studio, as_service):
        client = studio.client()
        package = studio.package(client, 2)
        for _ in range(2):
            studio.books(studio.plans(), client)
        kept = studio.books(studio.plans(), client, "card")["booking_id"]
        use = {"organization_id": studio.organization, "package_id": package, "booking_id": kept}
        with pytest.raises(errors.CheckViolation, match="package_not_overused"):
            studio.insert("package_usage", use)
        with pytest.raises(errors.CheckViolation, match="package_not_overused"):
            as_service().execute("UPDATE packages SET classes_total = 1")
        with pytest.raises(errors.InsufficientPrivilege):
            as_service().execute("UPDATE packages SET classes_used = 0")

    def test_are_of_one_organization(self, studio):
        other = studio.opens()
        stranger = studio.client(organization_id=other)
        booking = studio.books(studio.plans(), studio.client(), "card")["booking_id"]
        for kind, more in (("membership", {"period_start": "2090-03-01"}), ("package", {})):
            row = {"booking_id": booking, f"{kind}_id": getattr(studio, kind)(stranger)} | more
            for organization in (studio.organization, other):
                with pytest.raises(errors.ForeignKeyViolation):
                    studio.insert(f"{kind}_usage", row | {"organization_id": organization})

    @pytest.mark.parametrize("kind", ["membership", "package"])
    def test_stay_with_whose_they_are(self, studio, as_service, kind):
        """What was used for one person's bookings does not become somebody else's."""
        client, other = studio.client(), studio.client()
        getattr(studio, kind)(client)
        studio.books(studio.plans(), client)
        with pytest.raises((errors.IntegrityError, errors.InsufficientPrivilege)):
            as_service().execute(
                f"UPDATE {kind}s SET client_id = c.id, person_id = c.person_id FROM clients c WHERE c.id = %s",
                [other.id],
            )

    def test_are_one_of_a_booking(self, studio):
        client = studio.client()
        package = studio.package(client)
        booking = studio.books(studio.plans(), client)["booking_id"]
        with pytest.raises(errors.UniqueViolation):
            studio.insert(
                "package_usage",
                {"organization_id": studio.organization, "package_id": package, "booking_id": booking},
            )


class TestPeopleByHand:
    def test_who_both_hold_a_place_are_not_made_one(self, studio, as_service):
        lead, client = studio.lead(), studio.client()
        class_id = studio.plans(capacity=2, p_is_free=True)
        for each in (lead, client):
            studio.books(class_id, each)
        with pytest.raises(errors.UniqueViolation, match="one_live_booking_per_person"):
            as_service().execute("UPDATE clients SET lead_id = %s", [lead.id])

    def test_who_came_from_a_lead_stay_that_leads_person(self, studio, as_service):
        """Their package was used for the lead's booking."""
        lead, other = studio.lead(), studio.lead()
        client, service = studio.turned(lead), as_service()
        studio.package(client)
        studio.books(studio.plans(), lead)
        for lead_id in (other.id, None):
            with pytest.raises(errors.CheckViolation, match="stays that lead's person"):
                service.execute("UPDATE clients SET lead_id = %s WHERE id = %s", [lead_id, client.id])
        for table in ("leads", "clients"):
            with pytest.raises(errors.InsufficientPrivilege):
                service.execute(f"UPDATE {table} SET person_id = gen_random_uuid()")

    def test_are_linked_within_one_organization(self, studio, as_service):
        lead, client = studio.lead(organization_id=studio.opens()), studio.client()
        with pytest.raises(errors.ForeignKeyViolation):
            as_service().execute("UPDATE clients SET lead_id = %s WHERE id = %s", [lead.id, client.id])

    def test_who_are_linked_share_what_they_have(self, studio, as_service):
        lead, client = studio.lead(), studio.client()
        package = studio.package(client)
        as_service().execute("UPDATE clients SET lead_id = %s", [lead.id])
        assert studio.books(studio.plans(), lead)["payment_method"] == "package"
        assert studio.used(package) == 1

    @pytest.mark.parametrize("table", ["leads", "clients"])
    def test_have_an_address_of_their_own_in_any_case(self, studio, as_service, table):
        row = {"organization_id": studio.organization, "name": "Ann"}
        studio.insert(table, row | {"email": "Ann@studio.example"})
        with pytest.raises(errors.UniqueViolation):
            studio.insert(table, row | {"email": "aNN@studio.example"})
        studio.insert(table, row | {"email": "ann@studio.example", "organization_id": studio.opens()})

    def test_with_bookings_are_not_deleted(self, studio):
        client, lead = studio.client(), studio.lead()
        for each in (client, lead):
            studio.books(studio.plans(p_is_free=True), each)
        for table in ("clients", "leads", "class_sessions", "organizations"):
            with pytest.raises(errors.IntegrityError):
                studio.connection.execute(f"DELETE FROM {table}")

    def test_with_one_login_are_one_client_of_an_organization(self, studio):
        client = studio.client()
        with pytest.raises(errors.UniqueViolation):
            studio.client(user_id=client.user_id)
        assert studio.client(user_id=client.user_id, organization_id=studio.opens())


class TestUsers:
    TABLES = (
        "organizations", "user_organizations", "leads", "clients", "class_sessions", "memberships", "packages",
        "bookings", "membership_usage", "package_usage", "class_waitlist",
    )  # fmt: skip

    @pytest.mark.parametrize("who", ["client", "owner"])
    def test_write_no_table(self, studio, studio_as, who):
        client = studio.covered()
        studio.books(studio.plans(), client)
        user = studio_as(client if who == "client" else studio.staff("owner")).connection
        for table in self.TABLES:
            for statement in (f"DELETE FROM {table}", f"INSERT INTO {table} DEFAULT VALUES", f"TRUNCATE {table}"):
                with pytest.raises(errors.InsufficientPrivilege):
                    user.execute(statement)
        for statement in (
            "UPDATE bookings SET payment_status = 'paid'",
            "UPDATE packages SET classes_total = 1000",
            "UPDATE user_organizations SET role = 'owner'",
            "UPDATE clients SET status = 'active'",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                user.execute(statement)

    def test_see_their_own_staff_their_organizations_and_nobody_anothers(self, studio, studio_as):
        """Scenario 37."""
        lead = studio.lead()
        client, other = studio.turned(lead), studio.client()
        for each in (client, other):
            studio.membership(each, 1)
            studio.package(each)
            for _ in range(2):
                studio.books(studio.plans(), each)
            studio.joins(studio.full()[0], each)
        elsewhere = studio.opens()
        owner, staff = studio.staff("owner"), studio.staff()
        every = {table: studio.value(f"SELECT count(*) FROM {table}") for table in self.TABLES}
        assert self.seen(studio_as(client)) == {
            "organizations": 1, "leads": 1, "clients": 1, "class_sessions": every["class_sessions"], "memberships": 1,
            "packages": 1, "bookings": 2, "class_waitlist": 1,
        }  # fmt: skip
        for user in (owner, staff):
            assert self.seen(studio_as(user)) == every | {"organizations": 1}
        for stranger in (studio.staff("owner", elsewhere), studio.client(organization_id=elsewhere)):
            assert self.seen(studio_as(stranger)).keys() <= {"organizations", "user_organizations", "clients"}
        assert self.seen(studio_as(studio.staff("member"))) == {"user_organizations": 1}
        assert self.seen(studio_as(studio.profile())) == {}

    def seen(self, studio):
        """Return how many rows of which tables a caller sees."""
        counted = {table: studio.value(f"SELECT count(*) FROM {table}") for table in self.TABLES}
        return {table: count for table, count in counted.items() if count}
