"""Every command on people's time, ready to be called: for the rules that hold for each of them alike."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import pytest
from gusmester.calls import Json

from therapy.clinic import Clinic

RULE = '[{"weekday": 1, "start_time": "09:00", "end_time": "17:00"}]'


@dataclass(frozen=True)
class Trial:
    """A clinic in which a command can be called, and with what."""

    actor: str
    """Whose command it is."""
    arguments: Json
    """What the actor calls it with."""
    other_arguments: Json
    """Other arguments that would do as well."""
    for_whom: Json = field(default_factory=dict)
    """What the service adds, to say for whom."""

    @property
    def service_arguments(self) -> Json:
        """What the service calls it with."""
        return self.arguments | self.for_whom


@dataclass(frozen=True)
class Command:
    """A command, who runs it, what it answers, and how to come to a clinic in which it can be called."""

    name: str
    to_strangers: Literal["somebody else", "not_found", "not_allowed", "service only"]
    """How it is refused to somebody whose command it is not; 'somebody else': they may do it for themselves."""
    result: tuple[str, ...]
    prepare: Callable[[Clinic], Trial]


def _book(clinic: Clinic) -> Trial:
    client, therapist = clinic.client(), clinic.therapist()
    arguments = {
        "p_therapist_id": therapist,
        "p_session_date": clinic.day(),
        "p_session_time": "10:00",
        "p_duration_minutes": 45,
        "p_session_type": "audio",
        "p_notes": "Knee",
        "p_title": "Sleep",
    }
    # The first parameter has no default: users say it too.
    return Trial(client, {"p_user_id": client} | arguments, {"p_session_time": "12:00"})


def _session(clinic: Clinic, whose: int, **more: Json) -> Trial:
    people = [clinic.client(), clinic.therapist()]
    sessions = [clinic.booked(*people, after) for after in ("48 hours", "72 hours")]
    return Trial(people[whose], {"p_session_id": sessions[0]} | more, {"p_session_id": sessions[1]})


def _reschedule(clinic: Clinic) -> Trial:
    trial = _session(clinic, 0, p_session_date=clinic.day(9), p_start_time="10:00")
    return Trial(trial.actor, trial.arguments, trial.other_arguments | {"p_start_time": "12:00"})


def _started(clinic: Clinic) -> Trial:
    trial = _session(clinic, 1)
    clinic.pass_time(trial.arguments["p_session_id"], "-1 hour")
    clinic.pass_time(trial.other_arguments["p_session_id"], "-3 hours")
    return trial


def _hold(clinic: Clinic) -> Trial:
    holder = clinic.client()
    arguments = {
        "p_practitioner_id": clinic.therapist(),
        "p_starts_at": clinic.at(10),
        "p_duration_minutes": 60,
        "p_ttl": "5 minutes",
    }
    return Trial(holder, arguments, {"p_starts_at": clinic.at(12)}, for_whom={"p_holder_id": holder})


def _release(clinic: Clinic) -> Trial:
    holder, therapist = clinic.client(), clinic.therapist()
    holds = [clinic.hold(therapist, clinic.at(hour), p_holder_id=holder)["hold_id"] for hour in (10, 12)]
    return Trial(holder, {"p_hold_id": holds[0]}, {"p_hold_id": holds[1]})


def _weekly(clinic: Clinic) -> Trial:
    therapist = clinic.therapist()
    return Trial(therapist, {"p_rules": RULE}, {"p_rules": "[]"}, for_whom={"p_practitioner_id": therapist})


def _add(clinic: Clinic) -> Trial:
    therapist = clinic.therapist()
    arguments = {"p_starts_at": clinic.at(10), "p_ends_at": clinic.at(11), "p_kind": "open"}
    return Trial(therapist, arguments, {"p_ends_at": clinic.at(12)}, for_whom={"p_practitioner_id": therapist})


def _remove(clinic: Clinic) -> Trial:
    therapist = clinic.therapist()
    made = [clinic.closes(therapist, clinic.at(hour), clinic.at(hour + 1)) for hour in (10, 12)]
    return Trial(therapist, {"p_exception_id": made[0]}, {"p_exception_id": made[1]})


STEP = ("session_id", "status")

COMMANDS = [
    Command(
        "create_session_with_credit_deduction",
        "somebody else",
        ("session_id", "starts_at", "ends_at", "status", "credit_cost", "client_balance_after"),
        _book,
    ),
    Command(
        "cancel_session", "not_found", ("session_id", "refunded_credits"), lambda c: _session(c, 0, p_reason="Ill")
    ),
    Command(
        "reschedule_session",
        "not_found",
        ("session_id", "starts_at", "ends_at"),
        _reschedule,
    ),
    Command("confirm_session", "not_found", STEP, lambda c: _session(c, 1)),
    Command("start_session", "not_found", STEP, lambda c: _session(c, 1)),
    Command("complete_session", "not_found", STEP, _started),
    Command("mark_session_no_show", "not_found", STEP, _started),
    Command("update_session_notes", "not_found", ("session_id",), lambda c: _session(c, 0, p_notes="Hip")),
    Command(
        "attach_session_room",
        "service only",
        ("session_id", "room_url"),
        lambda c: _session(c, 1, p_room_url="https://rooms.example/a"),
    ),
    Command("hold_slot", "somebody else", ("hold_id", "expires_at"), _hold),
    Command("release_slot_hold", "not_found", ("hold_id",), _release),
    Command("set_weekly_availability", "not_allowed", ("practitioner_id", "rules"), _weekly),
    Command("add_availability_exception", "not_allowed", ("exception_id", "session_ids"), _add),
    Command("remove_availability_exception", "not_found", ("exception_id",), _remove),
]

every_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
"""Runs a test with each of them."""

commands_of_users = pytest.mark.parametrize(
    "command", [c for c in COMMANDS if c.to_strangers != "service only"], ids=lambda command: command.name
)
"""Runs a test with each that users may run."""
