"""Random work on accounts from many connections at once, and whether it adds up."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random

import psycopg
from credits.bank import UNKNOWN, Bank
from gusmester.calls import Json, run_for_text
from support.race import race
from support.refusals import assert_refusal

PEOPLE = 8
"""So few that everybody meets everybody; half of them have no account at first."""

MONTHS = 24
"""Periods to allocate credits for; each is asked for again and again."""

REPLAYED = 0.3
"""How often a call is one that somebody has made or is making, under the same key."""

EXPECTED = {"insufficient_credits", "invalid_input", "not_found", "idempotency_conflict"}
"""Why calls are refused here."""


@dataclass
class Workload:
    """What all connections share: who there is, the calls by their numbers, and what came of them."""

    seed: int
    people: list[str]
    numbers: "count[int]" = field(default_factory=count)
    answers: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Number of a call -> the answers it got, letter by letter: one, however often it was made."""
    refusals: list[psycopg.Error] = field(default_factory=list)

    def call(self, number: int) -> tuple[str, Json]:
        """Return the call of this number: the same for everybody who asks."""
        chance = Random(f"{self.seed}, {number}")
        function = chance.choices(["credits_transfer", "update_credit_balance", "allocate_monthly_credits"], [5, 4, 2])[
            0
        ]
        return function, getattr(self, f"_{function}")(chance) | {"p_idempotency_key": str(number)}

    def _credits_transfer(self, chance: Random) -> Json:
        giver, receiver = chance.choices([*self.people, UNKNOWN], [8] * len(self.people) + [1], k=2)
        amount = chance.choice([1, 2, 5, 10, 50, 100_000, 0])
        return {"p_from_user_id": giver, "p_to_user_id": receiver, "p_amount": amount}

    def _update_credit_balance(self, chance: Random) -> Json:
        adds, takes = ["credit_purchase", "session_earning", "refund"], ["session_payment", "session_earning_reversal"]
        amount = chance.choice([-60, -30, -10, 10, 30, 60])
        kinds = ["adjustment", "gift", *(adds if amount > 0 else takes) * 4]
        return {
            "p_user_id": chance.choice(self.people),
            "p_amount": amount,
            "p_transaction_type": chance.choice(kinds),
        }

    def _allocate_monthly_credits(self, chance: Random) -> Json:
        month = chance.randrange(MONTHS)
        return {
            "p_user_id": chance.choice(self.people),
            "p_subscription_id": chance.choice([None, UNKNOWN]),
            "p_amount": chance.choice([20, 30]),
            "p_period_start": f"{2026 + month // 12}-{month % 12 + 1:02}-01T00:00:00Z",
        }

    def work(self, connection: psycopg.Connection, worker: int, seconds: float) -> None:
        """Make calls, new ones and ones that others make too, until the time is over."""
        chance = Random(f"{self.seed}, worker {worker}")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            number = next(self.numbers)
            if chance.random() < REPLAYED:
                number = max(0, number - chance.randint(1, 50))
            try:
                self._work_once(connection, number, chance)
            except psycopg.Error as error:
                self.refusals.append(error)

    def _work_once(self, connection: psycopg.Connection, number: int, chance: Random) -> None:
        function, arguments = self.call(number)
        if chance.random() < 0.05:
            Bank(connection).statement(chance.choice(self.people), p_limit=5)
        if number in self.answers and chance.random() < 0.1:
            arguments |= {"p_amount": arguments["p_amount"] + 1}
            run_for_text(connection, function, **arguments)
            raise AssertionError(f"the key of another call was taken for {function}({arguments})")
        answer = run_for_text(connection, function, **arguments)
        self.answers[number].add(answer)

    def effects(self) -> Counter[str]:
        """Return how many calls of each function had an effect, however often they were answered."""
        return Counter(self.call(number)[0] for number, answer in self._results() if answer.get("allocated", True))

    def minted(self) -> int:
        """Return how many credits were made, those that were taken subtracted, as the answers tell."""
        return sum(
            self.call(number)[1]["p_amount"]
            for number, answer in self._results()
            if "transfer_id" not in answer and answer.get("allocated", True)
        )

    def _results(self) -> list[tuple[int, Json]]:
        assert [number for number, texts in self.answers.items() if len(texts) > 1] == []
        return [(number, json.loads(text)) for number, texts in self.answers.items() for text in texts]


def run_workload(
    connect: Callable[[], psycopg.Connection], *, seconds: float, connections: int, seed: int
) -> tuple[Workload, Bank]:
    """Let connections work at random for a while, then check that everything adds up.

    Every invariant holds and every account agrees with its ledger; the balances are what was minted according to the
    answers, each counted once; every call under one key was answered alike; each effect has one row on record; and
    nothing was refused but for reasons of business: no deadlock, no raw error.
    """
    bank = Bank(connect())
    workload = Workload(seed, [bank.person(200 * (i % 2)) for i in range(PEOPLE)])
    at_first = Counter(dict(bank.rows("SELECT action, count(*) FROM audit_log GROUP BY action")))
    outcomes = race(
        connections,
        lambda _: connect(),
        lambda connection, i: workload.work(connection, i, seconds),
        timeout=seconds + 60,
    )
    assert outcomes == [None] * connections

    for error in workload.refusals:
        reason = json.loads(error.diag.message_detail or "{}").get("reason") if error.sqlstate else None
        assert reason in EXPECTED, f"raw error: {error!r}"
        assert_refusal(error, reason)
    assert bank.broken_invariants() == []
    assert bank.differences() == []
    total = bank.value("SELECT sum(balance) FROM credits")
    assert total == 200 * PEOPLE // 2 + workload.minted()
    assert total == bank.value("SELECT sum(amount) FROM credit_transactions WHERE transfer_id IS NULL")
    on_record = Counter(dict(bank.rows("SELECT action, count(*) FROM audit_log GROUP BY action")))
    assert on_record - at_first == workload.effects()
    return workload, bank
