"""Contract section 1, bounds: what lies outside is refused by the parameter's name, what lies on the edge is not."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from gusmester.calls import Json, ask, run
from gusmester.snapshot import nothing_written
from support.refusals import refused

from core.examples import COMMANDS, HANDING_OUT, QUERIES, WITHOUT_KEY, Examples
from core.fixtures import CallerOf
from core.records import value

REQUIRED_TEXTS = [
    ("create_gus_session", "p_name"),
    ("book_guest_for_session", "p_guest_name"),
    ("cancel_gus_session", "p_reason"),
    ("adjust_employee_points", "p_reason"),
    ("repair_credit_account", "p_reason"),
    ("fail_notification", "p_error"),
    ("create_peer_booking", "p_session_type"),
    ("create_class_session", "p_name"),
    ("create_class_series", "p_name"),
    ("create_membership", "p_name"),
    ("create_package", "p_name"),
    ("create_public_booking", "p_name"),
    ("save_lead", "p_name"),
    ("save_client", "p_name"),
]
OPTIONAL_TEXTS = [
    ("create_peer_booking", "p_notes"),
    ("process_peer_booking_refund", "p_cancellation_reason"),
    ("create_gus_session", "p_location"),
    ("book_guest_for_session", "p_guest_phone"),
    ("ensure_profile", "p_full_name"),
    ("credits_transfer", "p_description"),
    ("update_credit_balance", "p_description"),
    ("update_credit_balance", "p_reference_type"),
    ("create_session_with_credit_deduction", "p_notes"),
    ("create_session_with_credit_deduction", "p_title"),
    ("cancel_session", "p_reason"),
    ("update_session_notes", "p_notes"),
    ("cancel_class_booking", "p_reason"),
    ("cancel_class_session", "p_reason"),
    ("create_class_session", "p_instructor_name"),
    ("create_class_series", "p_instructor_name"),
    ("create_public_booking", "p_phone"),
    ("save_lead", "p_phone"),
    ("save_client", "p_phone"),
]
INTERVALS = [
    ("claim_notifications", "p_lease"),
    ("cleanup_orphaned_sessions", "p_older_than"),
    ("create_class_series", "p_booking_cutoff"),
    ("create_class_session", "p_booking_cutoff"),
    ("hold_slot", "p_ttl"),
]
SEARCHES = [("find_practitioners", "p_search"), ("peer_practitioners", "p_search")]
SHORT_TEXTS = [("allocate_monthly_credits", "p_allocation_type"), ("enqueue_notification", "p_type")]
WORDS = [
    ("update_credit_balance", "p_transaction_type"),
    ("create_session_with_credit_deduction", "p_session_type"),
    ("add_availability_exception", "p_kind"),
    ("attach_session_room", "p_room_url"),
    ("claim_notifications", "p_worker"),
    ("complete_notification", "p_worker"),
    ("fail_notification", "p_worker"),
    ("create_class_booking", "p_customer_type"),
    ("join_class_waitlist", "p_customer_type"),
    ("create_membership", "p_customer_type"),
    ("create_membership", "p_period"),
    ("create_package", "p_customer_type"),
    ("get_customer_payment_methods", "p_customer_type"),
    ("set_booking_payment_status", "p_payment_status"),
    ("set_organization_role", "p_role"),
]
OPTIONAL_WORDS = [("create_class_booking", "p_payment_method")]
TIME_ZONES = [("ensure_profile", "p_timezone")]
EMAILS = [
    ("book_guest_for_session", "p_guest_email"),
    ("create_public_booking", "p_email"),
    ("save_lead", "p_email"),
    ("save_client", "p_email"),
]
INSTANTS = [
    ("create_gus_session", "p_starts_at"),
    ("booking_stats", "p_from"),
    ("booking_stats", "p_to"),
    ("balance_at", "p_at"),
    ("credit_patterns", "p_from"),
    ("credit_patterns", "p_to"),
    ("add_availability_exception", "p_starts_at"),
    ("add_availability_exception", "p_ends_at"),
    ("hold_slot", "p_starts_at"),
    ("get_available_slots", "p_from"),
    ("get_available_slots", "p_to"),
    ("my_sessions", "p_from"),
    ("create_class_session", "p_starts_at"),
    ("upcoming_classes", "p_from"),
    ("upcoming_classes", "p_to"),
]
OPTIONAL_INSTANTS = [
    ("allocate_monthly_credits", "p_period_start"),
    ("allocate_monthly_credits", "p_period_end"),
    ("my_sessions", "p_to"),
    ("create_package", "p_expires_at"),
    ("update_package", "p_expires_at"),
]
COUNTS = [
    ("create_gus_session", "p_duration_minutes"),
    ("create_gus_session", "p_max_participants"),
    ("allocate_monthly_credits", "p_amount"),
    ("credits_transfer", "p_amount"),
    ("create_class_session", "p_duration_minutes"),
    ("create_class_session", "p_capacity"),
    ("create_class_series", "p_weeks"),
    ("create_class_series", "p_duration_minutes"),
    ("create_class_series", "p_capacity"),
    ("create_membership", "p_class_limit"),
    ("create_package", "p_classes_total"),
    ("update_package", "p_classes_total"),
]
LIMITS = [
    ("get_points_history", "p_limit"),
    ("get_credit_transactions", "p_limit"),
    ("find_practitioners", "p_limit"),
    ("claim_notifications", "p_limit"),
    ("run_maintenance", "p_limit"),
]

LONGEST = "x" * 10_000
LONGEST_EMAIL = "a@" + "x" * 318


@pytest.fixture
def refuses(examples: Examples, caller_of: CallerOf, db: psycopg.Connection) -> Callable[[str, str, Any], None]:
    """Assert that the function's example is refused once this parameter has this value."""

    def refuses(function: str, parameter: str, wrong: Any) -> None:
        ask_or_run = run if function in COMMANDS else ask
        with nothing_written(db), refused("invalid_input", parameter=parameter):
            ask_or_run(caller_of(function), function, **examples.calls[function] | {parameter: wrong})

    return refuses


