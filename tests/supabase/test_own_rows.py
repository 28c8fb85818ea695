"""`from(…).select()` shows everybody their own rows, and only the service writes, master data alone."""

from uuid import uuid4

import psycopg
import pytest
from gusmester.club import Club
from peer.exchange import Exchange, in_days
from support.supabase import Clients
from therapy.clinic import Clinic

SEEN = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'"


def test_a_booking_is_seen_by_who_booked(club: Club, clients: Clients) -> None:
    visitor, other = clients.somebody(), clients.somebody()
    hired = club.employee(user_id=str(visitor.user_id))
    club.employee(user_id=str(other.user_id))
    booking = club.booking(hired)
    assert [row["id"] for row in visitor.select("gusmester_bookings").done()] == [booking["booking_id"]]
    assert [row["id"] for row in visitor.select("employees").done()] == [hired.id]
    assert other.select("gusmester_bookings").done() == []
    amounts = [row["amount"] for row in visitor.select("employee_points_history").done()]
    assert sorted(amounts) == [-150, 300]


def test_a_session_is_seen_by_both_parties(clinic: Clinic, exchange: Exchange, clients: Clients) -> None:
    client, practitioner, outsider = (clients.somebody() for _ in range(3))
    for person in (client, practitioner, outsider):
        exchange.person(60, user_id=str(person.user_id))
        exchange.insert("practitioners", {"user_id": str(person.user_id)})
        exchange.works(str(person.user_id), "00:00-24:00")
    session = exchange.books(str(client.user_id), str(practitioner.user_id), in_days(5))["session_id"]
    for party, amounts in ((client, [-60, 60]), (practitioner, [60, 60])):
        assert [row["id"] for row in party.select("client_sessions").done()] == [session]
        assert sorted(row["amount"] for row in party.select("credit_transactions").done()) == amounts
    assert outsider.select("client_sessions").done() == []
    assert [row["amount"] for row in outsider.select("credit_transactions").done()] == [60]


def views(db: psycopg.Connection) -> list[str]:
    return [name for (name,) in db.execute(SEEN).fetchall()]


def test_who_is_not_signed_in_sees_no_table(clients: Clients, db: psycopg.Connection) -> None:
    anonymous = clients.anonymous()
    assert len(views(db)) > 20
    for view in views(db):
        answer = anonymous.select(view)
        assert answer.error, view
        assert (answer.status, answer.error["code"]) == (401, "42501")


def test_who_has_just_signed_up_sees_nothing_of_others(
    club: Club, exchange: Exchange, clients: Clients, db: psycopg.Connection
) -> None:
    club.booking()
    exchange.booked()
    newcomer = clients.somebody()
    for view in views(db):
        answer = newcomer.select(view)
        if answer.error:
            assert (answer.status, answer.error["code"]) == (403, "42501")
        elif view not in ("practitioners", "credit_rates", "subscription_plans"):
            assert answer.data == [], view


def test_the_service_writes_master_data(club: Club, clients: Clients) -> None:
    service, email = clients.service(), f"{uuid4()}@club.example"
    (hired,) = service.take("insert", table="employees", row={"name": "Ada", "email": email}).done()
    session = {"name": "Steam", "starts_at": club.instant("48 hours"), "duration_minutes": 60}
    (made,) = service.take("insert", table="sessions", row=session).done()
    hosting = {"session_id": made["id"], "employee_id": hired["id"]}
    service.take("insert", table="session_employees", row=hosting).done()
    (renamed,) = service.take("update", table="employees", where={"id": hired["id"]}, row={"name": "Ada L."}).done()
    (moved,) = service.take("update", table="sessions", where={"id": made["id"]}, row={"location": "Hall"}).done()
    assert (hired["points"], renamed["name"], moved["location"]) == (300, "Ada L.", "Hall")
    assert len(service.take("remove", table="session_employees", where=hosting).done()) == 1


def test_the_service_is_held_by_the_tables_rules(club: Club, clients: Clients) -> None:
    hired = club.employee()
    again = clients.service().take("insert", table="employees", row={"name": "Ada", "email": hired.email})
    unknown = clients.service().take("update", table="employees", where={"id": hired.id}, row={"status": "asleep"})
    assert again.error
    assert unknown.error
    assert (again.error["code"], unknown.error["code"]) == ("23505", "23514")


@pytest.mark.parametrize(("table", "column", "value"), [
    ("employee_points_history", "amount", 1),
    ("credits", "balance", 1),
    ("credit_transactions", "amount", 1),
    ("credit_allocations", "amount", 1),
    ("guest_spots", "status", "released_to_public"),
    ("gusmester_bookings", "status", "active"),
    ("client_sessions", "status", "completed"),
    ("bookings", "payment_status", "paid"),
    ("audit_log", "action", "book"),
    ("notifications", "status", "sent"),
])  # fmt: skip
def test_nobody_writes_a_ledger_a_booking_or_a_queue(clients: Clients, table: str, column: str, value: object) -> None:
    for caller in (clients.service(), clients.somebody(), clients.anonymous()):
        for answer in (
            caller.take("insert", table=table, row={column: value}),
            caller.take("update", table=table, where={column: value}, row={column: value}),
            caller.take("remove", table=table, where={column: value}),
        ):
            assert answer.error
            assert (answer.error["code"], answer.status in (401, 403)) == ("42501", True)


def test_a_user_writes_no_row(club: Club, clients: Clients) -> None:
    visitor = clients.somebody()
    hired = club.employee(user_id=str(visitor.user_id))
    for person in (visitor, clients.anonymous()):
        for answer in (
            person.take("update", table="employees", where={"id": hired.id}, row={"name": "Else"}),
            person.take("insert", table="employees", row={"name": "Else", "email": "else@club.example"}),
            person.take("insert", table="sessions", row={"name": "Mine"}),
            person.take("remove", table="session_employees", where={"employee_id": hired.id}),
        ):
            assert answer.error
            assert (answer.error["code"], answer.status in (401, 403)) == ("42501", True)
    points = clients.service().take("update", table="employees", where={"id": hired.id}, row={"points": 10_000})
    assert points.error
    assert (points.error["code"], club.points(hired)) == ("42501", 300)


def test_the_service_sees_everything(club: Club, clients: Clients) -> None:
    booking = club.booking()
    seen = clients.service().select("gusmester_bookings", "id").done()
    assert {"id": booking["booking_id"]} in seen
