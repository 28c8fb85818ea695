"""Scenario 36: create_public_booking(), for anybody, who learns nothing about anybody."""

import json

import pytest
from gusmester.snapshot import nothing_written

from classes.studio import UNKNOWN, Studio, new_key


@pytest.fixture
def anybody(studio, as_anon):
    """The studio as somebody who is not signed in sees it."""
    return Studio(as_anon(), studio.organization)


@pytest.fixture
def class_id(studio):
    """A class with some places."""
    return studio.plans(capacity=5)


def leads(studio):
    """Return who is a lead: name, address and telephone number."""
    return studio.rows("SELECT name, email, phone FROM leads ORDER BY email")


class TestABooking:
    def test_of_somebody_unknown_makes_a_lead(self, studio, anybody, class_id):
        result = anybody.widget(class_id, "Zoe@Anybody.example", p_phone="+47 123")
        assert list(result) == ["success", "receipt", "payment_status"]
        assert (result["success"], result["payment_status"], len(result["receipt"])) == (True, "pending", 64)
        assert leads(studio) == [("Zoe", "Zoe@Anybody.example", "+47 123")]
        ((booking,),) = studio.rows("SELECT to_jsonb(b) FROM bookings b")
        assert booking["customer_id"] == studio.value("SELECT id::text FROM leads")
        assert [booking[column] for column in ("source", "payment_method", "payment_status", "booking_status")] == [
            "widget", None, "pending", "confirmed",
        ]  # fmt: skip
        assert studio.rows("SELECT type, address FROM notifications") == [
            ("class_booking_confirmation", "Zoe@Anybody.example")
        ]
        assert studio.taken(class_id) == 1

    def test_of_a_known_lead_makes_none_and_changes_nothing_of_them(self, studio, anybody, class_id):
        lead = studio.lead(email="zoe@anybody.example", name="Zoe Known", phone="1")
        anybody.widget(class_id, "ZOE@anybody.example", "Zed", p_phone="2")
        assert leads(studio) == [("Zoe Known", lead.email, "1")]
        assert studio.holders(class_id) == [lead.id]

    def test_of_a_known_client_is_theirs(self, studio, anybody, class_id):
        client = studio.client(email="zoe@anybody.example")
        anybody.widget(class_id, "Zoe@anybody.example")
        assert (leads(studio), studio.holders(class_id)) == ([], [client.id])
        assert studio.told(client) == ["class_booking_confirmation"]

    def test_never_spends_a_membership_or_a_package(self, studio, anybody):
        client = studio.client(email="zoe@anybody.example")
        membership, package = studio.membership(client), studio.package(client)
        class_id = studio.plans(p_is_free=True)
        assert anybody.widget(class_id)["payment_status"] == "pending"
        assert (studio.uses(membership), studio.used(package)) == ([], 0)

    def test_of_one_organization_knows_nobody_of_another(self, studio, anybody, class_id):
        other = studio.opens()
        studio.lead(organization_id=other, email="zoe@anybody.example")
        anybody.widget(class_id)
        assert studio.value("SELECT count(*) FROM leads") == 2

    def test_is_for_users_and_the_service_too(self, studio, studio_as, class_id):
        studio_as(studio.client()).widget(class_id, "one@anybody.example")
        studio.widget(class_id, "two@anybody.example")
        assert studio.taken(class_id) == 2


class TestTheAnswer:
    def test_does_not_tell_who_is_known(self, studio, anybody):
        one, two, three = (studio.plans() for _ in range(3))
        studio.client(email="client@anybody.example")
        studio.lead(email="lead@anybody.example")
        answers = [
            anybody.widget(one, "client@anybody.example"),
            anybody.widget(two, "lead@anybody.example"),
            anybody.widget(three, "nobody@anybody.example"),
        ]
        for answer in answers:
            assert answer | {"receipt": ""} == {"success": True, "receipt": "", "payment_status": "pending"}
        assert len({answer["receipt"] for answer in answers}) == 3

    def test_to_a_repeat_is_the_same_and_changes_nothing(self, studio, anybody, class_id):
        studio.books(class_id, studio.client(email="client@anybody.example"), "card")
        studio.pays(studio.value("SELECT id::text FROM bookings"))
        first = anybody.widget(class_id)
        before = studio.taken(class_id)
        for _ in range(2):
            assert anybody.widget(class_id, "ZOE@anybody.example", "Somebody") == first
            booked = anybody.widget(class_id, "client@anybody.example")
            assert booked["payment_status"] == "pending"
        assert studio.taken(class_id) == before == 2
        assert len(studio.audits("create_public_booking")) == 1
        assert studio.value("SELECT count(*) FROM notifications") == 2

    def test_to_a_repeat_writes_nothing(self, studio, anybody, class_id):
        anybody.widget(class_id)
        with nothing_written(studio.connection):
            anybody.widget(class_id)

    def test_has_a_receipt_of_class_and_address_that_nobody_can_work_out(self, studio, anybody, class_id):
        receipt = anybody.widget(class_id)["receipt"]
        other = studio.plans()
        assert anybody.widget(other)["receipt"] != receipt
        assert anybody.widget(class_id, "yan@anybody.example")["receipt"] != receipt
        known = f"{class_id} zoe@anybody.example".encode()
        assert studio.value("SELECT encode(sha256(%s), 'hex')", [known]) != receipt
        studio.connection.execute("UPDATE settings SET widget_secret = %s", ["another secret, long enough to be one"])
        assert anybody.widget(class_id)["receipt"] != receipt

    def test_is_repeated_after_a_no_show_and_made_anew_after_a_cancellation(self, studio, anybody, class_id):
        first = anybody.widget(class_id)
        booking = studio.value("SELECT id::text FROM bookings")
        studio.cancels(booking)
        assert anybody.widget(class_id) == first
        assert studio.taken(class_id) == 1
        studio.misses(studio.value("SELECT id::text FROM bookings WHERE booking_status = 'confirmed'"))
        assert anybody.widget(class_id) == first
        assert studio.taken(class_id) == 0


