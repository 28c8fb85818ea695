"""Points: what an employee starts with, adjustments, the ledger, and what nobody writes directly."""

import psycopg
import pytest
from psycopg import errors

from gusmester.calls import ask, run
from gusmester.club import UNKNOWN

LEDGER = "employee_points_history"


class TestStarting:
    def test_an_employee_starts_with_300_points(self, club):
        assert club.points(club.employee()) == 300

    def test_they_are_the_first_row_of_the_history(self, club):
        bob = club.employee()
        (row,) = ask(club.connection, "get_points_history", p_employee_id=bob.id)
        assert (row["entry_number"], row["amount"], row["points_before"], row["points_after"]) == (1, 300, 0, 300)
        assert row["reason"]

    def test_whoever_hires_them(self, club, as_service):
        as_service().execute("INSERT INTO employees (name, email) VALUES ('Ada', 'ada@club.example')")
        assert club.rows(
            "SELECT points, amount FROM employees e JOIN employee_points_history h ON h.employee_id = e.id"
        ) == [(300, 300)]

    def test_the_service_does_not_choose_them(self, as_service):
        with pytest.raises(errors.InsufficientPrivilege):
            as_service().execute("INSERT INTO employees (name, email, points) VALUES ('Ada', 'ada@club.example', 9)")

    def test_points_given_at_the_start_are_history_too(self, club):
        club.connection.execute("INSERT INTO employees (name, email, points) VALUES ('Ada', 'ada@club.example', 500)")
        assert club.rows("SELECT amount, points_after FROM employee_points_history") == [(500, 500)]

    def test_two_spellings_of_an_address_are_one_person(self, club):
        club.employee(email="bob@club.example")
        with pytest.raises(errors.UniqueViolation):
            club.employee(email="Bob@Club.Example")


class TestAdjusting:
    def test_points_are_added(self, club):
        bob = club.employee()
        assert club.adjust(bob, 25, " Chopped wood ") == {"success": True, "employee_id": bob.id, "new_points": 325}
        assert club.points(bob) == 325
        assert club.history(bob) == [(25, "Chopped wood")]

    def test_points_are_taken(self, club):
        bob = club.employee()
        assert club.adjust(bob, -300)["new_points"] == 0

    def test_never_more_than_there_are(self, club, refuses):
        bob = club.employee()
        with refuses("insufficient_points", required=301, available=300):
            club.adjust(bob, -301)

    def test_an_amount_is_a_number_of_points(self, club, refuses):
        bob = club.employee()
        for amount in (None, 0, 2**31 - 1, -(2**31)):
            with refuses("invalid_input", parameter="p_amount"):
                club.adjust(bob, amount)

    def test_points_never_overflow(self, club, refuses):
        bob = club.employee()
        club.adjust(bob, 999_999_700)
        with refuses("invalid_input", parameter="p_amount"):
            club.adjust(bob, 1_000_000_000)

    def test_there_is_a_reason(self, club, refuses):
        bob = club.employee()
        for reason in (None, "", " ", "x" * 10_001):
            with refuses("invalid_input", parameter="p_reason"):
                club.adjust(bob, 1, reason)

    def test_the_employee_must_be_given_and_known(self, club, refuses):
        with refuses("invalid_input", parameter="p_employee_id"):
            run(club.connection, "adjust_employee_points", p_employee_id=None, p_amount=1, p_reason="Wood")
        with refuses("not_found", entity="employee", id=UNKNOWN):
            run(club.connection, "adjust_employee_points", p_employee_id=UNKNOWN, p_amount=1, p_reason="Wood")

    def test_who_has_left_can_still_be_settled_with(self, club):
        bob = club.employee(status="inactive")
        assert club.adjust(bob, -300)["new_points"] == 0


class TestTheLedger:
    def test_every_movement_follows_the_one_before(self, club):
        bob = club.employee()
        session = club.session(bob)
        club.release(session)
        club.cancel(club.booking(bob))
        club.adjust(bob, -50)
        rows = club.rows(
            "SELECT entry_number, points_before, amount, points_after FROM employee_points_history"
            " WHERE employee_id = %s ORDER BY entry_number",
            [bob.id],
        )
        assert rows == [
            (1, 0, 300, 300),
            (2, 300, 150, 450),
            (3, 450, -150, 300),
            (4, 300, 150, 450),
            (5, 450, -50, 400),
        ]

    def test_its_clock_does_not_stand_still_within_a_transaction_nor_run_backwards(self, club):
        bob = club.employee()
        with club.connection.transaction():
            for _ in range(3):
                club.adjust(bob, 1)
        assert club.value(
            "SELECT bool_and(created_at >= previous) FROM (SELECT created_at,"
            " lag(created_at) OVER (ORDER BY entry_number) AS previous FROM employee_points_history) AS entries"
        )

    def test_an_entry_is_never_earlier_than_the_one_before_it(self, club, superuser_dsn):
        bob = club.employee()
        with psycopg.connect(superuser_dsn) as superuser:
            superuser.execute("SET session_replication_role = replica")
            superuser.execute("UPDATE employee_points_history SET created_at = created_at + interval '1 hour'")
        club.adjust(bob, 1)
        assert club.value("SELECT count(DISTINCT created_at) FROM employee_points_history") == 1


