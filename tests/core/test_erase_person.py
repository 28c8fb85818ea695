"""Contract section 4: after erase_person() nothing identifies the person, and every number still adds up."""

import json
from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest
from gusmester.calls import Json, run
from gusmester.club import UNKNOWN, Club, Employee
from gusmester.snapshot import nothing_written
from psycopg.types.json import Jsonb
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.race import race
from support.refusals import refused

from core.class_examples import ClassExamples
from core.records import all_text, audited, value

NAME, EMAIL, PHONE = "Kari Nordmann", "Kari.Nordmann@Home.example", "+47 998 87 766"
TRACES = ("kari", "nordmann", "998 87 766")
"""What must not be found anywhere afterwards."""


@pytest.fixture
def erase(db: psycopg.Connection) -> Callable[..., Json]:
    """Erase somebody, as the service."""
    return lambda user_id, **more: run(db, "erase_person", p_user_id=user_id, **more)


@pytest.fixture
def kari(club: Club) -> Employee:
    """An employee with a login and a profile, who is also known by the e-mail address of the profile."""
    employee = club.employee(points=1000, name=NAME, email="kari@club.example", is_admin=True)
    club.connection.execute(
        "INSERT INTO profiles (user_id, full_name, email, timezone) VALUES (%s, %s, %s, 'Europe/Oslo')",
        [employee.user_id, NAME, EMAIL],
    )
    return employee


@pytest.fixture
def studio(db: psycopg.Connection) -> ClassExamples:
    """A studio with classes."""
    return ClassExamples(db)


def notify(club: Club, user_id: str | None = None, address: str | None = None, status: str = "pending") -> None:
    """Queue something that says it all."""
    club.connection.execute(
        """
        INSERT INTO notifications (id, type, user_id, address, payload, due_at, status, last_error)
        VALUES (gen_random_uuid(), 'booking_confirmation', %s, %s, %s, now(), %s, %s)
        """,
        [user_id, address, Jsonb({"name": NAME, "phone": PHONE}), status, f"550 no such user {EMAIL}"],
    )


def traces(db: psycopg.Connection) -> list[str]:
    """Return the lines of the whole schema that still tell of Kari."""
    return [line for line in all_text(db).splitlines() if any(trace in line.lower() for trace in TRACES)]


