"""Random work in a studio from many connections at once, and whether it adds up."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random

import psycopg
from classes.studio import UNKNOWN, Customer, Studio
from gusmester.calls import Json, run_for_text
from support.race import race
from support.refusals import STATUS

PEOPLE = 8
"""So few that everybody meets everybody: half of them leads, half clients, every fourth of these a lead before."""

CLASSES = 5
"""How many classes are booked at a time; new ones take the place of those that are over."""

REPLAYED = 0.2
"""How often a call is one that somebody has made or is making, under the same key."""

FUNCTIONS = {
    "create_class_booking": 14,
    "create_public_booking": 4,
    "cancel_class_booking": 10,
    "join_class_waitlist": 8,
    "leave_class_waitlist": 1,
    "check_in_booking": 1,
    "mark_booking_no_show": 1,
    "set_booking_payment_status": 2,
    "cancel_class_session": 0.5,
    "create_class_session": 3,
    "create_membership": 1,
    "end_membership": 1,
    "create_package": 1,
    "update_package": 1,
    "save_lead": 1,
    "save_client": 1,
    "convert_lead_to_client": 1,
    "run_maintenance": 2,
    "erase_person": 0.2,
    "set_organization_role": 0.5,
}
"""What is called, how often."""

EXPECTED = {
    "already_booked",
    "class_full",
    "limit_reached",
    "payment_required",
    "invalid_state",
    "invalid_input",
    "not_found",
    "too_late",
    "inactive",
    "in_the_past",
    "rate_limited",
    "idempotency_conflict",
}
"""Why calls are refused here."""


@dataclass
class Workload:
    """What all connections share: who there is, the calls by their numbers, and what came of them."""

    seed: int
    studio: Studio
    customers: list[Customer]
    classes: list[str]
    emails: list[str]
    bookings: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    memberships: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
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
        arguments = getattr(self, f"_{function}")(chance) | {"p_idempotency_key": str(number)}
        return self.calls.setdefault(number, (function, arguments))

    def _any(self, ids: list[str], chance: Random) -> str:
        return chance.choice(ids[-30:]) if ids and chance.random() < 0.97 else UNKNOWN

    def _class(self, chance: Random) -> Json:
        return {"p_class_session_id": chance.choice(self.classes[-CLASSES:])}

    def _whom(self, chance: Random) -> Json:
        return chance.choice(self.customers).whom

    def _create_class_booking(self, chance: Random) -> Json:
        method = chance.choices([None, "membership", "package", "card", "cash"], [10, 1, 1, 2, 1])[0]
        return self._whom(chance) | self._class(chance) | {"p_payment_method": method}

    def _create_public_booking(self, chance: Random) -> Json:
        person = {"p_name": "Zoe", "p_email": chance.choice(self.emails)}
        return {"p_organization_id": self.studio.organization} | self._class(chance) | person

    def _cancel_class_booking(self, chance: Random) -> Json:
        return {"p_booking_id": self._any(self.bookings, chance), "p_reason": "The flu"}

    def _join_class_waitlist(self, chance: Random) -> Json:
        return self._whom(chance) | self._class(chance)

    def _leave_class_waitlist(self, chance: Random) -> Json:
        return {"p_waitlist_id": self._any(self.lines, chance)}

    def _check_in_booking(self, chance: Random) -> Json:
        return {"p_booking_id": self._any(self.bookings, chance)}

    _mark_booking_no_show = _check_in_booking

    def _set_booking_payment_status(self, chance: Random) -> Json:
        status = chance.choice(["paid", "paid", "failed", "refunded"])
        return {"p_booking_id": self._any(self.bookings, chance), "p_payment_status": status}

    def _cancel_class_session(self, chance: Random) -> Json:
        return self._class(chance)

    def _create_class_session(self, chance: Random) -> Json:
        return {
            "p_organization_id": self.studio.organization,
            "p_name": "Yoga",
            "p_starts_at": f"2090-0{chance.randint(1, 3)}-{chance.randint(10, 28)} 12:00Z",
            "p_duration_minutes": 60,
            "p_capacity": chance.randint(1, 4),
            "p_is_free": chance.random() < 0.1,
        }

    def _create_membership(self, chance: Random) -> Json:
        terms = {"p_class_limit": chance.choice([1, 2, 5]), "p_period": chance.choice(["week", "month"])}
        return self._whom(chance) | {"p_name": "Flow"} | terms

    def _end_membership(self, chance: Random) -> Json:
        return {"p_membership_id": self._any(self.memberships, chance)}

    def _create_package(self, chance: Random) -> Json:
        return self._whom(chance) | {"p_name": "Some", "p_classes_total": chance.randint(1, 10)}

    def _update_package(self, chance: Random) -> Json:
        return {"p_package_id": self._any(self.packages, chance), "p_classes_total": chance.randint(1, 12)}

    def _save_lead(self, chance: Random) -> Json:
        person = {"p_name": f"Kim {chance.randint(1, 3)}", "p_email": chance.choice(self.emails)}
        return {"p_organization_id": self.studio.organization} | person

    _save_client = _save_lead

    def _convert_lead_to_client(self, chance: Random) -> Json:
        leads = [customer.id for customer in self.customers if customer.kind == "lead"]
        return {"p_lead_id": self._any(leads, chance)}

    def _run_maintenance(self, chance: Random) -> Json:
        return {"p_limit": chance.choice([1, 1000])}

    def _erase_person(self, chance: Random) -> Json:
        return {"p_user_id": chance.choice([each.user_id for each in self.customers if each.user_id])}

    def _set_organization_role(self, chance: Random) -> Json:
        user_id = chance.choice([each.user_id for each in self.customers if each.user_id])
        role = chance.choice(["staff", "owner", "member"])
        return {"p_organization_id": self.studio.organization, "p_user_id": user_id, "p_role": role}

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
            self._let_time_pass(connection, chance)
        function, arguments = self.call(number, chance)
        answer = run_for_text(connection, function, **arguments)
        if answer not in self.answers[number]:
            self.answers[number].add(answer)
            self._note(function, arguments, json.loads(answer))

    def _note(self, function: str, arguments: Json, result: Json) -> None:
        """Let others work on what was made."""
        made = {
            "booking_id": self.bookings,
            "promoted_booking_id": self.bookings,
            "waitlist_id": self.lines,
            "membership_id": self.memberships,
            "package_id": self.packages,
        }
        for name, ids in made.items():
            if result.get(name) and result[name] not in ids:
                ids.append(result[name])
        if function == "create_class_session":
            self.classes.append(result["class_session_id"])
        elif function in ("save_lead", "save_client", "convert_lead_to_client"):
            kind = "lead" if "lead_id" in result else "client"
            saved = Customer(result[f"{kind}_id"], kind, self.studio.organization, arguments.get("p_email", ""))
            if saved not in self.customers and len(self.customers) < 3 * PEOPLE:
                self.customers.append(saved)

    def _let_time_pass(self, connection: psycopg.Connection, chance: Random) -> None:
        """A class comes near or gets more room, unpaid bookings grow old, and who was erased comes back."""
        change = chance.choice(
            [
                "UPDATE class_sessions SET starts_at = now() + interval '23 hours' WHERE id = %(class)s",
                "UPDATE class_sessions SET capacity = capacity + 1 WHERE id = %(class)s",
                "UPDATE bookings SET created_at = created_at - interval '1 hour' WHERE class_session_id = %(class)s",
                "UPDATE clients SET status = 'active' WHERE id = %(customer)s AND status <> 'active'",
                "UPDATE leads SET status = 'back' WHERE id = %(customer)s AND status = 'erased'",
            ]
        )
        about = {"class": chance.choice(self.classes[-CLASSES:]), "customer": chance.choice(self.customers).id}
        connection.execute(change, about)

    # What came of it

    def results(self, function: str) -> list[Json]:
        """Return the result of each call of a function that took effect, once each."""
        return [
            json.loads(text)
            for number, texts in self.answers.items()
            for text in texts
            if self.calls[number][0] == function
        ]

    def effects(self) -> Counter[str]:
        """Return how many calls of each function were answered, each counted once."""
        return Counter(self.calls[number][0] for number in self.answers)


def people(studio: Studio) -> list[Customer]:
    """Make leads and clients, some of them the same person, each with something to pay with."""
    customers: list[Customer] = []
    for n in range(PEOPLE):
        customer = studio.lead() if n % 2 else studio.client()
        customers.append(customer)
        if n % 4 == 1:
            customers.append(studio.turned(customer))
        if n % 3:
            studio.package(customer, 5)
        else:
            studio.membership(customer, 3)
    return customers


def run_workload(
    connect: Callable[[], psycopg.Connection], *, seconds: float, connections: int, seed: int
) -> tuple[Workload, Studio]:
    """Let connections work at random for a while, then check that everything adds up.

    Every invariant holds; what the tables count is what the calls were answered; every call under one key was answered
    alike; and nothing failed but for reasons of business: no deadlock, no raw error.
    """
    studio = Studio(connect())
    studio.connection.execute(
        "UPDATE settings SET widget_bookings_per_address = 100000, widget_bookings_per_email = 50",
    )
    customers = people(studio)
    emails = [each.email for each in customers] + [f"z{n}@anybody.example" for n in range(4)]
    workload = Workload(seed, studio, customers, [studio.plans(capacity=2) for _ in range(CLASSES)], emails)
    outcomes = race(
        connections,
        lambda _: connect(),
        lambda connection, i: workload.work(connection, i, seconds),
        timeout=seconds + 60,
    )
    assert outcomes == [None] * connections
    assert workload.errors == []
    assert [number for number, texts in workload.answers.items() if len(texts) > 1] == []
    check(studio, workload)
    return workload, studio


def check(studio: Studio, workload: Workload) -> None:
    """Everything adds up."""
    assert studio.broken_invariants() == []
    for action in ("create_class_booking", "cancel_class_booking", "join_class_waitlist", "cancel_class_session"):
        assert len(studio.audits(action)) == len(workload.results(action))
    sources = dict(studio.rows("SELECT source, count(*) FROM bookings GROUP BY source"))
    assert sources.get("service", 0) == len(workload.results("create_class_booking"))
    assert sources.get("widget", 0) == len(studio.audits("create_public_booking"))
    promoted = sum(
        bool(row["details"].get("promoted_booking_id"))
        for action in ("cancel_class_booking", "cancel_unpaid_booking")
        for row in studio.audits(action)
    ) + sum(row["details"]["bookings"] for row in studio.audits("promote_class_waitlist"))
    # A cancellation promotes also those for whom somebody made room meanwhile; it names the first.
    assert sources.get("waitlist", 0) >= promoted
    given_back = studio.value("SELECT count(*) FROM membership_usage WHERE returned_at IS NOT NULL") + studio.value(
        "SELECT count(*) FROM package_usage WHERE returned_at IS NOT NULL"
    )
    assert given_back == sum(result["usage_returned"] for result in workload.results("cancel_class_booking")) + sum(
        result["uses_returned"] for result in workload.results("cancel_class_session")
    )
    assert studio.value("SELECT count(*) FROM class_waitlist WHERE booking_id IS NOT NULL") >= sources.get(
        "waitlist", 0
    )
    lines = studio.value("SELECT count(*) FROM class_waitlist")
    assert lines == len(workload.results("join_class_waitlist"))
