"""Which failed calls are made again, and when. Only ever asked where a call is a transaction of its own."""

import random

import psycopg

from bookingdb.errors import RETRYABLE

# 0A000 is "cached plan must not change result type", XX000 "cache lookup failed": what replacing a function leaves
# behind in the plans of a connection. Told by SQLSTATE, for the text is in the server's language; whatever else they
# mean fails the second time too.
_REPLACED = {"0A000", "XX000"}
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 1.0


def pause_before_retry(error: psycopg.Error, *, attempt: int, retries: int, reconnect: bool) -> float | None:
    """Return how many seconds to wait after failed attempt number ``attempt`` (from 0); None to give up.

    A deadlock, lock timeout or serialization failure changed nothing. ``reconnect``: the connection got lost, and what
    may have taken effect can be made again on a new one.
    """
    if error.sqlstate in _REPLACED and attempt == 0 and not reconnect:
        return 0
    if attempt >= retries:
        return None
    if reconnect or error.sqlstate in RETRYABLE:
        # Whoever collided waits for another while, else they would meet again.
        return random.uniform(0, min(_FIRST_PAUSE * 2**attempt, _LONGEST_PAUSE))  # noqa: S311
    return None
