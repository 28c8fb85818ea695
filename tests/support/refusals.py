"""What a refusal looks like to a caller: the catalogue of the contract, written out once more."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

STATUS = {
    "invalid_input": 400,
    "not_authenticated": 401,
    "insufficient_points": 402,
    "insufficient_credits": 402,
    "payment_required": 402,
    "not_allowed": 403,
    "not_found": 404,
    "spot_not_available": 409,
    "slot_taken": 409,
    "outside_availability": 409,
    "already_booked": 409,
    "class_full": 409,
    "limit_reached": 409,
    "invalid_state": 409,
    "too_late": 409,
    "idempotency_conflict": 409,
    "in_the_past": 422,
    "self_booking": 422,
    "not_a_practitioner": 422,
    "inactive": 422,
    "not_accepting": 422,
    "nonexistent_local_time": 422,
    "rate_limited": 429,
}


@contextmanager
def refused(reason: str, **context: Any) -> Iterator[pytest.ExceptionInfo[psycopg.Error]]:
    """Assert that the block is refused for ``reason``, with at least this context in the details."""
    with pytest.raises(psycopg.Error) as caught:
        yield caught
    assert_refusal(caught.value, reason, **context)


def assert_refusal(error: object, reason: str, **context: Any) -> None:
    """Assert that ``error`` (one outcome of a race, say) is a refusal for ``reason`` with at least this context."""
    assert isinstance(error, psycopg.Error), f"not refused as {reason}: {error!r}"
    assert error.sqlstate == f"PT{STATUS[reason]}", f"not refused as {reason}: {error!r}"
    details = json.loads(error.diag.message_detail or "{}")
    expected = json.loads(json.dumps({"reason": reason} | context, default=str))
    assert {key: details.get(key) for key in expected} == expected
    message = error.diag.message_primary
    assert message
    assert message.isascii()
    assert "\n" not in message
    assert error.diag.message_hint
