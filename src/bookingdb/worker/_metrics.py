"""How the work goes, in numbers."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

_REMEMBERED = 1000


@dataclass
class Metrics:
    """Counts since the start, and how late the last ones were sent."""

    sent: int = 0
    failed: int = 0
    """Attempts that will be repeated."""
    dead: int = 0
    skipped: int = 0
    """Whose receivers are erased, or reminders of what has begun: nothing was sent."""
    lost: int = 0
    """Leases that were over before the end: another worker may have delivered it too, or it was withdrawn."""
    in_flight: int = 0
    delays: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    """Seconds from when it was due, or due again, to when it was sent."""

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers by name; ``latency`` in seconds, of the last thousand."""
        delays = sorted(self.delays)
        latency = {"p50": _quantile(delays, 0.5), "p95": _quantile(delays, 0.95), "max": _quantile(delays, 1)}
        counts = {name: getattr(self, name) for name in ("sent", "failed", "dead", "skipped", "lost", "in_flight")}
        return counts | {"latency": latency}


def _quantile(ordered: list[float], share: float) -> float | None:
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)
