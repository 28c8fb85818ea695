"""class_roster(), upcoming_classes(), get_customer_payment_methods(): what they show to whom, writing nothing."""

from datetime import datetime

import pytest
from gusmester.calls import ask
from psycopg import errors

from classes.studio import UNKNOWN, Studio, new_key


@pytest.fixture
def anybody(studio, as_anon):
    """The studio as somebody who is not signed in sees it."""
    return Studio(as_anon(), studio.organization)


class TestTheRoster:
    def test_is_of_clients_and_leads_by_name_without_what_was_cancelled(self, studio, staff_as):
        class_id = studio.plans(capacity=4, p_is_free=True)
        zoe = studio.client(name="Zoe", phone="1")
        ann = studio.lead(name="Ann")
        gone, missed = studio.client(name="Gone"), studio.client(name="Missed")
        bookings = {each: studio.books(class_id, each)["booking_id"] for each in (zoe, ann, gone, missed)}
        studio.cancels(bookings[gone])
        studio.misses(bookings[missed])
        studio.checks_in(bookings[zoe])
        rows = staff_as().roster(class_id)
        assert [(row["name"], row["booking_status"]) for row in rows] == [
            ("Ann", "confirmed"), ("Missed", "no_show"), ("Zoe", "attended"),
        ]  # fmt: skip
        assert rows[0] | {"booked_at": ""} == {
            "booking_id": bookings[ann], "customer_type": "lead", "customer_id": ann.id, "name": "Ann",
            "email": ann.email, "phone": None, "booking_status": "confirmed", "payment_status": "paid",
            "payment_method": "free", "source": "service", "booked_at": "",
        }  # fmt: skip
        assert (rows[2]["customer_type"], rows[2]["customer_id"], rows[2]["phone"]) == ("client", zoe.id, "1")

    def test_is_for_its_staff(self, studio, studio_as, refuses):
        class_id = studio.plans(p_is_free=True)
        client = studio.client()
        studio.books(class_id, client)
        for user in (client, studio.staff("member"), studio.staff(organization=studio.opens())):
            stranger = studio_as(user)
            for each in (class_id, UNKNOWN):
                with refuses("not_found", entity="class_session", id=each):
                    stranger.roster(each)

    def test_is_not_for_anybody(self, studio, anybody):
        class_id = studio.plans()
        with pytest.raises(errors.InsufficientPrivilege):
            anybody.roster(class_id)

    def test_is_of_a_class(self, studio, refuses):
        with refuses("invalid_input", parameter="p_class_session_id"):
            studio.roster(None)