class TestNothingIsLeft:
    def test_of_somebody_who_did_everything(self, club, club_as, kari, db, erase, as_user):
        user = as_user(kari.user_id)
        user.execute(
            "SELECT set_config('request.jwt.claims', %s, false)", [json.dumps({"sub": kari.user_id, "email": EMAIL})]
        )
        run(user, "ensure_profile", p_full_name=NAME, p_idempotency_key=f"profile of {NAME}")
        club_as(kari).release(club.session(kari), p_idempotency_key=f"{EMAIL}-1")
        club.booking(kari)
        club.cancel(club.booking(kari))
        club.book_guest(club.session(club.employee()), NAME, EMAIL.upper(), p_guest_phone=PHONE)
        club.cancel_session(club.booking(kari)["session_id"])
        for status in ("pending", "leased", "sent", "dead", "withdrawn"):
            notify(club, user_id=kari.user_id, status=status)
            notify(club, address=EMAIL.lower(), status=status)
        assert len(traces(db)) > 10

        assert erase(kari.user_id) == {"success": True, "user_id": kari.user_id, "erased": True}
        assert traces(db) == []
        assert club.broken_invariants() == []

    def test_of_a_profile_alone(self, db, erase):
        user_id = str(uuid4())
        db.execute("INSERT INTO profiles (user_id, full_name, email) VALUES (%s, %s, %s)", [user_id, NAME, EMAIL])
        erase(user_id)
        assert traces(db) == []

    def test_of_an_employee_without_a_profile(self, club, db, erase):
        kari = club.employee(name=NAME, email=EMAIL)
        assert erase(kari.user_id)["erased"]
        assert traces(db) == []

    def test_of_an_employee_without_a_login(self, club, db, erase):
        """Found by the address of the profile, however it is spelled."""
        user_id = str(uuid4())
        db.execute("INSERT INTO profiles (user_id, full_name, email) VALUES (%s, %s, %s)", [user_id, NAME, EMAIL])
        kari = club.employee(user_id=None, name=NAME, email=EMAIL.upper())
        club.booking(kari)
        erase(user_id)
        assert traces(db) == []
        assert club.value("SELECT status FROM employees WHERE id = %s", [kari.id]) == "inactive"

    def test_of_a_guest_known_by_the_employees_address(self, club, db, erase):
        kari = club.employee(name=NAME, email=EMAIL)
        session_id = club.session(club.employee())
        club.book_guest(session_id, NAME, EMAIL.lower(), p_guest_phone=PHONE)
        erase(kari.user_id)
        assert traces(db) == []
        assert club.spot(session_id)["status"] == "booked_by_host"

    def test_of_a_client_who_was_a_lead_and_works_there(self, studio, db, erase):
        user_id, here = str(uuid4()), {"p_organization_id": studio.organization}
        db.execute("INSERT INTO profiles (user_id, full_name, email) VALUES (%s, %s, %s)", [user_id, NAME, EMAIL])
        booking = {**here, "p_name": NAME, "p_email": EMAIL.upper(), "p_phone": PHONE}
        run(db, "create_public_booking", **booking, p_class_session_id=studio.class_())
        lead = run(db, "save_lead", **here, p_name=NAME, p_email=EMAIL, p_phone=PHONE)["lead_id"]
        client = run(db, "convert_lead_to_client", p_lead_id=lead)["client_id"]
        db.execute("UPDATE clients SET user_id = %s WHERE id = %s", [user_id, client])
        run(db, "set_organization_role", **here, p_user_id=user_id, p_role="staff")
        customer = {**here, "p_customer_id": client, "p_customer_type": "client"}
        full = studio.class_(p_capacity=1)
        studio.book(full)
        waiting = run(db, "join_class_waitlist", **customer, p_class_session_id=full)["waitlist_id"]
        booked = studio.book(studio.class_(), client)
        run(db, "cancel_class_booking", p_booking_id=booked, p_reason=f"{NAME} is ill")
        assert {line.partition(":")[0] for line in traces(db)} >= {"leads", "clients", "bookings", "notifications"}

        assert erase(user_id)["erased"]
        assert traces(db) == []
        assert value(db, "SELECT count(*) FROM bookings WHERE network_address IS NOT NULL") == 0
        assert value(db, "SELECT count(*) FROM user_organizations WHERE user_id = %s", [user_id]) == 0
        assert value(db, "SELECT status FROM class_waitlist WHERE id = %s", [waiting]) == "left"
        assert value(db, "SELECT status FROM clients WHERE id = %s", [client]) == "inactive"

    @pytest.mark.parametrize("table", ["leads", "clients"])
    def test_of_a_customer_without_a_login(self, table, studio, db, erase):
        """Found by the address of the profile, however it is spelled."""
        user_id = str(uuid4())
        db.execute("INSERT INTO profiles (user_id, full_name, email) VALUES (%s, %s, %s)", [user_id, NAME, EMAIL])
        command = "save_lead" if table == "leads" else "save_client"
        saved = {"p_organization_id": studio.organization, "p_name": NAME, "p_email": EMAIL.upper(), "p_phone": PHONE}
        run(db, command, **saved)
        erase(user_id)
        assert traces(db) == []

    def test_to_be_sent(self, club, kari, db, erase):
        club.booking(kari)
        notify(club, user_id=kari.user_id)
        erase(kari.user_id)
        query = "SELECT DISTINCT status, payload FROM notifications WHERE user_id = %s"
        assert db.execute(query, [kari.user_id]).fetchall() == [("withdrawn", {})]

    @pytest.mark.parametrize("status", ["pending", "leased", "dead"])
    def test_in_the_error_of_a_reminder_that_went_to_the_other_side_too(self, club, kari, db, erase, status):
        other = club.employee().user_id
        notify(club, user_id=other, status=status)
        db.execute("UPDATE notifications SET therapist_id = %s, payload = '{}'", [kari.user_id])
        erase(kari.user_id)
        assert db.execute("SELECT status, last_error FROM notifications").fetchall() == [(status, None)]

    def test_of_keys_and_their_answers(self, club, club_as, kari, db, erase):
        club_as(kari).release(club.session(kari), p_idempotency_key=EMAIL)
        erase(kari.user_id)
        assert db.execute("SELECT key FROM idempotency_keys WHERE caller LIKE 'user:%'").fetchall() == []

    def test_in_the_answer_and_the_log(self, kari, erase, log):
        with refused("not_found"):
            erase(UNKNOWN)
        erase(kari.user_id)
        assert [trace for trace in TRACES if trace in log.text().lower()] == []


