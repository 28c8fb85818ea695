"""How much the benchmark does."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Numbers of rounds and of calls."""

    rounds: int
    """Of pgbench."""
    transactions: dict[str, int]
    """Of a client in a run, with synchronous_commit on and off; many, for its first ones compile and plan."""
    branches: int
    """Of the TPC-B-like tables: several a client, so that clients seldom wait for one another."""
    call_rounds: int
    """Of one client."""
    calls: int
    """Of one client a round."""
    bookings: int
    """Made while a connection that was opened before them waits."""


FULL = Size(rounds=6, transactions={"on": 500, "off": 1000}, branches=32, call_rounds=51, calls=40, bookings=20_000)
QUICK = Size(rounds=2, transactions={"on": 10, "off": 10}, branches=1, call_rounds=2, calls=10, bookings=160)
