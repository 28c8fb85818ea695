"""How much the benchmark does."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Numbers of rounds and of calls."""

    rounds: int
    """Of pgbench."""
    transactions: dict[str, int]
    """Of a client in a run, with synchronous_commit on and off; many, for its first ones compile and plan."""
    transfers: dict[str, int]
    """The same of transfers, which need no preparing, so that there can be more of them."""
    branches: int
    """Of the TPC-B-like tables: several a client, so that clients seldom wait for one another."""
    call_rounds: int
    """Of one client."""
    calls: int
    """Of one client a round."""
    people: int
    """Whose credits are transferred, each with one entry in the young ledger."""
    entries: int
    """In the ledger that has grown."""
    sessions: int
    """In the calendar that is full, within a month."""
    contenders: int
    """For the places of one class."""
    bookings: int
    """Made while a connection that was opened before them waits."""
    reminders: int
    """In the queue for later."""
    churn: int
    """Notifications that go through that queue."""


FULL = Size(
    rounds=6,
    transactions={"on": 500, "off": 1000},
    transfers={"on": 1000, "off": 4000},
    branches=32,
    call_rounds=51,
    calls=40,
    people=10_000,
    entries=1_000_000,
    sessions=500,
    contenders=1000,
    bookings=20_000,
    reminders=10_000,
    churn=1_000_000,
)
QUICK = Size(
    rounds=2,
    transactions={"on": 10, "off": 10},
    transfers={"on": 10, "off": 10},
    branches=1,
    call_rounds=2,
    calls=10,
    people=100,
    entries=1_000,
    sessions=40,
    contenders=64,
    bookings=160,
    reminders=100,
    churn=2_000,
)
