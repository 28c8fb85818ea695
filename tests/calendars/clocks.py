"""Time zones reckoned in Python, by the very files that the server reads."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from bookingdb.server import find_binaries

SYSTEMS = Path("/usr/share/zoneinfo")

WEEK = timedelta(weeks=1)
SECOND = timedelta(seconds=1)


def folder() -> Path:
    """Return where the server's time zones are: its own, or the system's, which Debian's servers read."""
    own = find_binaries().parent / "share" / "timezone"
    return own if own.is_dir() else SYSTEMS


@cache
def zone(name: str) -> ZoneInfo:
    """Return a zone as the server knows it."""
    with (folder() / name).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def local_instant(local: datetime, zone: tzinfo) -> datetime | None:
    """Return the instant of a local time: of one that exists twice the first, None for one that the clock skips."""
    instant = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return instant if instant.astimezone(zone).replace(tzinfo=None) == local else None


@dataclass(frozen=True)
class Change:
    """A change of a zone's clocks: when, and how far ahead of UTC they are before it and after it."""

    at: datetime
    before: timedelta
    after: timedelta


def changes(zone: tzinfo, first_year: int, last_year: int) -> list[Change]:
    """Return the changes of a zone's clocks in these years, in order. No two of them are within a week."""
    found = []
    at, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    while at < end:
        if _offset(at, zone) != _offset(at + WEEK, zone):
            found.append(_change_between(at, at + WEEK, zone))
        at += WEEK
    return found


def _change_between(before: datetime, after: datetime, zone: tzinfo) -> Change:
    offset = _offset(before, zone)
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if _offset(middle, zone) == offset:
            before = middle
        else:
            after = middle
    return Change(after, offset, _offset(after, zone))


def _offset(at: datetime, zone: tzinfo) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset
