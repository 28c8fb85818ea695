"""The studio under random work: a moment of it here, as much as wanted by the environment.

BOOKINGDB_WORKLOAD="60 16" pytest tests/concurrency/test_classes_workload.py -s

works 60 seconds on 16 connections and prints what was done; with BOOKINGDB_WORKLOAD_SEED each connection makes the same
choices again.
"""

import os
import random

import pytest
from concurrency.classes_workload import run_workload

SECONDS, CONNECTIONS = os.environ.get("BOOKINGDB_WORKLOAD", "3 8").split()

OFTEN = {"create_class_booking", "create_public_booking", "cancel_class_booking", "join_class_waitlist"}
"""What even a moment is long enough for."""


@pytest.fixture(autouse=True)
def every_invariant_holds():
    """Looked at by the workload itself."""


def test_random_work_of_many_connections_adds_up(connect):
    seed = int(os.environ.get("BOOKINGDB_WORKLOAD_SEED", random.randrange(10**6)))
    print(f"seed {seed}")  # noqa: T201
    workload, studio = run_workload(connect, seconds=float(SECONDS), connections=int(CONNECTIONS), seed=seed)
    print(  # noqa: T201
        f"{sum(workload.effects().values())} calls with an effect {dict(workload.effects())},"
        f" refusals {dict(workload.refusals)},"
        f" bookings {dict(studio.rows('SELECT source, count(*) FROM bookings GROUP BY source'))}"
    )
    assert workload.effects().keys() >= OFTEN
    assert workload.refusals.keys() >= {"already_booked", "class_full", "invalid_state"}
