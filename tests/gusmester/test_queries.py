"""What the queries tell, and to whom."""

from contextlib import suppress

import psycopg
import pytest
from psycopg import errors
from support.refusals import refused

from gusmester.calls import ask
from gusmester.club import UNKNOWN

QUERIES = [
    "get_employee_points",
    "get_points_history",
    "available_guest_spots",
    "my_gusmester_bookings",
    "my_hosting_sessions",
]
OF_ONESELF_ALONE = QUERIES[2:]


def rows_of(query, connection, employee=None, **more):
    """Ask a query, about an employee where one is given."""
    return ask(connection, query, **({"p_employee_id": employee.id} if employee else {}), **more)


class TestPoints:
    def test_ones_own(self, club, as_employee):
        bob = club.employee(points=149)
        assert rows_of("get_employee_points", as_employee(bob)) == [{"points": 149}]

    def test_an_admin_reads_anybodys(self, club, as_employee):
        bob, admin = club.employee(points=149), club.admin()
        assert rows_of("get_employee_points", as_employee(admin), bob) == [{"points": 149}]
        assert rows_of("get_employee_points", as_employee(admin)) == [{"points": 300}]


class TestHistory:
    def test_newest_first_with_what_it_belongs_to(self, club, as_employee):
        bob = club.employee()
        booking = club.booking(bob)
        newest, opening = rows_of("get_points_history", as_employee(bob))
        assert list(newest) == [
            "id",
            "entry_number",
            "amount",
            "reason",
            "related_session_id",
            "related_booking_id",
            "points_before",
            "points_after",
            "created_at",
        ]
        assert (newest["amount"], newest["points_before"], newest["points_after"]) == (-150, 300, 150)
        assert newest["related_booking_id"] == booking["booking_id"]
        assert newest["related_session_id"] == booking["session_id"]
        assert opening["amount"] == 300

    def test_an_admin_reads_anybodys(self, club, as_employee):
        bob, admin = club.employee(), club.admin()
        club.adjust(bob, 5)
        assert [row["amount"] for row in rows_of("get_points_history", as_employee(admin), bob)] == [5, 300]

    def test_no_more_rows_than_asked_for(self, club):
        bob = club.employee()
        for amount in (1, 2, 3):
            club.adjust(bob, amount)
        assert [row["amount"] for row in rows_of("get_points_history", club.connection, bob, p_limit=2)] == [3, 2]

    def test_fifty_rows_unless_told(self, club):
        bob = club.employee()
        club.rows("SELECT adjust_employee_points(%s, 1, 'Wood') FROM generate_series(1, 60)", [bob.id])
        assert len(rows_of("get_points_history", club.connection, bob)) == 50
        assert len(rows_of("get_points_history", club.connection, bob, p_limit=1000)) == 61

    def test_one_to_a_thousand_rows(self, club, refuses):
        bob = club.employee()
        for limit in (None, 0, -1, 1001):
            with refuses("invalid_input", parameter="p_limit"):
                rows_of("get_points_history", club.connection, bob, p_limit=limit)


class TestAvailableSpots:
    def test_a_released_spot_with_its_session(self, club, as_employee):
        host = club.employee(name="Aino")
        session = club.session(host, p_name="Löyly", p_duration_minutes=90, p_location="Pier 4")
        club.release(session)
        (row,) = rows_of("available_guest_spots", as_employee(club.employee()))
        assert row == {
            "session_id": session,
            "guest_spot_id": club.spot(session)["id"],
            "name": "Löyly",
            "starts_at": row["starts_at"],
            "duration_minutes": 90,
            "location": "Pier 4",
            "host_name": "Aino",
            "point_cost": 150,
            "can_afford": True,
        }
        assert club.value("SELECT %s::timestamptz = starts_at FROM sessions", [row["starts_at"]])

    @pytest.mark.parametrize(("points", "can_afford"), [(149, False), (150, True)])
    def test_whether_one_can_afford_it(self, club, as_employee, points, can_afford):
        club.released()
        (row,) = rows_of("available_guest_spots", as_employee(club.employee(points=points)))
        assert row["can_afford"] is can_afford

    def test_the_next_session_first(self, club):
        later, sooner = club.released(starts_in="3 days"), club.released(starts_in="2 days")
        rows = rows_of("available_guest_spots", club.connection, club.employee())
        assert [row["session_id"] for row in rows] == [sooner, later]

    def test_not_ones_own_hosting(self, club):
        host = club.employee()
        club.released(host)
        assert rows_of("available_guest_spots", club.connection, host) == []

    def test_not_what_is_not_released(self, club):
        club.session(club.employee())
        club.book_guest(club.session(club.employee()))
        club.booking()
        assert rows_of("available_guest_spots", club.connection, club.employee()) == []

    @pytest.mark.parametrize("status", ["cancelled", "completed"])
    def test_not_of_a_session_that_is_not_active(self, club, status):
        session = club.released()
        club.connection.execute("UPDATE sessions SET status = %s WHERE id = %s", [status, session])
        assert rows_of("available_guest_spots", club.connection, club.employee()) == []

    @pytest.mark.parametrize(("starts_in", "listed"), [("0", 0), ("1 microsecond", 1)])
    def test_not_once_it_has_started(self, club, starts_in, listed):
        session, bob = club.released(), club.employee()
        with club.connection.transaction():
            club.move(session, starts_in)
            assert len(rows_of("available_guest_spots", club.connection, bob)) == listed

    def test_everything_listed_can_be_booked_and_nothing_else(self, club):
        host, bob = club.employee(), club.employee(points=1500)
        sessions = [club.session(host), club.released(host), club.released(), club.released(bob)]
        sessions += [club.booking()["session_id"], club.released(starts_in="1 hour")]
        listed = {row["session_id"] for row in rows_of("available_guest_spots", club.connection, bob)}
        booked = set()
        for session in sessions:
            with suppress(psycopg.Error):
                booked.add(club.book(session, bob)["session_id"])
        assert booked == listed == {sessions[1], sessions[2], sessions[5]}


