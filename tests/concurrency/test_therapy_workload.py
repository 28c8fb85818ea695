"""Random work on the time of five people from many connections: nobody is in two places, nothing is lost or deadlocks.

BOOKINGDB_WORKLOAD="60 20" pytest tests/concurrency/test_therapy_workload.py -s

works 60 seconds on 20 connections; BOOKINGDB_WORKLOAD_SEED makes each connection choose as before.
"""

import json
import os
import random
import time
from collections import Counter
from random import Random

import psycopg
from support.race import race
from support.refusals import assert_refusal
from therapy.clinic import Clinic
from therapy.fixtures import clinic, every_invariant_holds

__all__ = ["clinic", "every_invariant_holds"]

SECONDS, CONNECTIONS = os.environ.get("BOOKINGDB_WORKLOAD", "3 20").split()

EXPECTED = {
    "slot_taken",
    "insufficient_credits",
    "invalid_state",
    "self_booking",
    "limit_reached",
    "in_the_past",
}
"""Why calls are refused here."""


class Work:
    """What one connection does."""

    def __init__(self, clinic: Clinic, people: list[str], start, chance: Random) -> None:
        self.clinic, self.people, self.start, self.chance = clinic, people, start, chance

    def when(self) -> tuple[str, str, int]:
        """Choose a date, a time and how long, out of few."""
        chance = self.chance
        day = self.start.replace(day=1 + chance.randrange(2))
        return (
            str(day),
            f"{8 + chance.randrange(6):02}:{chance.choice(['00', '15', '30', '45'])}",
            chance.choice([15, 30, 60]),
        )

    def session(self) -> str | None:
        """Choose a session."""
        rows = self.clinic.rows("SELECT id::text FROM client_sessions ORDER BY scheduled_at DESC LIMIT 20")
        return self.chance.choice(rows)[0] if rows else None

    def book(self) -> None:
        client, therapist = self.chance.choice(self.people), self.chance.choice(self.people)
        self.clinic.book(client, therapist, *self.when())

    def insert(self) -> None:
        """Write a session by hand."""
        client, therapist = self.chance.sample(self.people, 2)
        day, at, minutes = self.when()
        self.clinic.session(client, therapist, f"{day} {at}Z", minutes)

    def hold(self) -> None:
        holder, therapist = self.chance.choice(self.people), self.chance.choice(self.people)
        day, at, minutes = self.when()
        hold = self.clinic.hold(therapist, f"{day} {at}Z", minutes, p_holder_id=holder, p_ttl="200 milliseconds")
        if self.chance.random() < 0.5:
            self.clinic.release(hold)

    def cancel(self) -> None:
        if session := self.session():
            self.clinic.cancel(session)

    def move(self) -> None:
        if session := self.session():
            self.clinic.move(session, *self.when()[:2])

    def confirm(self) -> None:
        if session := self.session():
            self.clinic.step("confirm_session", session)

    def tidy(self) -> None:
        self.clinic.rows("SELECT run_maintenance()")

    def close(self) -> None:
        """Take time off for a moment."""
        day, at, _ = self.when()
        person = self.chance.choice(self.people)
        off = self.clinic.closes(person, f"{day} {at}Z", f"{day} 23:00Z")
        self.clinic.rows("SELECT remove_availability_exception(%s)", [off])


def test_nobody_is_in_two_places_after_random_work_of_many(clinic, connect):
    seed = int(os.environ.get("BOOKINGDB_WORKLOAD_SEED", random.randrange(10**6)))
    print(f"seed {seed}")  # noqa: T201
    people = [clinic.therapist(credits=100_000) for _ in range(5)]
    start = clinic.day(400)
    refusals: list[psycopg.Error] = []

    def work(connection: psycopg.Connection, worker: int) -> Counter[str]:
        chance, done = Random(f"{seed}, {worker}"), Counter[str]()
        works = Work(Clinic(connection), people, start, chance)
        end = time.monotonic() + float(SECONDS)
        while time.monotonic() < end:
            name = chance.choices(
                ["book", "insert", "hold", "cancel", "move", "confirm", "tidy", "close"], [8, 4, 4, 4, 4, 2, 1, 1]
            )[0]
            try:
                getattr(works, name)()
                done[name] += 1
            except psycopg.Error as error:
                refusals.append(error)
        return done

    outcomes = race(int(CONNECTIONS), lambda _: connect(), work, timeout=float(SECONDS) + 60)
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    done = sum(outcomes, Counter())
    for error in refusals:
        reason = json.loads(error.diag.message_detail or "{}").get("reason") if error.sqlstate else None
        assert reason in EXPECTED, f"raw error: {error!r}"
        assert_refusal(error, reason)
        done[reason] += 1
    print(dict(done))  # noqa: T201
    assert min(done[name] for name in ("book", "insert", "cancel", "move", "slot_taken")) > 0
    assert clinic.broken_invariants() == []
    assert clinic.differences() == []
