"""erase_person() in the studio: nothing tells who somebody was, and everything still adds up."""

import pytest
from gusmester.snapshot import nothing_written


@pytest.fixture
def ann(studio):
    """A client who came from a lead, with a phone, a reason, a place, a place in line, and a role."""
    user_id = studio.profile(full_name="Ann Berg", email="ann@home.example")
    lead = studio.lead(name="Ann Berg", email="ann@lead.example", phone="+47 123")
    client = studio.turned(lead, user_id=user_id, name="Ann Berg", email="ann@studio.example", phone="+47 123")
    studio.package(client)
    studio.cancels(studio.books(studio.plans(), client)["booking_id"], p_reason="Ann Berg has the flu")
    studio.books(studio.plans(), client)
    studio.joins(studio.full()[0], client)
    studio.insert(
        "user_organizations", {"user_id": user_id, "organization_id": studio.organization, "role": "member"}, "user_id"
    )
    return client


def traces(studio, *texts):
    """Return the tables in which a text still is."""
    return [
        table
        for (table,) in studio.rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        if studio.value(f"SELECT count(*) FROM {table} t WHERE t::text ~* %s", ["|".join(texts)])
    ]


def test_nothing_is_left(studio, ann):
    studio.connection.execute(
        "SELECT set_config('request.headers', %s, false)", ['{"x-forwarded-for": "198.51.100.7"}']
    )
    studio.widget(studio.plans(), "ann@lead.example", "Ann Berg", p_phone="+47 123")
    assert set(traces(studio, "Ann Berg", "ann@", "\\+47 123", "flu", "198.51.100.7")) == {
        "profiles", "bookings", "clients", "leads",
    }  # fmt: skip
    assert studio.erases(ann.user_id) is True
    assert traces(studio, "Ann Berg", "ann@", "\\+47 123", "flu", "198.51.100.7") == []


def test_ids_amounts_and_times_stay(studio, ann):
    before = studio.rows("SELECT id, booking_status, created_at, package_id FROM bookings ORDER BY id")
    studio.erases(ann.user_id)
    assert studio.rows("SELECT id, booking_status, created_at, package_id FROM bookings ORDER BY id") == before
    assert studio.about("clients", ann.id, "user_id", "status") == (ann.user_id, "inactive")


def test_they_wait_no_more_and_work_no_more(studio, ann):
    studio.erases(ann.user_id)
    assert studio.value("SELECT array_agg(status) FROM class_waitlist") == ["left"]
    assert studio.value("SELECT count(*) FROM user_organizations") == 0


def test_again_changes_nothing(studio, ann):
    studio.erases(ann.user_id)
    with nothing_written(studio.connection):
        assert studio.erases(ann.user_id) is False


def test_nobody_books_for_them_any_more(studio, ann, refuses):
    lead = studio.lead(email="ann@home.example")
    studio.erases(ann.user_id)
    class_id = studio.plans(p_is_free=True)
    for customer in (ann, lead):
        with refuses("inactive", customer_id=customer.id):
            studio.books(class_id, customer)


def test_leads_and_clients_without_a_login_are_found_by_e_mail(studio):
    user_id = studio.profile(email="Bob@home.example")
    lead = studio.lead(email="bob@HOME.example")
    client = studio.client(login=False, email="bob@home.example", organization_id=studio.opens())
    assert studio.erases(user_id) is True
    assert studio.about("leads", lead.id, "name") == "Erased"
    assert studio.about("clients", client.id, "name", "status") == ("Erased", "inactive")


def test_somebody_elses_login_with_their_address_is_somebody_else(studio):
    user_id = studio.profile(email="bob@home.example")
    other = studio.client(email="bob@home.example")
    lead = studio.lead(email="bob@home.example")
    studio.connection.execute("UPDATE clients SET lead_id = %s WHERE id = %s", [lead.id, other.id])
    studio.erases(user_id)
    assert studio.about("clients", other.id, "email") == "bob@home.example"
    assert studio.about("leads", lead.id, "email") == "bob@home.example"


def test_their_places_can_still_be_given_up(studio, ann):
    studio.erases(ann.user_id)
    booking = studio.value(
        "SELECT id::text FROM bookings WHERE booking_status = 'confirmed' AND client_id = %s", [ann.id]
    )
    assert studio.cancels(booking)["usage_returned"] is True


def test_a_lead_who_was_erased_becomes_nobodys_client(studio, refuses):
    lead = studio.lead(email="ann@home.example")
    studio.erases(studio.profile(email="ann@home.example"))
    with refuses("inactive", customer_id=lead.id):
        studio.converts(lead.id)


def test_their_address_is_free_for_somebody_new(studio, ann):
    studio.erases(ann.user_id)
    lead = studio.about("clients", ann.id, "lead_id")
    assert studio.saves("lead", "Ann", "ann@lead.example") != lead


def test_the_organization_loses_its_last_owner_all_the_same(studio):
    owner = studio.staff("owner")
    assert studio.erases(owner) is True
    assert studio.value("SELECT count(*) FROM user_organizations") == 0
