"""The bank under random work: a moment of it here, as much as wanted by the environment.

BOOKINGDB_WORKLOAD="60 16" pytest tests/concurrency/test_credits_workload.py -s

works 60 seconds on 16 connections and prints what was done; BOOKINGDB_WORKLOAD_SEED makes the same calls again.
"""

import json
import os
import random
from collections import Counter

from concurrency.credits_workload import run_workload

SECONDS, CONNECTIONS = os.environ.get("BOOKINGDB_WORKLOAD", "2 8").split()


def test_random_work_of_many_connections_adds_up(connect, capsys):
    seed = int(os.environ.get("BOOKINGDB_WORKLOAD_SEED", random.randrange(10**6)))
    print(f"seed {seed}")  # noqa: T201
    workload, bank = run_workload(connect, seconds=float(SECONDS), connections=int(CONNECTIONS), seed=seed)
    reasons = Counter(json.loads(error.diag.message_detail)["reason"] for error in workload.refusals)
    print(  # noqa: T201
        f"{sum(workload.effects().values())} effects {dict(workload.effects())}, refusals {dict(reasons)},"
        f" {bank.value('SELECT count(*) FROM credit_transactions')} entries,"
        f" {bank.value('SELECT sum(balance) FROM credits')} credits"
    )
    assert workload.effects().keys() == {"credits_transfer", "update_credit_balance", "allocate_monthly_credits"}
    assert reasons.keys() == {"insufficient_credits", "invalid_input", "not_found", "idempotency_conflict"}
