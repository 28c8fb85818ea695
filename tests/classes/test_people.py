"""Leads and clients: who is one person, and what they keep when they become a client."""

import pytest

from classes.studio import UNKNOWN


def person(studio, table, row_id):
    """Return the person behind a lead or a client."""
    return studio.about(table, row_id, "person_id")


@pytest.fixture(params=["lead", "client"])
def kind(request):
    """A lead or a client."""
    return request.param


class TestSaving:
    def test_makes_one_and_changes_them_by_e_mail_in_any_case(self, studio, staff_as, kind):
        staff, table = staff_as(), f"{kind}s"
        saved = staff.saves(kind, "Ann", "Ann@studio.example", p_phone="1")
        assert studio.about(table, saved, "name", "email", "phone") == ("Ann", "Ann@studio.example", "1")
        assert staff.saves(kind, "Ann Berg", "ann@STUDIO.example") == saved
        assert studio.about(table, saved, "name", "email", "phone") == ("Ann Berg", "ann@STUDIO.example", "1")
        assert staff.saves(kind, "Ann Berg", "ann@studio.example", p_phone="2") == saved
        assert studio.about(table, saved, "phone") == "2"
        assert studio.value(f"SELECT count(*) FROM {table}") == 1

    def test_the_same_again_is_no_change(self, studio, kind):
        saved = studio.saves(kind, "Ann", "ann@studio.example", p_phone="1")
        for phone in ({"p_phone": "1"}, {}):
            assert studio.saves(kind, "Ann", "ann@studio.example", **phone) == saved
        assert len(studio.audits(f"save_{kind}")) == 1

    def test_knows_nobody_of_another_organization(self, studio, kind):
        other = studio.opens()
        first = studio.saves(kind, "Ann", "ann@studio.example")
        assert studio.saves(kind, "Ann", "ann@studio.example", p_organization_id=other) != first

    @pytest.mark.parametrize(
        ("arguments", "parameter"),
        [
            ({"p_organization_id": None}, "p_organization_id"),
            ({"p_name": None}, "p_name"),
            ({"p_name": ""}, "p_name"),
            ({"p_name": "x" * 10_001}, "p_name"),
            ({"p_email": None}, "p_email"),
            ({"p_email": "ann"}, "p_email"),
            ({"p_email": "a b@studio.example"}, "p_email"),
            ({"p_email": "x" * 320 + "@studio.example"}, "p_email"),
            ({"p_phone": "x" * 10_001}, "p_phone"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, studio, refuses, kind, arguments, parameter):
        with refuses("invalid_input", parameter=parameter):
            studio.saves(kind, "Ann", "ann@studio.example", **arguments)

    def test_is_for_staff(self, studio, studio_as, refuses, kind):
        for user in (studio.client(), studio.staff("member"), studio.staff(organization=studio.opens())):
            stranger = studio_as(user)
            for organization in (studio.organization, UNKNOWN):
                with refuses("not_allowed"):
                    stranger.saves(kind, "Ann", "ann@studio.example", p_organization_id=organization)

    def test_in_an_unknown_organization_is_refused_to_the_service(self, studio, refuses, kind):
        with refuses("not_found", entity="organization"):
            studio.saves(kind, "Ann", "ann@studio.example", p_organization_id=UNKNOWN)

    def test_a_client_whose_address_is_a_leads_is_the_same_person(self, studio):
        lead = studio.saves("lead", "Ann", "ann@studio.example")
        client = studio.saves("client", "Ann", "ANN@studio.example")
        assert studio.about("clients", client, "lead_id") == lead
        assert person(studio, "clients", client) == person(studio, "leads", lead)

    def test_a_lead_whose_address_is_a_clients_is_the_same_person(self, studio):
        client = studio.saves("client", "Ann", "ann@studio.example")
        lead = studio.saves("lead", "Ann", "ANN@studio.example")
        assert studio.about("clients", client, "lead_id") == lead
        assert person(studio, "clients", client) == person(studio, "leads", lead)

    def test_keeps_two_apart_who_were_made_by_hand(self, studio):
        """Both may have a place in a class: convert_lead_to_client() says so, saving does not ask."""
        lead, client = studio.lead(email="ann@studio.example"), studio.client(email="ann@studio.example")
        assert studio.saves("lead", "Ann", "ann@studio.example") == lead.id
        assert studio.saves("client", "Ann", "ann@studio.example") == client.id
        assert studio.about("clients", client.id, "lead_id") is None


class TestConverting:
    def test_makes_a_client_who_keeps_everything(self, studio, staff_as):
        lead = studio.lead(phone="1")
        membership, package = studio.membership(lead, 1), studio.package(lead)
        class_id, other = studio.plans(), studio.plans()
        booking = studio.books(class_id, lead, "package")["booking_id"]
        client_id = staff_as().converts(lead.id)
        assert studio.about("clients", client_id, "lead_id", "email", "phone", "status") == (
            lead.id, lead.email, "1", "active",
        )  # fmt: skip
        assert studio.about("leads", lead.id, "status") == "converted"
        assert {person(studio, *each) for each in (
            ("clients", client_id), ("leads", lead.id), ("memberships", membership), ("packages", package),
            ("bookings", booking),
        )} == {person(studio, "leads", lead.id)}  # fmt: skip
        client = studio.client(email="unused@studio.example")
        assert studio.books(other, client.__class__(client_id, "client", studio.organization, ""))["success"]
        assert studio.uses(membership) != []

    def test_again_changes_nothing(self, studio, refuses):
        lead = studio.lead()
        client = studio.converts(lead.id)
        assert studio.converts(lead.id) == client
        assert len(studio.audits("convert_lead_to_client")) == 1

    def test_makes_the_client_with_the_same_address_the_leads_person_with_all_they_have(self, studio):
        lead, client = studio.lead(email="ann@studio.example"), studio.client(email="Ann@studio.example")
        package = studio.package(client, 2)
        full, _ = studio.full()
        studio.joins(full, client)
        booking = studio.books(studio.plans(), client)["booking_id"]
        assert studio.converts(lead.id) == client.id
        leads_person = person(studio, "leads", lead.id)
        for table, row_id in (("clients", client.id), ("packages", package), ("bookings", booking)):
            assert person(studio, table, row_id) == leads_person
        assert studio.value("SELECT person_id::text FROM class_waitlist") == leads_person
        assert studio.books(studio.plans(), lead)["payment_method"] == "package"
        assert studio.used(package) == 2

    @pytest.mark.parametrize("both", ["hold a place", "wait", "missed it"])
    def test_is_refused_when_both(self, studio, refuses, both):
        lead, client = studio.lead(email="ann@studio.example"), studio.client(email="ann@studio.example")
        class_id = studio.full()[0] if both == "wait" else studio.plans(capacity=2, p_is_free=True)
        for each in (lead, client):
            if both == "wait":
                studio.joins(class_id, each)
            else:
                booking = studio.books(class_id, each)["booking_id"]
        if both == "missed it":
            studio.misses(booking)
        with refuses("already_booked"):
            studio.converts(lead.id)

    def test_works_once_one_of_the_two_bookings_is_cancelled(self, studio):
        lead, client = studio.lead(email="ann@studio.example"), studio.client(email="ann@studio.example")
        class_id = studio.plans(capacity=2, p_is_free=True)
        bookings = [studio.books(class_id, each)["booking_id"] for each in (lead, client)]
        studio.cancels(bookings[0])
        assert studio.converts(lead.id) == client.id

    def test_is_refused_when_the_client_came_from_another_lead(self, studio, refuses):
        lead = studio.lead(email="ann@studio.example")
        studio.turned(studio.lead(), email="ann@studio.example")
        with refuses("invalid_state"):
            studio.converts(lead.id)

    def test_of_another_organizations_lead_is_not_found(self, studio, studio_as, refuses):
        lead = studio.lead()
        for user in (studio.client(), studio.staff("member"), studio.staff(organization=studio.opens())):
            stranger = studio_as(user)
            for each in (lead.id, UNKNOWN):
                with refuses("not_found", entity="lead", id=each):
                    stranger.converts(each)

    def test_needs_a_lead(self, studio, refuses):
        with refuses("invalid_input", parameter="p_lead_id"):
            studio.converts(None)
