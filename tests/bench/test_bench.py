"""The benchmark prints a figure for everything it is there to measure; how good the figures are is not looked at."""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

from bookingdb.server import find_binaries

ROOT = Path(__file__).parents[2]

AIMS = [
    ("book_gusmester_spot", "pgbench, TPC-B-like", 1.2, None),  # synchronous_commit on
    ("book_gusmester_spot", "pgbench, TPC-B-like, all on one branch", None, None),
    ("book_gusmester_spot, all for 4 employees", "pgbench, TPC-B-like, all on one branch", None, None),
    ("book_gusmester_spot", "pgbench, TPC-B-like", 1.2, None),  # off
    ("book_gusmester_spot", "pgbench, TPC-B-like, all on one branch", None, None),
    ("book_gusmester_spot, all for 4 employees", "pgbench, TPC-B-like, all on one branch", None, None),
    ("book_gusmester_spot", "pgbench, TPC-B-like", None, None),  # both prepared
    ("book_gusmester_spot", "pgbench, TPC-B-like", None, None),  # on one core
    ("a booking by bookingdb.connect(dsn)", "a booking by psycopg's execute", None, 1.15),
    ("a booking by bookingdb.connect(pool)", "a booking by psycopg's execute", None, 1.5),
    ("a booking by as_user(employee)", "a booking by psycopg's execute", None, None),
    ("a spot that is taken, refused", "a booking by psycopg's execute", None, None),
    ("a booking by a connection opened on the vacuumed empty install", "by a fresh one, 160 bookings later", None, 1.2),
    ("credits_transfer", "pgbench, TPC-B-like", 1.5, None),  # synchronous_commit on
    ("credits_transfer", "pgbench, TPC-B-like", 1.5, None),  # off
    ("the same statements sent one by one, in one transaction", "credits_transfer", 2.2, None),
    ("credits_transfer, 1000 entries", "100 entries", None, 1.2),
    ("create_peer_booking", "pgbench, TPC-B-like", 0.7, None),  # synchronous_commit on
    ("create_peer_booking", "pgbench, TPC-B-like", 0.7, None),  # off
    ("the same statements sent one by one, in one transaction", "create_peer_booking", 2.2, None),
    (
        "create_session_with_credit_deduction, 40 sessions in the calendar",
        "create_session_with_credit_deduction",
        None,
        None,
    ),
    (
        "get_available_slots, a month in steps of 15 minutes, 40 sessions in the calendar",
        "get_available_slots, a month in steps of 15 minutes",
        None,
        None,
    ),
    ("get_available_slots, a month in steps of 15 minutes", "create_peer_booking", None, None),
    *2  # synchronous_commit on, then off
    * (
        (
            "64 calls for 30 places of a class",
            "64 for 30 places: UPDATE ... SET taken = taken + 1 WHERE taken < capacity",
            None,
            None,
        ),
        (
            "64 calls for a full class",
            "64 for no place: UPDATE ... SET taken = taken + 1 WHERE taken < capacity",
            None,
            None,
        ),
        ("64 calls for a full class", "64 calls for 30 places of a class", None, None),
    ),
    (
        "create_class_booking by membership: the statements of it sent one by one, in one transaction",
        "create_class_booking by membership",
        None,
        None,
    ),
    (
        "create_class_booking by card: the statements of it sent one by one, in one transaction",
        "create_class_booking by card",
        None,
        None,
    ),
    ("a class that is full, refused", "create_class_booking by card", None, None),
    ("enqueue_notification", "a plain INSERT of the same row", None, None),
    (
        "claim_notifications and complete_notification, 20 at a time",
        "SELECT … FOR UPDATE SKIP LOCKED and UPDATE, the same number",
        None,
        None,
    ),
    ("a claim of 20: the last tenth", "the first tenth", None, 1.2),
    ("a claim of 20, 99th percentile: the last tenth", "the first tenth", None, 1.5),
    ("size of the index that claims read: the last tenth", "the first tenth", None, 2.0),
    ("bytes a notification takes, with all indexes: the last tenth", "the first tenth", None, 1.2),
]
"""What is measured, against what, and the least or the most it should be."""


def bench(*options):
    if not (find_binaries() / "pgbench").exists():
        pytest.skip("this server comes without pgbench")
    command = [sys.executable, "-m", "bench", "--quick", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def verdict(figure, at_least, at_most):
    if at_least is at_most is None:
        return "information"
    return "ok" if (at_least or 0) <= figure <= (at_most or figure) else "misses"


def test_every_row_comes_out():
    rows = json.loads(bench("--json"))["rows"]
    aims = [row["aim"] or {"at_least": None, "at_most": None} for row in rows]
    assert [
        (row["measure"], row["yardstick"], aim["at_least"], aim["at_most"]) for row, aim in zip(rows, aims, strict=True)
    ] == AIMS
    assert len({(row["measure"], row["yardstick"], row["conditions"]) for row in rows}) == len(AIMS)
    for row, aim in zip(rows, aims, strict=True):
        assert len(row["ratios"]) == 2
        assert min(row["ratios"]) > 0
        assert row["figure"] == median(row["ratios"])
        assert row["verdict"] == verdict(row["figure"], **aim)


def test_people_get_a_table():
    table = bench("--only", "wrapper")
    assert "synchronous_commit off" in table
    assert "≤ 1.15" in table
    assert table.count("information") == 2