class TestUpcomingClasses:
    def test_are_what_anybody_may_know(self, studio, anybody):
        later, sooner = studio.plans("3 days", p_is_free=True), studio.plans("2 days", 5, p_booking_cutoff="1 hour")
        studio.books(later, studio.client())
        rows = anybody.upcoming()
        assert [row["class_session_id"] for row in rows] == [sooner, later]
        first = rows[0]
        assert {key: first[key] for key in first if not key.endswith("_at") and key != "book_until"} == {
            "class_session_id": sooner, "name": "Yoga", "instructor_name": None, "duration_minutes": 60,
            "timezone": "America/New_York", "capacity": 5, "spots_left": 5, "is_free": False,
        }  # fmt: skip
        starts_at, until = (datetime.fromisoformat(first[key]) for key in ("starts_at", "book_until"))
        assert (starts_at - until).total_seconds() == 3600
        assert (rows[1]["spots_left"], rows[1]["is_free"]) == (0, True)

    @pytest.mark.parametrize("timezone", ["UTC", "America/New_York"])
    def test_close_when_bookings_are_refused_whatever_the_sessions_time_zone(self, studio, timezone):
        """A day is 24 hours here, also across a change of the clock."""
        year = studio.value("SELECT extract(year FROM now())::integer + 1")
        studio.plans_at(f"{year}-03-15 00:00-04", p_booking_cutoff="10 days")
        studio.connection.execute(f"SET TIME ZONE '{timezone}'")
        until = studio.value(
            "SELECT (book_until AT TIME ZONE 'UTC')::text FROM upcoming_classes(%s, %s, %s)",
            [studio.organization, f"{year}-03-01", f"{year}-04-01"],
        )
        assert until == f"{year}-03-05 04:00:00"

    def test_are_scheduled_and_have_not_started(self, studio, anybody):
        cancelled, completed, started, coming = (studio.plans() for _ in range(4))
        studio.calls_off(cancelled)
        studio.connection.execute("UPDATE class_sessions SET status = 'completed' WHERE id = %s", [completed])
        studio.move(started, "0")
        assert [row["class_session_id"] for row in anybody.upcoming()] == [coming]

    def test_start_from_one_instant_and_before_another(self, studio):
        with studio.connection.transaction():
            classes = [studio.plans(at) for at in ("1 day -1 second", "1 day", "2 days -1 second", "2 days")]
            found = [row["class_session_id"] for row in studio.upcoming("1 day", "2 days")]
        assert found == classes[1:3]
        assert studio.upcoming("2 days", "1 day") == []

    def test_where_not_everybody_may_see_them_are_for_clients_and_staff(self, studio, studio_as, anybody, refuses):
        studio.connection.execute("UPDATE organizations SET public_booking = false")
        class_id = studio.plans()
        for user in (studio.client(), studio.staff()):
            assert [row["class_session_id"] for row in studio_as(user).upcoming()] == [class_id]
        assert len(studio.upcoming()) == 1
        other = studio.opens(public_booking=False)
        for stranger in (
            anybody, studio_as(studio.client(organization_id=other)), studio_as(studio.staff(organization=other)),
            studio_as(studio.staff("member")),
        ):  # fmt: skip
            with refuses("not_found", entity="organization"):
                stranger.upcoming()

    @pytest.mark.parametrize(
        ("arguments", "parameter"),
        [
            ({"p_organization_id": None}, "p_organization_id"),
            ({"p_from": None}, "p_from"),
            ({"p_to": None}, "p_to"),
            ({"p_from": "-infinity"}, "p_from"),
            ({"p_to": "infinity"}, "p_to"),
            ({"p_to": "2090-01-01Z"}, "p_to"),
        ],
    )
    def test_that_make_no_sense_are_refused(self, studio, refuses, arguments, parameter):
        with refuses("invalid_input", parameter=parameter):
            ask(
                studio.connection,
                "upcoming_classes",
                **{"p_organization_id": studio.organization, "p_from": "2027-01-01Z", "p_to": "2027-02-01Z"}
                | arguments,
            )

    def test_of_an_unknown_organization_are_not_found(self, studio, anybody, refuses):
        stranger = Studio(anybody.connection, UNKNOWN)
        with refuses("not_found", entity="organization", id=UNKNOWN):
            stranger.upcoming()


class TestPaymentMethods:
    @pytest.mark.parametrize("kind", ["client", "lead"])
    def test_are_memberships_and_packages_with_what_is_left(self, studio, kind):
        customer = getattr(studio, kind)()
        four = studio.membership(customer, 4, p_name="Four", p_ends_on="2090-12-31")
        unlimited = studio.membership(customer, None, "week", p_name="Unlimited")
        ten = studio.package(customer, 10, p_name="Ten", p_expires_at="2090-12-31 12:00Z")
        studio.books(studio.plans(), customer, "package")
        assert studio.methods(customer) == [
            {"id": four, "type": "membership", "name": "Four", "description": "4 classes a month, until 2090-12-31",
             "remaining": 4, "is_available": True},
            {"id": unlimited, "type": "membership", "name": "Unlimited", "description": "Unlimited classes",
             "remaining": None, "is_available": True},
            {"id": ten, "type": "package", "name": "Ten", "description": "9 of 10 classes left, until 2090-12-31",
             "remaining": 9, "is_available": True},
        ]  # fmt: skip

    @pytest.mark.parametrize("style", ["ISO, MDY", "SQL, DMY", "German"])
    def test_are_described_alike_in_every_date_style(self, studio, style):
        client = studio.client()
        studio.membership(client, p_ends_on="2091-12-31")
        studio.package(client, p_expires_at="2091-12-31 12:00+00")
        studio.connection.execute(f"SET datestyle TO {style}")
        assert [each["description"] for each in studio.methods(client)] == [
            "Unlimited classes, until 2091-12-31",
            "10 of 10 classes left, until 2091-12-31",
        ]

    def test_of_a_lead_are_the_clients_they_became_and_the_other_way_round(self, studio):
        lead = studio.lead()
        package = studio.package(lead)
        client = studio.turned(lead)
        membership = studio.membership(client)
        for customer in (lead, client):
            assert [row["id"] for row in studio.methods(customer)] == [membership, package]

    def test_that_are_used_up_over_or_to_come_are_not_available(self, studio):
        client = studio.client()
        studio.package(client, 1, p_name="Used up")
        studio.books(studio.plans(), client)
        studio.package(client, p_name="Expired", p_expires_at="2020-01-01Z")
        studio.membership(client, p_name="Over", p_ends_on="2020-12-31")
        studio.membership(client, p_name="To come", p_starts_on="2090-01-01")
        assert {row["name"]: row["is_available"] for row in studio.methods(client)} == dict.fromkeys(
            ("Used up", "Expired", "Over", "To come"), False
        )

    def test_count_the_uses_of_this_period(self, studio):
        client = studio.client()
        membership = studio.membership(client, 2)
        studio.connection.execute("UPDATE organizations SET timezone = 'UTC'")
        this, next_month = studio.plans(), studio.plans()
        with studio.connection.transaction():
            studio.connection.execute(
                "UPDATE class_sessions SET starts_at = CASE id WHEN %s THEN now() + interval '1 second'"
                " ELSE date_trunc('month', now()) + interval '40 days' END",
                [this],
            )
            for class_id in (this, next_month):
                studio.books(class_id, client)
            assert [row["remaining"] for row in studio.methods(client)] == [1]
        assert len(studio.uses(membership)) == 2

    def test_that_were_cancelled_are_not_shown(self, studio):
        client = studio.client()
        studio.connection.execute("SELECT end_membership(%s)", [studio.membership(client)])
        assert studio.methods(client) == []

    def test_are_the_clients_own_and_staffs_to_see(self, studio, studio_as, staff_as, refuses):
        client = studio.covered()
        for caller in (studio_as(client), staff_as(), studio):
            assert len(caller.methods(client)) == 1
        for user in (studio.client(), studio.staff("member"), studio.staff(organization=studio.opens())):
            stranger = studio_as(user)
            with refuses("not_allowed"):
                stranger.methods(client)

    def test_are_a_clients_unless_said_otherwise(self, studio, refuses):
        client, lead = studio.covered(), studio.lead()
        named = {"p_organization_id": studio.organization}
        assert len(ask(studio.connection, "get_customer_payment_methods", p_customer_id=client.id, **named)) == 1
        with refuses("not_found", entity="client"):
            ask(studio.connection, "get_customer_payment_methods", p_customer_id=lead.id, **named)

    def test_everything_available_pays_a_class_of_now(self, studio):
        client = studio.client()
        for limit in (None, 1):
            studio.membership(client, limit)
        studio.package(client, 1)
        for row in studio.methods(client):
            assert row["is_available"]
            class_id = studio.plans("1 minute")
            assert studio.books(class_id, client, row["type"], row["id"])["payment_method"] == row["type"]