class TestEverythingElseStays:
    def test_points_and_their_history(self, club, kari, erase):
        club.booking(kari)
        before = club.points(kari), club.history(kari)
        erase(kari.user_id)
        assert (club.points(kari), club.history(kari)) == before

    def test_ids(self, club, kari, erase):
        booking = club.booking(kari)
        erase(kari.user_id)
        assert club.bookings(booking["session_id"]) == [(kari.id, "active")]
        assert club.value("SELECT user_id::text FROM employees WHERE id = %s", [kari.id]) == kari.user_id

    def test_customers_and_what_they_booked_and_used(self, studio, db, erase):
        tables = ("bookings", "membership_usage", "package_usage", "memberships", "packages")
        run(db, "create_class_booking", **studio.calls["create_class_booking"])
        before = [db.execute(f"SELECT t::text FROM {table} t ORDER BY 1").fetchall() for table in tables]
        assert erase(studio.client_login)["erased"]
        assert [db.execute(f"SELECT t::text FROM {table} t ORDER BY 1").fetchall() for table in tables] == before
        assert value(db, "SELECT name FROM leads WHERE id = %s", [studio.another_lead]) == "Leo"

    def test_other_people(self, club, kari, erase):
        other = club.employee(name="Otto", email="otto@club.example")
        club.connection.execute("INSERT INTO profiles (user_id, full_name) VALUES (%s, 'Otto')", [other.user_id])
        session_id = club.session(other)
        club.book_guest(session_id, "Gro", "gro@home.example", p_guest_phone="5550199")
        notify(club, user_id=other.user_id)
        rows = {
            "employees": [other.id],
            "profiles": [other.user_id],
            "guest_spots": [club.spot(session_id)["id"]],
        }
        key = {"employees": "id", "profiles": "user_id", "guest_spots": "id"}

        def theirs():
            found = [club.rows(f"SELECT t::text FROM {t} t WHERE {key[t]} = %s", ids) for t, ids in rows.items()]
            return [*found, club.rows("SELECT t::text FROM notifications t WHERE user_id = %s", [other.user_id])]

        before = theirs()
        erase(kari.user_id)
        assert theirs() == before


class TestAfterwards:
    def test_the_person_is_inactive_everywhere(self, club, club_as, kari, erase):
        erase(kari.user_id)
        assert club.rows("SELECT is_active, deleted_at IS NOT NULL FROM profiles") == [(False, True)]
        assert club.rows("SELECT status, is_admin FROM employees WHERE id = %s", [kari.id]) == [("inactive", False)]
        with refused("inactive"):
            club_as(kari).book(club.released())
        with refused("not_allowed"):
            club_as(kari).session()

    def test_again_changes_nothing(self, club, kari, db, erase):
        club.booking(kari)
        notify(club, user_id=kari.user_id)
        erase(kari.user_id)
        with nothing_written(db):
            assert erase(kari.user_id) == {"success": True, "user_id": kari.user_id, "erased": False}

    @pytest.mark.parametrize("known_by", ["employee", "notification"])
    def test_again_changes_nothing_without_a_profile(self, known_by, club, db, erase):
        user_id = club.employee().user_id if known_by == "employee" else str(uuid4())
        notify(club, user_id=user_id)
        assert erase(user_id)["erased"]
        with nothing_written(db):
            assert erase(user_id)["erased"] is False

    def test_what_is_found_later_goes_too(self, club, kari, db, erase):
        erase(kari.user_id)
        notify(club, user_id=kari.user_id)
        assert erase(kari.user_id)["erased"]
        assert traces(db) == []

    def test_their_bookings_can_still_be_cancelled_by_the_service(self, club, kari, erase):
        booking = club.booking(kari)
        erase(kari.user_id)
        assert club.cancel(booking)["points_refunded"] == 150