@pytest.fixture
def accepts(examples: Examples, caller_of: CallerOf) -> Callable[[str, str, Any], Json]:
    """Make the call of the function's example with another value of this parameter."""
    return lambda function, parameter, right: run(
        caller_of(function), function, **examples.calls[function] | {parameter: right}
    )


def test_every_text_instant_and_limit_is_here(db):
    """The tables above name every parameter of these types, so that a new one cannot be forgotten."""
    query = """
        SELECT p.proname, a.name
        FROM pg_proc p, unnest(p.proargnames, p.proargtypes::oid[]) AS a (name, type)
        WHERE p.pronamespace = 'bookingdb'::regnamespace AND p.proname !~ '^_'
          AND (a.type IN ('text'::regtype, 'timestamptz'::regtype) OR a.name = 'p_limit')
          AND a.name <> 'p_idempotency_key'
    """
    texts = REQUIRED_TEXTS + OPTIONAL_TEXTS + SEARCHES + SHORT_TEXTS + WORDS + OPTIONAL_WORDS + TIME_ZONES + EMAILS
    assert sorted(db.execute(query)) == sorted(texts + INSTANTS + OPTIONAL_INSTANTS + LIMITS)


def test_every_public_function_has_an_example(db):
    query = """
        SELECT proname FROM pg_proc
        WHERE pronamespace = 'bookingdb'::regnamespace AND proname !~ '^_' AND prorettype <> 'trigger'::regtype
    """
    assert {name for (name,) in db.execute(query)} == {*COMMANDS, *HANDING_OUT, *QUERIES}


class TestIntervals:
    def test_are_all_here(self, db):
        query = """
            SELECT p.proname, a.name FROM pg_proc p
            CROSS JOIN LATERAL unnest(p.proargnames[:p.pronargs], p.proargtypes::oid[]) AS a (name, type)
            WHERE p.pronamespace = 'bookingdb'::regnamespace AND p.proname !~ '^_' AND a.type = 'interval'::regtype
        """
        assert sorted(db.execute(query)) == sorted(INTERVALS)

    @pytest.mark.parametrize(
        "interval", ["-1 second", "10000 days", "-71582788 mons 2147483640 days", "71582788 mons -2147483640 days"]
    )
    def test_are_refused_out_of_bounds_also_in_disguise(self, interval, refuses):
        """Months compare as 30 days, and no instant is millions of them away."""
        for function, parameter in INTERVALS:
            refuses(function, parameter, interval)


class TestTexts:
    def test_are_refused_above_10_000_characters(self, refuses):
        texts = REQUIRED_TEXTS + OPTIONAL_TEXTS + SEARCHES + SHORT_TEXTS + WORDS + OPTIONAL_WORDS + TIME_ZONES
        for function, parameter in texts:
            for long in (LONGEST + "x", "\N{OLD PERSIAN SIGN XSHAAYATHIYA}" * 10_001, " " * 10_001, "x" * 1_000_000):
                refuses(function, parameter, long)

    def test_are_refused_however_long(self, db, examples):
        """Above 256 MB PostgreSQL itself gives up on them (54000)."""
        session_id = examples.calls["cancel_gus_session"]["p_session_id"]
        with refused("invalid_input", parameter="p_reason"):
            db.execute("SELECT cancel_gus_session(%s, repeat('x', 268435456))", [session_id])

    @pytest.mark.parametrize(("function", "parameter"), REQUIRED_TEXTS + OPTIONAL_TEXTS)
    def test_are_accepted_up_to_it(self, function, parameter, accepts):
        assert accepts(function, parameter, LONGEST)["success"]

    @pytest.mark.parametrize(("function", "parameter"), SHORT_TEXTS)
    def test_are_short_where_they_are_names(self, function, parameter, refuses, accepts):
        refuses(function, parameter, "x" * 101)
        assert accepts(function, parameter, "x" * 100)["success"]

    def test_are_counted_in_characters_not_bytes(self, accepts):
        assert accepts("create_gus_session", "p_name", "\N{OLD PERSIAN SIGN XSHAAYATHIYA}" * 10_000)["success"]

    def test_must_say_something(self, refuses):
        for function, parameter in REQUIRED_TEXTS + SHORT_TEXTS + WORDS + EMAILS:
            for nothing in (None, "", " ", " \t\r\n "):
                refuses(function, parameter, nothing)

    def test_may_be_left_empty_where_optional(self, accepts, db):
        made = accepts("create_gus_session", "p_location", " \n")
        assert value(db, "SELECT location FROM sessions WHERE id = %s", [made["session_id"]]) is None

    def test_are_kept_without_the_blanks_around(self, accepts, db):
        made = accepts("create_gus_session", "p_name", "\t Late  night \n")
        assert value(db, "SELECT name FROM sessions WHERE id = %s", [made["session_id"]]) == "Late  night"