class TestRefusals:
    def test_an_organization_that_is_not_public_is_not_found(self, studio, anybody, class_id, refuses):
        studio.connection.execute("UPDATE organizations SET public_booking = false")
        for organization in (studio.organization, UNKNOWN):
            with refuses("not_found", entity="organization", id=organization):
                anybody.widget(class_id, p_organization_id=organization)

    def test_a_class_of_another_organization_is_not_found(self, studio, anybody, refuses):
        class_id = studio.plans(p_organization_id=studio.opens())
        for each in (class_id, UNKNOWN):
            with refuses("not_found", entity="class_session", id=each):
                anybody.widget(each)

    @pytest.mark.parametrize("known", [True, False])
    def test_the_class_decides_before_the_person_is_looked_for(self, studio, anybody, refuses, known):
        """A repeat is refused like a stranger: the answer does not tell who has a place."""
        class_id = studio.plans(p_booking_cutoff="1 hour")
        anybody.widget(class_id)
        email = "zoe@anybody.example" if known else "yan@anybody.example"
        with refuses("class_full", capacity=1):
            anybody.widget(class_id, email)
        studio.connection.execute("UPDATE class_sessions SET capacity = 2")
        studio.move(class_id, "59 minutes")
        with refuses("too_late"):
            anybody.widget(class_id, email)
        studio.move(class_id, "-1 second")
        with refuses("in_the_past"):
            anybody.widget(class_id, email)
        studio.connection.execute("UPDATE class_sessions SET status = 'completed'")
        with refuses("invalid_state", status="completed"):
            anybody.widget(class_id, email)

    def test_staff_have_the_widgets_cut_off_there(self, studio, staff_as, refuses):
        class_id = studio.plans(p_booking_cutoff="3 hours")
        studio.move(class_id, "2 hours")
        staff = staff_as()
        with refuses("too_late"):
            staff.widget(class_id)

    @pytest.mark.parametrize(
        ("arguments", "parameter"),
        [
            ({"p_organization_id": None}, "p_organization_id"),
            ({"p_class_session_id": None}, "p_class_session_id"),
            ({"p_name": None}, "p_name"),
            ({"p_name": "  "}, "p_name"),
            ({"p_name": "x" * 10_001}, "p_name"),
            ({"p_email": None}, "p_email"),
            ({"p_email": "zoe"}, "p_email"),
            ({"p_email": "x" * 320 + "@example.org"}, "p_email"),
            ({"p_phone": "x" * 10_001}, "p_phone"),
        ],
    )
    def test_what_makes_no_sense(self, anybody, class_id, refuses, arguments, parameter):
        with refuses("invalid_input", parameter=parameter):
            anybody.widget(class_id, **arguments)

    def test_in_another_isolation_or_read_only(self, anybody, class_id, refuses):
        for mode, parameter in {
            "ISOLATION LEVEL REPEATABLE READ": "transaction_isolation",
            "ISOLATION LEVEL SERIALIZABLE": "transaction_isolation",
            "READ ONLY": "transaction_read_only",
        }.items():
            with refuses("invalid_input", parameter=parameter), anybody.connection.transaction():
                anybody.connection.execute(f"SET TRANSACTION {mode}")
                anybody.widget(class_id)


class TestKeys:
    def test_of_anonymous_callers_meet_only_with_the_same_arguments(self, studio, as_anon, anybody, class_id):
        key, other = new_key(), Studio(as_anon(), studio.organization)
        first = anybody.widget(class_id, **key)
        second = other.widget(class_id, "yan@anybody.example", **key)
        assert first["receipt"] != second["receipt"]
        studio.connection.execute("UPDATE class_sessions SET status = 'completed'")
        with nothing_written(studio.connection):
            assert other.widget(class_id, **key) == first
            assert anybody.widget(class_id, "yan@anybody.example", **key) == second

    def test_are_free_after_a_failed_call(self, studio, anybody, class_id, refuses):
        key = new_key()
        studio.connection.execute("UPDATE organizations SET public_booking = false")
        with refuses("not_found"):
            anybody.widget(class_id, **key)
        studio.connection.execute("UPDATE organizations SET public_booking = true")
        assert anybody.widget(class_id, **key)["success"]

    def test_of_users_do_not_serve_other_arguments(self, studio, studio_as, class_id, refuses):
        key, user = new_key(), studio_as(studio.client())
        user.widget(class_id, **key)
        with refuses("idempotency_conflict"):
            user.widget(class_id, "yan@anybody.example", **key)


class TestWhatIsKept:
    def test_no_record_of_who_it_was(self, studio, anybody, class_id):
        anybody.widget(class_id, p_phone="+47 123")
        (row,) = studio.audits("create_public_booking")
        assert row["actor_id"] is None
        for text in ("zoe", "Zoe", "+47"):
            assert text not in json.dumps(row)