class TestEveryQuery:
    @pytest.fixture
    def queries(self, studio):
        """Each query, of things there are and of things there are not."""
        client, class_id = studio.covered(), studio.plans()
        stranger = client.__class__(UNKNOWN, "client", studio.organization, "")
        return [
            (lambda s: s.roster(class_id), lambda s: s.roster(UNKNOWN)),
            (lambda s: s.upcoming(), lambda s: Studio(s.connection, UNKNOWN).upcoming("1 day", "0 days")),
            (lambda s: s.methods(client), lambda s: s.methods(stranger)),
        ]

    def test_answers_and_refuses_in_a_read_only_transaction_of_any_isolation(self, studio, studio_as, queries, refuses):
        user = studio_as(studio.profile())
        studio.connection.execute("UPDATE organizations SET public_booking = false")
        for isolation in ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"):
            for answers, _ in queries:
                with studio.connection.transaction():
                    studio.connection.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation} READ ONLY")
                    answers(studio)
            for _, fails in queries:
                user.connection.execute(f"BEGIN ISOLATION LEVEL {isolation} READ ONLY")
                with pytest.raises(errors.Error) as caught:
                    fails(user)
                user.connection.execute("ROLLBACK")
                assert caught.value.sqlstate in ("PT403", "PT404")

    def test_waits_for_nobody(self, studio, connect, queries):
        holder = connect()
        holder.execute("BEGIN")
        for table in ("class_sessions", "bookings", "clients", "memberships", "packages", "organizations"):
            holder.execute(f"SELECT FROM {table} FOR UPDATE")
        studio.connection.execute("SET lock_timeout = '1s'")
        for answers, _ in queries:
            answers(studio)

    def test_is_not_for_a_login_without_an_identity(self, studio, connect, refuses):
        client, class_id = studio.client(), studio.plans()
        nobody = Studio(connect(), studio.organization)
        nobody.connection.execute("SET ROLE authenticated")
        for claims in ("", "{}", '{"sub": "bob"}'):
            nobody.connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
            with refuses("not_authenticated"):
                nobody.roster(class_id)
            with refuses("not_authenticated"):
                nobody.methods(client)


def test_a_key_is_no_argument_of_a_query(studio):
    with pytest.raises(errors.UndefinedFunction):
        ask(studio.connection, "class_roster", p_class_session_id=UNKNOWN, **new_key())
