"""Clients that book until their server is gone, and a diary of what they were told."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from threading import Semaphore
from typing import Any

import psycopg
from gusmester.calls import Json, run_for_text
from gusmester.club import Employee


@dataclass
class Diary:
    """What was asked for under which key, and what was answered."""

    asked: dict[str, tuple[str, Json]] = field(default_factory=dict)
    answered: dict[str, str] = field(default_factory=dict)
    _answers: Semaphore = field(default_factory=lambda: Semaphore(0))

    def ask(self, connection: psycopg.Connection, key: str, function: str, **arguments: Any) -> Json:
        """Make a call; write down the question before it, and the answer once the server has committed."""
        self.asked[key] = function, arguments
        self.answered[key] = self.ask_again(connection, key)
        self._answers.release()
        answer: Json = json.loads(self.answered[key])
        return answer

    def ask_again(self, connection: psycopg.Connection, key: str) -> str:
        """Make the same call and return the answer letter by letter."""
        function, arguments = self.asked[key]
        return run_for_text(connection, function, **arguments, p_idempotency_key=key)

    def wait_for_answers(self, number: int, patience: float = 60.0) -> None:
        """Return once that many more calls have been answered."""
        for _ in range(number):
            assert self._answers.acquire(timeout=patience), "the clients have stopped"


def book_until_the_end(
    connect: Callable[[], psycopg.Connection], diary: Diary, name: str, host: Employee, booker: Employee
) -> None:
    """Release and book spots and cancel every other booking, until the server is gone."""
    with suppress(psycopg.OperationalError), connect() as connection:
        for number in count():
            key = f"{name}, session {number}: "
            session = {"p_name": key, "p_starts_at": "2099-12-24 18:00Z", "p_duration_minutes": 60}
            made = diary.ask(
                connection, key + "plan", "create_gus_session", **session, p_host_employee_ids=f"{{{host.id}}}"
            )
            session_id = made["session_id"]
            diary.ask(connection, key + "release", "release_guest_spot", p_session_id=session_id)
            booked = diary.ask(
                connection, key + "book", "book_gusmester_spot", p_session_id=session_id, p_employee_id=booker.id
            )
            if number % 2:
                diary.ask(connection, key + "cancel", "cancel_gusmester_booking", p_booking_id=booked["booking_id"])