class TestWhoMay:
    def test_the_service_role_may(self, kari, as_service):
        assert run(as_service(), "erase_person", p_user_id=kari.user_id)["erased"]

    def test_an_end_user_may_not_even_for_themself(self, kari, db, as_user):
        with nothing_written(db), pytest.raises(psycopg.errors.InsufficientPrivilege):
            run(as_user(kari.user_id), "erase_person", p_user_id=kari.user_id)

    def test_nobody_knows_an_unknown_person(self, db, erase):
        with nothing_written(db), refused("not_found", id=UNKNOWN):
            erase(UNKNOWN)

    def test_a_person_must_be_named(self, erase):
        with refused("invalid_input", parameter="p_user_id"):
            erase(None)


class TestAtOnce:
    def test_two_erase_once(self, kari, connect, db):
        before = audited(db)
        answers = race(2, lambda _: connect(), lambda c, _: run(c, "erase_person", p_user_id=kari.user_id))
        assert sorted(answer["erased"] for answer in answers) == [False, True]
        assert audited(db) == before + 1

    def test_a_booking_that_is_being_made_is_waited_for_and_erased_with_its_notifications(
        self, club, connect, db, erase
    ):
        kari: Employee = club.employee(name=NAME, user_id=None, email=EMAIL)
        user_id, session_id = str(uuid4()), club.released()
        db.execute("INSERT INTO profiles (user_id, email) VALUES (%s, %s)", [user_id, EMAIL])
        booker, eraser = connect(), connect()
        booker.execute("BEGIN")
        run(booker, "book_gusmester_spot", p_session_id=session_id, p_employee_id=kari.id)
        later = execute_in_thread(eraser, "SELECT erase_person(%s)", [user_id])
        wait_until_blocked(db, eraser.info.backend_pid)
        booker.execute("COMMIT")
        later.result(TIMEOUT)
        assert traces(db) == []
        assert club.broken_invariants() == []

    def test_a_profile_that_is_being_made_is_waited_for_and_erased(self, club, connect, as_employee, db):
        """Whoever is known by an employee row alone may be making their profile at this moment."""
        kari = club.employee(name=NAME)
        user, eraser = as_employee(kari), connect()
        user.execute("BEGIN")
        run(user, "ensure_profile", p_full_name=NAME)
        later = execute_in_thread(eraser, "SELECT erase_person(%s)", [kari.user_id])
        wait_until_blocked(db, eraser.info.backend_pid)
        user.execute("COMMIT")
        later.result(TIMEOUT)
        assert traces(db) == []
        assert db.execute("SELECT is_active FROM profiles").fetchall() == [(False,)]

    def test_an_address_that_is_being_changed_is_waited_for_and_searched_for(self, club, connect, kari, db):
        service, eraser = connect(), connect()
        club.book_guest(club.session(club.employee()), NAME, "nordmann@work.example")
        service.execute("BEGIN")
        service.execute("UPDATE profiles SET email = 'nordmann@work.example'")
        later = execute_in_thread(eraser, "SELECT erase_person(%s)", [kari.user_id])
        wait_until_blocked(db, eraser.info.backend_pid)
        service.execute("COMMIT")
        later.result(TIMEOUT)
        assert traces(db) == []

    def test_a_command_under_an_expired_key_of_theirs_is_no_deadlock(self, club, connect, as_employee, kari, db):
        """Both are one command each, so the global order of locks must hold: keys before people."""
        release = "SELECT release_guest_spot(%s, 'k')"
        user, eraser, holder = as_employee(kari), connect(), connect()
        user.execute(release, [club.session(kari)])
        db.execute("UPDATE idempotency_keys SET created_at = created_at - interval '31 days'")
        session_id = club.session(kari)

        holder.execute("BEGIN; SELECT FROM profiles FOR NO KEY UPDATE")
        erasing = execute_in_thread(eraser, "SELECT erase_person(%s)", [kari.user_id])
        wait_until_blocked(db, eraser.info.backend_pid)
        releasing = execute_in_thread(user, release, [session_id])
        wait_until_blocked(db, user.info.backend_pid)
        holder.execute("COMMIT")
        for command in (erasing, releasing):
            assert not isinstance(command.exception(TIMEOUT), psycopg.errors.DeadlockDetected)
