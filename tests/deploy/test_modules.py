"""Each module by itself: with what it needs and nothing else, added to an installation that has others, and undone."""

import psycopg
import pytest
from core.class_examples import ClassExamples
from deploy.catalogs import contents
from gusmester.calls import ask, run
from gusmester.club import Club
from psycopg.conninfo import make_conninfo

from bookingdb.deploy import migrate, rollback, status
from bookingdb.modules import DEPENDENCIES, resolve

MODULES = [*DEPENDENCIES]
OUTERMOST = sorted(set(MODULES).difference(*DEPENDENCIES.values()))
"""Those that none needs: with what they need they are all."""


def owner(dsn: str) -> psycopg.Connection:
    """Connect as callers do."""
    return psycopg.connect(make_conninfo(dsn, options="-csearch_path=bookingdb,pg_temp"), autocommit=True)


@pytest.mark.parametrize("module", MODULES)
def test_it_works_with_what_it_needs_and_nothing_else(module, empty_dsn):
    migrate(empty_dsn, modules=[module])
    assert set(status(empty_dsn).modules) == set(resolve([module]))
    assert status(empty_dsn).up_to_date
    with owner(empty_dsn) as db:
        assert ask(db, "verify_invariants") == []
        stats = {row["module"] for row in ask(db, "booking_stats", p_from="2020-01-01", p_to="2020-01-02")}
        assert stats == set(resolve([module]))
        assert run(db, "run_maintenance")["success"]
        user = "00000000-0000-4000-8000-000000000001"
        db.execute("INSERT INTO profiles (user_id, full_name) VALUES (%s, 'Kari')", [user])
        assert run(db, "erase_person", p_user_id=user)["erased"]


def test_first_one_and_then_all_is_the_same_as_all(empty_dsn):
    migrate(empty_dsn, schema="at_once")
    for module in OUTERMOST:
        migrate(empty_dsn, schema=f"first_{module}", modules=[module])
        migrate(empty_dsn, schema=f"first_{module}")
        assert contents(empty_dsn, f"first_{module}") ^ contents(empty_dsn, "at_once") == set()


@pytest.mark.parametrize("module", OUTERMOST)
def test_it_is_undone_without_a_trace_and_made_again(module, empty_dsn):
    migrate(empty_dsn, modules=resolve([module])[:-1])
    without = contents(empty_dsn)
    migrate(empty_dsn, modules=[module])
    with_it = contents(empty_dsn)

    rollback(empty_dsn, confirm=lambda _: None)

    assert status(empty_dsn).up_to_date
    assert contents(empty_dsn) ^ without == set()
    migrate(empty_dsn, modules=[module])
    assert contents(empty_dsn) ^ with_it == set()


def test_an_installation_of_another_module_keeps_its_rows_when_all_is_added(empty_dsn):
    migrate(empty_dsn, modules=["gusmester"])
    with owner(empty_dsn) as db:
        club = Club(db)
        anna = club.employee()
        club.booking(anna)
        log = club.rows("SELECT a::text FROM audit_log a ORDER BY a.id")
        before = club.rows("SELECT e::text FROM employees e"), club.history(anna)
        migrate(empty_dsn)
        studio = ClassExamples(db)
        run(db, "create_class_booking", **studio.calls["create_class_booking"])
        assert (club.rows("SELECT e::text FROM employees e"), club.history(anna)) == before
        assert club.rows("SELECT a::text FROM audit_log a ORDER BY a.id")[: len(log)] == log
        assert club.broken_invariants() == []


def test_undoing_the_classes_takes_their_rows_alone(empty_dsn):
    migrate(empty_dsn, modules=["classes", "gusmester"])
    with owner(empty_dsn) as db:
        club, studio = Club(db), ClassExamples(db)
        booking = club.booking()
        losses = {loss.table for loss in rollback(empty_dsn, confirm=lambda _: None).losses}
        assert losses == {
            "organizations", "user_organizations", "leads", "clients", "class_sessions", "memberships", "packages",
            "bookings", "membership_usage", "package_usage", "class_waitlist", "settings",
        }  # fmt: skip
        assert run(db, "erase_person", p_user_id=studio.owner)["erased"]
        assert club.cancel(booking)["points_refunded"] == 150
        assert club.broken_invariants() == []
    assert set(status(empty_dsn).modules) == {"core", "notifications", "gusmester"}
