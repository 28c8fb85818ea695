"""What a call can answer instead of a result.

A business rule that refuses a call raises SQLSTATE ``PT`` + HTTP status with a JSON object in DETAIL. Its ``reason``
names the class here; the message is for people only. The database has the same catalogue in ``_error_reasons()``.
"""

import json
from collections.abc import Mapping
from typing import Any

import psycopg


class BookingError(Exception):
    """A rule said no and nothing was changed; also a reason this version of the package does not know yet."""

    reason: str = ""
    """Which rule: the word to branch on."""
    status: int = 0
    """The HTTP status that fits."""

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        status: int | None = None,
        context: Mapping[str, Any] | None = None,
        hint: str | None = None,
        sqlstate: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.reason
        self.status = status or self.status
        self.context = dict(context or {})
        self.hint = hint
        self.sqlstate = sqlstate or f"PT{self.status:03}"


class InvalidInput(BookingError):
    """A parameter is missing, empty, malformed or out of range (``parameter``)."""

    reason, status = "invalid_input", 400


class NotAuthenticated(BookingError):
    """Nobody is calling where somebody must."""

    reason, status = "not_authenticated", 401


class InsufficientPoints(BookingError):
    """Fewer points than it takes (``required``, ``available``)."""

    reason, status = "insufficient_points", 402


class InsufficientCredits(BookingError):
    """Fewer credits than it takes (``required``, ``available``)."""

    reason, status = "insufficient_credits", 402


class PaymentRequired(BookingError):
    """No membership, package or free class covers this booking."""

    reason, status = "payment_required", 402


class NotAllowed(BookingError):
    """Not the caller's, or not in the caller's role."""

    reason, status = "not_allowed", 403


class NotFound(BookingError):
    """No such thing, or none the caller may know of (``entity``, ``id``)."""

    reason, status = "not_found", 404


class SpotNotAvailable(BookingError):
    """The guest spot is in another state (``status``)."""

    reason, status = "spot_not_available", 409


class SlotTaken(BookingError):
    """The time overlaps a session, a hold or time off of either person."""

    reason, status = "slot_taken", 409


class OutsideAvailability(BookingError):
    """The practitioner does not work then."""

    reason, status = "outside_availability", 409


class AlreadyBooked(BookingError):
    """This person already holds this booking."""

    reason, status = "already_booked", 409


class ClassFull(BookingError):
    """Every place of the class is taken (``capacity``)."""

    reason, status = "class_full", 409


class LimitReached(BookingError):
    """A limit of the period or of the person is used up (``limit``, ``period_end``)."""

    reason, status = "limit_reached", 409


class InvalidState(BookingError):
    """Not possible in its present state, such as cancelling what is cancelled (``status``)."""

    reason, status = "invalid_state", 409


class TooLate(BookingError):
    """The notice window has closed (``deadline``)."""

    reason, status = "too_late", 409


class IdempotencyConflict(BookingError):
    """The same idempotency key came with other arguments."""

    reason, status = "idempotency_conflict", 409


class InThePast(BookingError):
    """It has started or passed already."""

    reason, status = "in_the_past", 422


class SelfBooking(BookingError):
    """Nobody books with themselves."""

    reason, status = "self_booking", 422


class NotAPractitioner(BookingError):
    """This person is no practitioner (``user_id``)."""

    reason, status = "not_a_practitioner", 422


class Inactive(BookingError):
    """This person is inactive or deleted (``user_id``)."""

    reason, status = "inactive", 422


class NotAccepting(BookingError):
    """This practitioner takes no peer bookings (``user_id``)."""

    reason, status = "not_accepting", 422


class NonexistentLocalTime(BookingError):
    """The clock skips this local time when summer time begins."""

    reason, status = "nonexistent_local_time", 422


class RateLimited(BookingError):
    """Too many calls from this address or for this e-mail."""

    reason, status = "rate_limited", 429


class RetryableError(Exception):
    """A deadlock, lock timeout or serialization failure: nothing was changed, and trying again may succeed."""

    def __init__(self, message: str, *, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate


class UnknownFunction(TypeError):
    """The schema has no such function, or the function no such parameter, or misses one it needs.

    Also one of your own that cannot be called from here, and why.
    """


_BY_REASON = {cls.reason: cls for cls in BookingError.__subclasses__()}
RETRYABLE = frozenset({"40001", "40P01", "55P03"})
_UNDEFINED = {"42883", "3F000"}  # function, schema


def translate(error: psycopg.Error, *, lost: bool = False) -> Exception:
    """Return what a psycopg error of a call means; the very same error when it is an unexpected one.

    ``lost``: the connection ended with it, so that nobody knows whether anything was changed.
    """
    sqlstate = error.sqlstate or ""
    message = error.diag.message_primary or str(error)
    if sqlstate in RETRYABLE and not lost:
        return RetryableError(message, sqlstate=sqlstate)
    if sqlstate in _UNDEFINED and not error.diag.context:  # what was called, rather than something that it calls
        return UnknownFunction(f"{message}; `bookingdb migrate` installs what the package has")
    context = _context(error)
    if "reason" not in context or not (sqlstate.startswith("PT") and sqlstate[2:].isdigit()):
        return error
    reason = str(context.pop("reason"))
    return _BY_REASON.get(reason, BookingError)(
        message,
        reason=reason,
        status=int(sqlstate[2:]),
        context=context,
        hint=error.diag.message_hint,
        sqlstate=sqlstate,
    )


def _context(error: psycopg.Error) -> dict[str, Any]:
    """The JSON object a refusal carries in DETAIL; empty for an error with any other detail."""
    try:
        detail = json.loads(error.diag.message_detail or "")
    except ValueError:
        return {}
    return detail if isinstance(detail, dict) else {}
