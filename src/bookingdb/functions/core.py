"""What the functions of module core take and return."""

# Generated from the catalog by `make wrappers`: change the SQL and its comments instead.

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bookingdb._function import Function
from bookingdb._results import list_of, object_of


@dataclass(frozen=True, slots=True)
class BookingStatsRow:
    """A row of what booking_stats() returns; failures.<reason> counts since installation, whatever the period."""

    module: str
    metric: str
    value: int
    """a count, or a sum of points or credits"""


@dataclass(frozen=True, slots=True)
class EnsureProfileResult:
    """What ensure_profile() returns; created is false when the profile existed."""

    user_id: UUID
    created: bool


@dataclass(frozen=True, slots=True)
class ErasePersonResult:
    """What erase_person() returns; erased is false when nothing was left to remove."""

    user_id: UUID
    erased: bool


@dataclass(frozen=True, slots=True)
class RunMaintenanceResult:
    """What run_maintenance() returns; done is an object of task and number of rows."""

    done: dict[str, Any]


@dataclass(frozen=True, slots=True)
class VerifyInvariantsRow:
    """A row of what verify_invariants() returns."""

    invariant: str
    """its number, e.g. I2"""
    entity: str
    entity_id: str
    details: dict[str, Any]
    """what was found"""


BOOKING_STATS: Function[list[BookingStatsRow]] = Function(
    "booking_stats",
    {"from": "timestamp with time zone", "to": "timestamp with time zone"},
    required=2,
    writes=False,
    columns=("module", "metric", "value"),
    read=list_of(BookingStatsRow),
)

ENSURE_PROFILE: Function[EnsureProfileResult] = Function(
    "ensure_profile",
    {"full_name": "text", "timezone": "text", "idempotency_key": "text"},
    required=0,
    writes=True,
    columns=(),
    read=object_of(EnsureProfileResult, user_id="uuid", created="boolean"),
)

ERASE_PERSON: Function[ErasePersonResult] = Function(
    "erase_person",
    {"user_id": "uuid", "idempotency_key": "text"},
    required=1,
    writes=True,
    columns=(),
    read=object_of(ErasePersonResult, user_id="uuid", erased="boolean"),
)

RUN_MAINTENANCE: Function[RunMaintenanceResult] = Function(
    "run_maintenance",
    {"limit": "integer", "idempotency_key": "text"},
    required=0,
    writes=True,
    columns=(),
    read=object_of(RunMaintenanceResult, done="jsonb"),
)

VERIFY_INVARIANTS: Function[list[VerifyInvariantsRow]] = Function(
    "verify_invariants",
    {},
    required=0,
    writes=False,
    columns=("invariant", "entity", "entity_id", "details"),
    read=list_of(VerifyInvariantsRow),
)
