"""Random work in a practice and its exchange from many connections at once, and whether it adds up."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import psycopg
from gusmester.calls import Json, ask, run_for_text
from peer.exchange import UNKNOWN, Exchange, in_days
from support.race import race
from support.refusals import STATUS

PRACTITIONERS = 6
CLIENTS = 3
"""So few that everybody meets everybody; clients, who are no practitioners, book therapy only."""

CREDITS = 150
"""What everybody has at first."""

DAYS = 8
"""Days that are booked, so few that hours are wanted by several."""

REPLAYED = 0.2
"""How often a call is one that somebody has made or is making, under the same key."""

FUNCTIONS = {
    "create_peer_booking": 10,
    "create_session_with_credit_deduction": 6,
    "process_peer_booking_refund": 4,
    "cancel_session": 3,
    "reschedule_session": 4,
    "credits_transfer": 2,
    "hold_slot": 3,
    "release_slot_hold": 1,
    "process_peer_booking_credits": 2,
    "confirm_session": 1,
    "complete_session": 2,
    "update_session_notes": 1,
    "cleanup_orphaned_sessions": 1,
}
"""What is called, how often."""

EXPECTED = {
    "insufficient_credits",
    "slot_taken",
    "self_booking",
    "invalid_state",
    "invalid_input",
    "too_late",
    "not_found",
    "not_a_practitioner",
    "limit_reached",
    "idempotency_conflict",
}
"""Why calls are refused here."""


@dataclass
class Workload:
    """What all connections share: who there is, the calls by their numbers, and what came of them."""

    seed: int
    practitioners: list[str]
    clients: list[str]
    sessions: list[str] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)
    unpaid: list[Json] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)
    calls: dict[int, tuple[str, Json]] = field(default_factory=dict)
    answers: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Number of a call -> the answers it got, letter by letter: one, however often it was made."""
    refusals: Counter[str] = field(default_factory=Counter)
    errors: list[psycopg.Error] = field(default_factory=list)
    """What is no refusal: there must be none."""

    # Calls

    def call(self, number: int, chance: Random) -> tuple[str, Json]:
        """Return the call of this number: that of whoever made it first."""
        function = chance.choices(list(FUNCTIONS), list(FUNCTIONS.values()))[0]
        arguments = getattr(self, f"_{function}")(chance)
        if function != "cleanup_orphaned_sessions":
            arguments |= {"p_idempotency_key": str(number)}
        return self.calls.setdefault(number, (function, arguments))

    def _time(self, chance: Random) -> Json:
        """Choose one of few times, so that they overlap in every way."""
        minutes = chance.randrange(0, 24 * 60 - 15, 15)
        return {"day": in_days(2 + chance.randrange(DAYS)), "at": f"{minutes // 60:02}:{minutes % 60:02}"}

    def _session(self, chance: Random) -> str:
        return chance.choice(self.sessions[-60:]) if self.sessions and chance.random() < 0.97 else UNKNOWN

    def _create_peer_booking(self, chance: Random) -> Json:
        when, pair = self._time(chance), chance.sample(self.practitioners, 2)
        if chance.random() < 0.05:
            pair[0] = chance.choice([pair[1], *self.clients])
        return {
            "p_client_id": pair[0],
            "p_practitioner_id": pair[1],
            "p_session_date": when["day"],
            "p_start_time": when["at"],
            "p_duration_minutes": chance.choice([15, 30, 45, 60, 90, 180]),
            "p_session_type": chance.choice(["video", "Massage"]),
        }

    def _create_session_with_credit_deduction(self, chance: Random) -> Json:
        when = self._time(chance)
        return {
            "p_user_id": chance.choice(self.practitioners + self.clients),
            "p_therapist_id": chance.choice(self.practitioners),
            "p_session_date": when["day"],
            "p_session_time": when["at"],
            "p_duration_minutes": chance.choice([15, 30, 60, 120]),
        }

    def _process_peer_booking_refund(self, chance: Random) -> Json:
        return {"p_session_id": self._session(chance), "p_cancellation_reason": "The flu"}

    def _cancel_session(self, chance: Random) -> Json:
        return {"p_session_id": self._session(chance)}

    def _reschedule_session(self, chance: Random) -> Json:
        when = self._time(chance)
        return {"p_session_id": self._session(chance), "p_session_date": when["day"], "p_start_time": when["at"]}

    def _credits_transfer(self, chance: Random) -> Json:
        giver, receiver = chance.sample(self.practitioners + self.clients, 2)
        return {"p_from_user_id": giver, "p_to_user_id": receiver, "p_amount": chance.choice([1, 20, 100, 700])}

    def _hold_slot(self, chance: Random) -> Json:
        when = self._time(chance)
        holder, practitioner = chance.sample(self.practitioners, 2)
        return {
            "p_practitioner_id": practitioner,
            "p_starts_at": f"{when['day']} {when['at']}Z",
            "p_duration_minutes": 30,
            "p_ttl": chance.choice(["1 second", "10 minutes"]),
            "p_holder_id": holder,
        }

    def _release_slot_hold(self, chance: Random) -> Json:
        return {"p_hold_id": chance.choice(self.holds[-20:]) if self.holds else UNKNOWN}

    def _process_peer_booking_credits(self, chance: Random) -> Json:
        return dict(chance.choice(self.unpaid[-8:]))

    def _confirm_session(self, chance: Random) -> Json:
        return {"p_session_id": self._session(chance)}

    _complete_session = _confirm_session

    def _update_session_notes(self, chance: Random) -> Json:
        return {"p_session_id": self._session(chance), "p_notes": "Left shoulder"}

    def _cleanup_orphaned_sessions(self, chance: Random) -> Json:
        return {"p_older_than": chance.choice(["0", "15 minutes"])}

    # Work

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
                reason = json.loads(error.diag.message_detail or "{}").get("reason") if error.sqlstate else None
                if reason in EXPECTED and error.sqlstate == f"PT{STATUS[reason]}":
                    self.refusals[reason] += 1
                else:
                    self.errors.append(error)

    def _work_once(self, connection: psycopg.Connection, number: int, chance: Random) -> None:
        if chance.random() < 0.05:
            self.make_unpaid(connection, chance)
        function, arguments = self.call(number, chance)
        if function == "cleanup_orphaned_sessions":
            ask(connection, function, **arguments)
            return
        if number in self.answers and chance.random() < 0.1:
            other = {name: value for name, value in arguments.items() if name != "p_idempotency_key"}
            arguments = dict.fromkeys(other) | {"p_idempotency_key": arguments["p_idempotency_key"]}
            run_for_text(connection, function, **arguments)
            raise AssertionError(f"the key of another call was taken for {function}({arguments})")
        answer = run_for_text(connection, function, **arguments)
        self.answers[number].add(answer)
        result = json.loads(answer)
        if function.startswith("create"):
            self.sessions.append(result["session_id"])
            if chance.random() < 0.2:
                self._begin(connection, result["session_id"], chance)
        elif result.get("refunded_credits") is not None and chance.random() < 0.8:
            with suppress(ValueError):  # a replay
                self.sessions.remove(result["session_id"])
        elif function == "hold_slot":
            self.holds.append(result["hold_id"])

    def make_unpaid(self, connection: psycopg.Connection, chance: Random) -> None:
        """As the service may: a peer session that somebody will pay for, or nobody."""
        when = self._time(chance)
        client, practitioner = chance.sample(self.practitioners, 2)
        starts_at = f"{when['day']} {when['at']}Z"
        session = Exchange(connection).unpaid(client, practitioner, 30, starts_at=starts_at)
        self.sessions.append(session)
        arguments = {"p_client_id": client, "p_practitioner_id": practitioner, "p_session_id": session}
        self.unpaid.append(arguments | {"p_duration_minutes": 30})

    def _begin(self, connection: psycopg.Connection, session: str, chance: Random) -> None:
        """Let the time of a session have come some while ago, where both were free then."""
        connection.execute(
            "UPDATE client_sessions SET starts_at = now() - %s * interval '15 minutes' WHERE id = %s",
            [chance.randrange(5000), session],
        )

    # What came of it

    def results(self, function: str) -> list[tuple[Json, Json]]:
        """Return arguments and result of each call of a function that took effect, once each."""
        return [
            (self.calls[number][1], json.loads(text))
            for number, texts in self.answers.items()
            for text in texts
            if self.calls[number][0] == function
        ]

    def effects(self) -> Counter[str]:
        """Return how many calls of each function were answered, each counted once."""
        return Counter(self.calls[number][0] for number in self.answers)