class TestNobodyWritesPointsDirectly:
    def test_a_login_writes_no_table_at_all(self, club, as_employee):
        admin = as_employee(club.admin())
        for table, column in tables_with_a_column(club):
            for write in writes(table, column):
                with pytest.raises(errors.InsufficientPrivilege):
                    admin.execute(write)

    def test_the_service_writes_neither_ledger_nor_bookings_nor_spots(self, club, as_service):
        service = as_service()
        for table, column in tables_with_a_column(club):
            if table in (LEDGER, "gusmester_bookings", "guest_spots"):
                for write in writes(table, column):
                    with pytest.raises(errors.InsufficientPrivilege):
                        service.execute(write)

    @pytest.mark.parametrize(
        "write",
        [
            "UPDATE employees SET points = 1000",
            "DELETE FROM employees",
            "TRUNCATE employees CASCADE",
            "DELETE FROM sessions",
            "TRUNCATE sessions CASCADE",
        ],
    )
    def test_nor_points_and_it_deletes_no_master_data(self, as_service, write):
        with pytest.raises(errors.InsufficientPrivilege):
            as_service().execute(write)

    def test_the_owner_does_not_change_points_without_history(self, club):
        bob = club.employee()
        with pytest.raises(errors.CheckViolation):
            club.connection.execute("UPDATE employees SET points = points + 1")
        assert club.points(bob) == 300

    @pytest.mark.parametrize(
        "write",
        [
            f"UPDATE {LEDGER} SET amount = amount",
            f"UPDATE {LEDGER} SET reason = 'Gift' WHERE false",
            f"DELETE FROM {LEDGER}",
            f"TRUNCATE {LEDGER}",
            "TRUNCATE employees CASCADE",
            "TRUNCATE gusmester_bookings CASCADE",
            "TRUNCATE sessions CASCADE",
        ],
    )
    def test_the_ledger_is_append_only_for_its_owner_too(self, club, write):
        bob = club.employee()
        with pytest.raises(errors.RestrictViolation, match="append-only"):
            club.connection.execute(write)
        assert club.points(bob) == 300

    @pytest.mark.parametrize(
        "entry",
        [
            {"entry_number": 3},
            {"entry_number": 1},
            {"points_before": 0},
            {"points_before": 301},
            {"points_after": 500},
            {"amount": 0},
            {"amount": -301},
            {"points_before": 300, "points_after": 300},
        ],
    )
    def test_an_entry_that_does_not_follow_the_last_one_is_refused(self, club, entry):
        bob = club.employee()
        row = {"employee_id": bob.id, "amount": 10, "reason": "By hand"} | entry
        with pytest.raises(errors.CheckViolation):
            insert_entry(club, row)
        assert club.points(bob) == 300

    def test_an_entry_without_a_reason_is_refused(self, club):
        bob = club.employee()
        with pytest.raises(errors.NotNullViolation):
            insert_entry(club, {"employee_id": bob.id, "amount": 10, "reason": None})

    def test_an_entry_by_hand_that_follows_moves_the_points(self, club):
        bob = club.employee()
        insert_entry(club, {"employee_id": bob.id, "amount": 10, "reason": "By hand"})
        assert club.points(bob) == 310

    def test_bookings_are_not_deleted(self, club):
        club.booking()
        with pytest.raises(psycopg.IntegrityError):
            club.connection.execute("DELETE FROM gusmester_bookings")

    @pytest.mark.parametrize(
        "write",
        [
            "UPDATE guest_spots SET status = 'released_to_public'",
            "UPDATE gusmester_bookings SET status = 'cancelled', cancelled_at = now()",
        ],
    )
    def test_the_owner_does_not_part_a_booking_from_its_spot(self, club, write):
        booking = club.booking()
        with pytest.raises(errors.CheckViolation):
            club.connection.execute(write)
        assert club.spot(booking["session_id"])["status"] == "booked_by_gusmester"


def tables_with_a_column(club):
    """Return every table of the schema with one of its columns."""
    tables = club.rows(
        "SELECT c.relname, min(a.attname::text) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'"
        " AND a.attnum > 0 AND a.attidentity = '' GROUP BY c.relname"
    )
    assert {LEDGER, "employees", "sessions", "guest_spots", "gusmester_bookings"} <= {table for table, _ in tables}
    return tables


def writes(table, column):
    """Return every kind of statement that writes a table."""
    return (
        f"INSERT INTO {table} DEFAULT VALUES",
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    )


def insert_entry(club, row):
    """Insert a row of the ledger as its owner."""
    columns, values = ", ".join(row), ", ".join(f"%({column})s" for column in row)
    club.connection.execute(f"INSERT INTO {LEDGER} ({columns}) VALUES ({values})", row)