class TestOwnBookings:
    def test_a_booking_with_its_session(self, club, as_employee):
        host, bob = club.employee(name="Aino"), club.employee()
        session = club.session(host, p_name="Löyly", p_duration_minutes=90, p_location="Pier 4")
        club.release(session)
        booking = club.book(session, bob)
        (row,) = rows_of("my_gusmester_bookings", as_employee(bob))
        assert row == {
            "booking_id": booking["booking_id"],
            "session_id": session,
            "name": "Löyly",
            "starts_at": row["starts_at"],
            "duration_minutes": 90,
            "location": "Pier 4",
            "host_name": "Aino",
            "status": "active",
            "point_cost": 150,
            "can_cancel": True,
            "cancel_deadline": row["cancel_deadline"],
        }
        assert club.value("SELECT %(starts_at)s::timestamptz - %(cancel_deadline)s::timestamptz = '24 hours'", row)

    @pytest.mark.parametrize(("starts_in", "can_cancel"), [("24 hours", False), ("24 hours 1 microsecond", True)])
    def test_whether_it_can_be_cancelled(self, club, starts_in, can_cancel):
        bob = club.employee()
        booking = club.booking(bob)
        with club.connection.transaction():
            club.move(booking["session_id"], starts_in)
            (row,) = rows_of("my_gusmester_bookings", club.connection, bob)
            assert row["can_cancel"] is can_cancel

    def test_a_cancelled_one_is_listed_as_such(self, club):
        bob = club.employee()
        club.cancel(club.booking(bob))
        (row,) = rows_of("my_gusmester_bookings", club.connection, bob)
        assert (row["status"], row["can_cancel"]) == ("cancelled", False)

    def test_a_booking_of_a_completed_session_cannot_be_cancelled(self, club):
        bob = club.employee()
        club.booking(bob)
        club.connection.execute("UPDATE sessions SET status = 'completed'")
        assert [row["can_cancel"] for row in rows_of("my_gusmester_bookings", club.connection, bob)] == [False]

    def test_nobody_elses(self, club, as_employee):
        host = club.employee()
        club.booking(session_id=club.released(host))
        for somebody_else in (host, club.employee()):
            assert rows_of("my_gusmester_bookings", as_employee(somebody_else)) == []

    def test_it_stays_listed_when_nobody_hosts_any_more(self, club):
        host, bob = club.employee(), club.employee()
        booking = club.booking(bob, club.released(host))
        club.cancel(booking)
        club.unassign(booking["session_id"], host)
        (row,) = rows_of("my_gusmester_bookings", club.connection, bob)
        assert row["host_name"] is None