def overlaps(sessions: list[tuple[str, str, str, datetime, datetime]]) -> list[tuple[str, str, str]]:
    """Return who is in which two sessions at once, in any role: each session against each other one of the person's."""
    by_person: dict[str, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for session, client, therapist, starts_at, ends_at in sessions:
        for person in (client, therapist):
            by_person[person].append((starts_at, ends_at, session))
    return [
        (person, one[2], other[2])
        for person, theirs in by_person.items()
        for n, one in enumerate(theirs)
        for other in theirs[:n]
        if one[0] < other[1] and other[0] < one[1]
    ]


def people(exchange: Exchange) -> tuple[list[str], list[str]]:
    """Make the practitioners, some with rates, buffers and time off, and the clients."""
    practitioners = [exchange.peer(CREDITS, buffer_minutes=15 * (i == 0)) for i in range(PRACTITIONERS)]
    exchange.rate(practitioners[1], 60, 17)
    exchange.change(practitioners[2], credits_per_hour=7)
    noon = datetime.combine(in_days(3), datetime.min.time(), UTC) + timedelta(hours=12)
    exchange.closes(practitioners[3], noon, noon + timedelta(hours=4))
    return practitioners, [exchange.person(CREDITS) for _ in range(CLIENTS)]


def run_workload(
    connect: Callable[[], psycopg.Connection], *, seconds: float, connections: int, seed: int
) -> tuple[Workload, Exchange]:
    """Let connections work at random for a while, then check that everything adds up.

    Every invariant holds and every account agrees with its ledger; nobody is in two places at once, in any role;
    what everybody has together is what they began with but for what therapy cost and gave back; every call under one
    key was answered alike; and nothing failed but for reasons of business: no deadlock, no raw error.
    """
    exchange = Exchange(connect())
    workload = Workload(seed, *people(exchange))
    workload.make_unpaid(exchange.connection, Random(seed))
    outcomes = race(
        connections,
        lambda _: connect(),
        lambda connection, i: workload.work(connection, i, seconds),
        timeout=seconds + 60,
    )
    assert outcomes == [None] * connections
    assert workload.errors == []
    assert [number for number, texts in workload.answers.items() if len(texts) > 1] == []
    check(exchange, workload)
    return workload, exchange


def check(exchange: Exchange, workload: Workload) -> None:
    """Everything adds up."""
    assert exchange.broken_invariants() == []
    assert exchange.bank.differences() == []
    assert overlaps(blocking(exchange)) == []
    therapy = exchange.value(
        "SELECT coalesce(sum(t.amount), 0) FROM credit_transactions t JOIN client_sessions s ON s.id = t.session_id"
        " WHERE NOT s.is_peer_booking"
    )
    booked = sum(result["credit_cost"] for _, result in workload.results("create_session_with_credit_deduction"))
    assert -booked <= therapy <= 0
    assert exchange.total() == CREDITS * (PRACTITIONERS + CLIENTS) + therapy
    for action in ("create_peer_booking", "process_peer_booking_refund", "cancel_session", "credits_transfer"):
        assert len(exchange.audits(action)) == len(workload.results(action))
    refunded = exchange.rows(
        "SELECT DISTINCT session_id::text FROM credit_transactions WHERE transaction_type = 'refund'"
    )
    twice = exchange.rows(
        "SELECT session_id FROM credit_transactions WHERE transaction_type IN ('refund', 'session_payment')"
        " GROUP BY session_id, transaction_type HAVING count(*) > 1"
    )
    assert twice == []
    for (session,) in refunded:
        assert exchange.about(session, "status") == "cancelled"


def blocking(exchange: Exchange) -> list[tuple[Any, ...]]:
    """Return the sessions that take time."""
    return exchange.rows(
        "SELECT id::text, client_id::text, therapist_id::text, starts_at, ends_at FROM client_sessions"
        " WHERE status IN ('scheduled', 'confirmed', 'in_progress')"
    )
