"""Contract section 4: the one row of numbers an installation may change, typed and checked."""

import psycopg
import pytest

from bookingdb.deploy import migrate
from core.records import value

NUMBERS_OF_THE_CONTRACT = {
    "idempotency_key_ttl": "30 days",
    "gus_initial_points": "300",
    "gus_spot_cost": "150",
    "gus_release_award": "150",
    "gus_release_notice": "03:00:00",
    "gus_cancel_notice": "24:00:00",
    "allow_user_transfers": "false",
    "payment_event_payload_retention": "366 days",
    "notification_max_attempts": "10",
    "notification_backoff": "00:00:10",
    "notification_backoff_max": "06:00:00",
    "notification_retention": "90 days",
    "notification_payload_retention": "30 days",
    "notification_archive": "false",
    "notification_archive_retention": "3660 days",
    "session_cancel_notice": "24:00:00",
    "hold_ttl": "00:10:00",
    "hold_ttl_max": "00:30:00",
    "holds_per_person": "3",
    "slot_search_days": "62",
    "complete_sessions_after": None,
    "therapy_session_cost": "1",
    "class_cancel_notice": "24:00:00",
    "class_booking_cutoff": "00:00:00",
    "card_payment_window": "00:30:00",
    "widget_rate_window": "01:00:00",
    "widget_bookings_per_address": "20",
    "widget_bookings_per_email": "5",
    "trusted_proxies": "1",
}
SECRETS = {"widget_secret"}
"""Texts, each installation's own."""
MAY_BE_MISSING = {"complete_sessions_after"}
OUT_OF_RANGE = {
    "integer": ["-1", "2147483647"],
    "interval": ["-1 second", "178000000 years"],
    "boolean": [],
    "text": ["", "x" * 31, "x" * 1001],
}


@pytest.fixture
def columns(db: psycopg.Connection) -> dict[str, str]:
    """Return the columns of numbers, with their types."""
    query = """
        SELECT attname, atttypid::regtype::text FROM pg_attribute
        WHERE attrelid = 'settings'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'id'
    """
    return dict(db.execute(query).fetchall())


def test_the_defaults_are_the_contracts(db, columns):
    assert columns.keys() == NUMBERS_OF_THE_CONTRACT.keys() | SECRETS
    for name, number in NUMBERS_OF_THE_CONTRACT.items():
        assert db.execute(f"SELECT {name}::text FROM settings").fetchall() == [(number,)]


def test_a_number_out_of_range_is_refused(db, columns):
    for name, kind in columns.items():
        for wrong in OUT_OF_RANGE[kind]:
            with pytest.raises(psycopg.errors.CheckViolation):
                db.execute(f"UPDATE settings SET {name} = %s", [wrong])


def test_a_secret_is_made_at_installation(db, empty_dsn):
    migrate(empty_dsn, modules=["classes"])
    with psycopg.connect(empty_dsn) as another:
        for name in SECRETS:
            secrets = {value(c, f"SELECT {name} FROM bookingdb.settings") for c in (db, another)}
            assert len(secrets) == 2


def test_a_number_cannot_be_missing_or_a_word(db, columns):
    for name in columns:
        if name not in MAY_BE_MISSING:
            with pytest.raises(psycopg.errors.NotNullViolation):
                db.execute(f"UPDATE settings SET {name} = NULL")
        with pytest.raises(psycopg.errors.CheckViolation if name in SECRETS else psycopg.DataError):
            db.execute(f"UPDATE settings SET {name} = 'many'")


@pytest.mark.parametrize("another", ["DEFAULT", "false", "NULL"])
def test_there_is_one_row(another, db):
    with pytest.raises(psycopg.IntegrityError):
        db.execute(f"INSERT INTO settings (id) VALUES ({another})")


def test_the_service_role_changes_a_number(club, as_service):
    service = as_service()
    service.execute("UPDATE settings SET gus_spot_cost = 20, gus_initial_points = 77")
    anna = club.employee(points=300)
    service.execute("INSERT INTO employees (name, email) VALUES ('Newcomer', 'new@club.example')")
    assert club.value("SELECT points FROM employees WHERE name = 'Newcomer'") == 77
    assert club.book(club.released(), anna)["points_charged"] == 20


def test_the_service_role_cannot_take_the_row_away(as_service):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_service().execute("DELETE FROM settings")