class TestOwnHosting:
    def test_a_session_with_its_spot(self, club, as_employee):
        host = club.employee()
        session = club.session(host, p_name="Löyly")
        (row,) = rows_of("my_hosting_sessions", as_employee(host))
        assert row == {
            "session_id": session,
            "guest_spot_id": club.spot(session)["id"],
            "name": "Löyly",
            "starts_at": row["starts_at"],
            "status": "reserved_for_host",
            "guest_name": None,
            "can_release": True,
            "will_earn_points": True,
        }

    def test_a_guest_is_named(self, club):
        host = club.employee()
        club.book_guest(club.session(host), "Kim")
        (row,) = rows_of("my_hosting_sessions", club.connection, host)
        assert (row["status"], row["guest_name"], row["can_release"]) == ("booked_by_host", "Kim", False)

    @pytest.mark.parametrize(
        ("starts_in", "can_release", "will_earn_points"),
        [("0", False, False), ("1 microsecond", True, False), ("3 hours", True, False), ("3:00:00.000001", True, True)],
    )
    def test_whether_it_can_be_released_and_earns_points(self, club, starts_in, can_release, will_earn_points):
        host = club.employee()
        session = club.session(host)
        with club.connection.transaction():
            club.move(session, starts_in)
            (row,) = rows_of("my_hosting_sessions", club.connection, host)
            assert (row["can_release"], row["will_earn_points"]) == (can_release, will_earn_points)

    def test_a_session_that_has_earned_its_points_earns_no_more(self, club):
        host = club.employee()
        session = club.released(host)
        club.unassign(session, host)
        club.assign(session, host)
        (row,) = rows_of("my_hosting_sessions", club.connection, host)
        assert (row["can_release"], row["will_earn_points"]) == (True, False)

    @pytest.mark.parametrize("status", ["cancelled", "completed"])
    def test_a_session_that_is_not_active_cannot_be_released(self, club, status):
        host = club.employee()
        club.session(host)
        club.connection.execute("UPDATE sessions SET status = %s", [status])
        (row,) = rows_of("my_hosting_sessions", club.connection, host)
        assert (row["can_release"], row["will_earn_points"]) == (False, False)

    def test_the_host_alone(self, club):
        second = club.employee()
        club.session(club.employee(), second)
        assert rows_of("my_hosting_sessions", club.connection, second) == []

    def test_the_next_host_once_the_first_was_taken_off(self, club):
        host, next_host = club.employee(), club.employee()
        club.unassign(club.session(host, next_host), host)
        assert rows_of("my_hosting_sessions", club.connection, host) == []
        assert len(rows_of("my_hosting_sessions", club.connection, next_host)) == 1


@pytest.mark.parametrize("query", QUERIES)
class TestWhoMayAsk:
    def test_the_service_says_about_whom(self, club, refuses, query):
        bob = club.employee()
        with refuses("invalid_input", parameter="p_employee_id"):
            rows_of(query, club.connection)
        with refuses("not_found", entity="employee", id=UNKNOWN):
            ask(club.connection, query, p_employee_id=UNKNOWN)
        rows_of(query, club.connection, bob)

    def test_an_employee_about_themself(self, club, as_employee, refuses, query):
        bob, colleague = club.employee(), club.employee()
        connection = as_employee(bob)
        assert rows_of(query, connection) == rows_of(query, connection, bob)
        with refuses("not_allowed"):
            rows_of(query, connection, colleague)

    def test_an_admin_who_has_left_is_an_employee_like_others(self, club, as_employee, refuses, query):
        former, colleague = club.admin(status="inactive"), club.employee()
        rows_of(query, as_employee(former))
        with refuses("not_allowed"):
            rows_of(query, as_employee(former), colleague)

    def test_not_somebody_without_an_employee_row(self, club, as_user, refuses, query):
        bob = club.employee()
        stranger = as_user(UNKNOWN)
        for about in (None, bob):
            with refuses("not_allowed"):
                rows_of(query, stranger, about)

    def test_not_somebody_who_is_not_signed_in(self, as_anon, query):
        with pytest.raises(errors.InsufficientPrivilege):
            rows_of(query, as_anon())

    def test_not_a_login_without_an_identity(self, connect, refuses, query):
        connection = connect()
        connection.execute("SET ROLE authenticated")
        for claims in ("", "{}", '{"sub": ""}', '{"sub": "bob"}', '{"sub": null}'):
            connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
            with refuses("not_authenticated"):
                rows_of(query, connection)


@pytest.mark.parametrize("query", OF_ONESELF_ALONE)
def test_not_even_an_admin_asks_about_a_colleague(club, as_employee, refuses, query):
    admin, colleague = club.admin(), club.employee()
    with refuses("not_allowed"):
        rows_of(query, as_employee(admin), colleague)


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_runs_and_refuses_in_a_read_only_transaction_of_any_isolation(club, query):
    bob = club.employee()
    club.booking(bob)
    club.released(bob)
    for isolation in ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"):
        with club.connection.transaction():
            club.connection.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}, READ ONLY")
            assert rows_of(query, club.connection, bob) or query == "available_guest_spots"
            with refused("not_found", entity="employee"):
                ask(club.connection, query, p_employee_id=UNKNOWN)


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_waits_for_nobody(club, connect, query):
    bob = club.employee()
    session = club.booking(bob)["session_id"]
    other = connect()
    other.execute("SET lock_timeout = '1s'")
    with club.connection.transaction():
        for table in ("employees", "sessions", "guest_spots", "gusmester_bookings"):
            club.connection.execute(f"SELECT FROM {table} FOR UPDATE")
        rows_of(query, other, bob)
    assert club.spot(session)["status"] == "booked_by_gusmester"
