"""Practice and exchange under random work: a moment of it here, as much as wanted by the environment.

BOOKINGDB_WORKLOAD="60 16" pytest tests/concurrency/test_therapy_and_peer_workload.py -s

works 60 seconds on 16 connections and prints what was done; with BOOKINGDB_WORKLOAD_SEED each connection makes the same
choices again.
"""

import os
import random
from datetime import UTC, datetime, timedelta

import pytest
from concurrency.therapy_and_peer_workload import overlaps, run_workload

SECONDS, CONNECTIONS = os.environ.get("BOOKINGDB_WORKLOAD", "3 8").split()

OFTEN = {
    "create_peer_booking",
    "create_session_with_credit_deduction",
    "process_peer_booking_refund",
    "cancel_session",
    "reschedule_session",
    "credits_transfer",
}
"""What even a moment is long enough for."""


@pytest.fixture(autouse=True)
def every_invariant_holds():
    """Looked at by the workload itself."""


def test_random_work_of_many_connections_adds_up(connect):
    seed = int(os.environ.get("BOOKINGDB_WORKLOAD_SEED", random.randrange(10**6)))
    print(f"seed {seed}")  # noqa: T201
    workload, exchange = run_workload(connect, seconds=float(SECONDS), connections=int(CONNECTIONS), seed=seed)
    print(  # noqa: T201
        f"{sum(workload.effects().values())} calls with an effect {dict(workload.effects())},"
        f" refusals {dict(workload.refusals)},"
        f" {exchange.value('SELECT count(*) FROM client_sessions')} sessions,"
        f" {exchange.value('SELECT count(*) FROM credit_transactions')} entries, {exchange.total()} credits,"
        f" {exchange.value('SELECT count(*) FROM credit_transactions WHERE balance_after < 0')} of them into or in debt"
    )
    assert workload.effects().keys() >= OFTEN
    assert workload.refusals.keys() >= {"slot_taken", "insufficient_credits", "invalid_state"}


def test_the_check_for_overlaps_finds_them():
    """In whichever role."""
    at = datetime(2090, 1, 1, tzinfo=UTC)
    hour = timedelta(hours=1)
    first, next_to_it = ("1", "anna", "bob", at, at + hour), ("2", "bob", "anna", at + hour, at + 2 * hour)
    assert overlaps([first, next_to_it]) == []
    across = ("3", "carol", "anna", at + hour / 2, at + hour)
    assert overlaps([first, next_to_it, across]) == [("anna", "3", "1")]