class TestEmails:
    def test_are_refused_when_implausible_or_above_320_characters(self, refuses):
        wrong = ["anna", "@", "anna@", "@home", "anna@home@work", "an na@home", "anna@ho\nme", LONGEST_EMAIL + "x"]
        for function, parameter in EMAILS:
            for email in wrong:
                refuses(function, parameter, email)

    @pytest.mark.parametrize(("function", "parameter"), EMAILS)
    @pytest.mark.parametrize("email", ["a@b", "Anna.O'Hara+sauna@home.example", "ørjan@høyre.example", LONGEST_EMAIL])
    def test_are_accepted_when_plausible(self, function, parameter, accepts, email):
        assert accepts(function, parameter, email)["success"]


class TestKeys:
    def test_are_refused_without_characters_and_above_255(self, refuses):
        for command in set(COMMANDS) - set(WITHOUT_KEY):
            for key in ("", "k" * 256, "\N{KEY}" * 256, "k" * 100_000):
                refuses(command, "p_idempotency_key", key)

    @pytest.mark.parametrize("key", ["k", " ", "k" * 255, "\N{KEY}" * 255])
    def test_are_accepted_up_to_it(self, accepts, key):
        answer = accepts("adjust_employee_points", "p_idempotency_key", key)
        assert accepts("adjust_employee_points", "p_idempotency_key", key) == answer


class TestInstants:
    def test_are_refused_outside_of_the_century_and_without_end(self, refuses):
        outside = [
            "infinity",
            "-infinity",
            "1999-12-31 23:59:59.999999Z",
            "2100-01-01Z",
            "4713-01-01 BC",
            "294276-12-31Z",
        ]
        for function, parameter in INSTANTS + OPTIONAL_INSTANTS:
            for instant in outside:
                refuses(function, parameter, instant)

    def test_are_given_unless_they_have_a_default(self, refuses):
        for function, parameter in INSTANTS:
            refuses(function, parameter, None)

    def test_are_accepted_up_to_its_last_moment(self, accepts):
        assert accepts("create_gus_session", "p_starts_at", "2099-12-31 23:59:59.999999Z")["success"]

    def test_are_accepted_from_its_first(self, examples, db):
        assert ask(db, "booking_stats", p_from="2000-01-01Z", p_to="2099-12-31 23:59:59.999999Z")


class TestNumbers:
    def test_of_rows_are_1_to_1000(self, refuses):
        for function, parameter in LIMITS:
            for limit in (None, 0, -1, 1001, 2**31 - 1, -(2**31)):
                refuses(function, parameter, limit)

    @pytest.mark.parametrize(("limit", "rows"), [(1, 1), (1000, 3)])
    def test_of_rows_are_kept(self, limit, rows, club):
        anna = club.employee(points=310)
        club.adjust(anna, 1)
        assert len(ask(club.connection, "get_points_history", p_employee_id=anna.id, p_limit=limit)) == rows

    def test_of_minutes_participants_places_and_credits_are_above_0(self, refuses):
        for function, parameter in COUNTS:
            for wrong in (0, -1, -(2**31)):
                refuses(function, parameter, wrong)

    def test_of_points_are_neither_0_nor_beyond_all_measure(self, refuses):
        for amount in (None, 0, 2**31 - 1, -(2**31), 1_000_000_001):
            refuses("adjust_employee_points", "p_amount", amount)

    def test_of_credits_are_not_0(self, refuses):
        for amount in (None, 0):
            refuses("update_credit_balance", "p_amount", amount)

    def test_of_points_never_overflow(self, club):
        anna = club.employee(points=0)
        club.adjust(anna, 1_000_000_000)
        with refused("invalid_input", parameter="p_amount"):
            club.adjust(anna, 1)
        assert club.points(anna) == 1_000_000_000


class TestLists:
    def test_of_ids_have_neither_gaps_nor_repetitions(self, refuses, examples):
        host = examples.host.id
        for wrong in ("{NULL}", f"{{{host},NULL}}", f"{{{host},{host}}}", f"{{{{{host}}},{{{host}}}}}", None):
            refuses("create_gus_session", "p_host_employee_ids", wrong)

    def test_of_ids_may_be_empty(self, accepts):
        assert accepts("create_gus_session", "p_host_employee_ids", "{}")["guest_spot_id"] is None
