"""Why a deployment stopped, as a sentence for the person who started it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors

FAILED = 1
"""Exit code: the database or its data stand in the way."""
WRONG_USAGE = 2
"""Exit code: the call itself is wrong: a DSN, a name, a missing privilege."""
WRITABLE = "Reset default_transaction_read_only (ALTER DATABASE … RESET, ALTER ROLE … RESET)."
"""What to do where transactions are read-only by default."""


class DeployError(Exception):
    """A deployment was refused or failed: ``message`` says why, ``hint`` what to do."""

    violations: "Sequence[Violation | Edit]" = ()
    """What stands in the way, one by one, where there is more to say than the message does."""

    def __init__(self, message: str, hint: str | None = None, *, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code


@dataclass(frozen=True)
class Violation:
    """Rows that break a constraint which is about to be added."""

    constraint: str
    count: int
    rows: Sequence[Mapping[str, Any]]
    """The first of them."""
    repair: str
    """What its file says about repairing them."""


@dataclass(frozen=True)
class Edit:
    """A function, constraint or policy that somebody edited by hand."""

    kind: str
    module: str
    name: str


class ConstraintsViolated(DeployError):
    """Rows in the database break a constraint; nothing was changed."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        total = sum(violation.count for violation in violations)
        names = ", ".join(violation.constraint for violation in violations)
        super().__init__(
            f"{total} {'row violates' if total == 1 else 'rows violate'} {names}; no constraint was added.",
            "Repair the rows (the constraint's file says how), then run migrate again.",
        )
        self.violations: Sequence[Violation] = violations


class EditedByHand(DeployError):
    """Bringing the database up would undo what somebody changed by hand; nothing was changed."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        names = ", ".join(f"{edit.kind} {edit.name}" for edit in edits)
        super().__init__(
            f"Edited by hand: {names}. Nothing was changed.",
            "bookingdb status --diff shows what was changed; bookingdb migrate --force undoes it.",
        )
        self.violations = edits


@contextmanager
def sentences(doing: str | None = None) -> Iterator[None]:
    """Turn the database errors of a block into a ``DeployError`` that begins with what was being done."""
    try:
        yield
    except psycopg.Error as error:
        raise explain(error, doing) from error


def explain(error: psycopg.Error, doing: str | None = None) -> DeployError:
    """Return ``error`` as a sentence with what to do about it."""
    text = _text(error)
    about = f"{doing}: {text}" if doing else text
    match error:
        case psycopg.OperationalError(sqlstate=None) | errors.AdminShutdown():
            return DeployError(f"The connection to the database is gone: {text}", "Run it again.")
        case errors.LockNotAvailable():
            return DeployError(
                f"{doing or 'Stopped'}: somebody held a lock for longer than the lock timeout.",
                "What was not finished was rolled back. Try a quiet moment or a longer --lock-timeout;"
                " pg_locks and pg_stat_activity show who holds it.",
            )
        case errors.DeadlockDetected() | errors.SerializationFailure():
            return DeployError(f"{about}.", "What was not finished was rolled back. Run it again.")
        case errors.DiskFull():
            return DeployError(f"The database server's disk is full: {text}", "Make room there, then run it again.")
        case errors.InsufficientPrivilege():
            return DeployError(f"A privilege is missing: {about}", error.diag.message_hint, exit_code=WRONG_USAGE)
        case errors.ReadOnlySqlTransaction():
            hint = f"If it is a standby, connect to the primary. If not: {WRITABLE}"
            return DeployError(f"The database is read-only: {about}", hint, exit_code=WRONG_USAGE)
        case errors.DependentObjectsStillExist():
            about += f" ({error.diag.message_detail})"
            return DeployError(about, "Drop what depends on it, run migrate again, then make it anew.")
    detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
    return DeployError(f"{about}{detail}", error.diag.message_hint)


def no_connection(error: psycopg.Error) -> DeployError:
    """Return why a connection could not be opened: what libpq says on one line, without the words around it."""
    text = (
        " ".join(str(error).split())
        .removeprefix("connection failed: ")
        .removeprefix("connection is bad: ")
        .replace("FATAL: ", "")
    )
    return DeployError(
        f"No connection to the database: {text}",
        "Check host, port, user, password and database name, and that the server is running.",
        exit_code=WRONG_USAGE,
    )


def _text(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error).strip() or type(error).__name__
