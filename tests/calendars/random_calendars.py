"""Calendars of every kind around a change of the clock, and what a brute-force reading of the rules offers in them.

Times are minutes from an anchor: a change of the zone's clocks, or now.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from hypothesis import strategies as st

from calendars import clocks

ZONES = [
    "Australia/Lord_Howe",  # changes by half an hour
    "America/Santiago",  # at midnight
    "Africa/Cairo",  # at midnight
    "Asia/Beirut",  # at midnight
    "Atlantic/Azores",  # to midnight
    "America/Scoresbysund",  # on Saturday night, before midnight
    "Antarctica/Troll",  # by two hours
    "America/New_York",
    "Europe/Oslo",
    "Asia/Kolkata",  # never, half an hour off
    "UTC",
]

YEARS = (2031, 2035)
"""Far from now, yet within the greatest max_ahead there is."""

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

DAY_MINUTES = 24 * 60

PRACTITIONER, BOOKER, OTHERS = 0, 1, range(2, 14)
"""People: whose slots are asked for, who asks and books, and everybody else."""

STATUSES = ["scheduled", "confirmed", "in_progress", "completed", "cancelled", "no_show"]

BLOCKING = STATUSES[:3]


@dataclass(frozen=True)
class Rule:
    """Weekly hours; minutes of the local day, and days from the anchor's."""

    weekday: int
    start: int
    end: int
    valid_from: int | None
    valid_until: int | None


@dataclass(frozen=True)
class Span:
    """Something between two people, or of one, for some time."""

    start: int
    minutes: int
    kind: str
    one: int
    other: int | None = None

    @property
    def end(self) -> int:
        return self.start + self.minutes


@dataclass(frozen=True)
class Calendar:
    """Everything that decides at which times one person can book another, and which times are asked for."""

    zone: str
    near: str
    """The anchor: "change 3" of those far ahead, the "next" change, or "now"."""
    rules: list[Rule]
    exceptions: list[Span]
    """kind open or closed; one: whose."""
    sessions: list[Span]
    """kind is the status; one is the client, other the therapist."""
    holds: list[Span]
    """kind live or expired; one is the holder, other the practitioner."""
    buffers: tuple[int, int]
    """The practitioner's and the booker's."""
    not_before: int | None
    not_after: int | None
    asked_by_booker: bool
    """Or by nobody, and booked for somebody who has neither holds nor sessions."""
    start: int
    odd_start: str
    """Added to the start: "0", "17.25" seconds, or those of "now"."""
    duration: int
    step: int
    steps: int
    session_timezone: str = field(default="UTC")


def _span(kinds: list[str], one: list[int], other: list[int] | None = None) -> st.SearchStrategy[Span]:
    return st.builds(
        Span,
        start=st.integers(-200, 300).map(lambda n: n * 15) | st.integers(-2000, 2000),
        minutes=st.sampled_from([15, 30, 45, 50, 60, 90, 180]),
        kind=st.sampled_from(kinds),
        one=st.sampled_from(one),
        other=st.sampled_from(other) if other else st.none(),
    )


def _apart(sessions: list[Span]) -> list[Span]:
    """Leave out what would have somebody in two places at once."""
    kept: list[Span] = []
    for new in sessions:
        clash = any(
            {new.one, new.other} & {old.one, old.other} and new.start < old.end and old.start < new.end
            for old in kept
            if old.kind in BLOCKING and new.kind in BLOCKING
        )
        if not clash and new.one != new.other:
            kept.append(new)
    return kept


def _held_for_one(holds: list[Span]) -> list[Span]:
    """Leave out what would have two people hold the same time of one practitioner."""
    kept: list[Span] = []
    for new in holds:
        if not any(
            new.other == old.other and new.one != old.one and new.start < old.end and old.start < new.end
            for old in kept
        ):
            kept.append(new)
    return kept


def _rules() -> st.SearchStrategy[Rule]:
    edges = st.integers(0, 96).map(lambda n: n * 15) | st.integers(0, DAY_MINUTES)
    hours = st.tuples(edges, edges).map(sorted).filter(lambda pair: pair[0] < pair[1])
    days = st.none() | st.integers(-3, 3)
    return st.builds(
        lambda weekday, hours, valid: Rule(weekday, hours[0], hours[1], *valid),
        st.integers(1, 7),
        hours | st.sampled_from([(0, DAY_MINUTES), (0, 180), (120, 240), (1320, DAY_MINUTES), (540, 1020)]),
        st.tuples(days, days).filter(lambda pair: None in pair or pair[0] <= pair[1]),
    )


@st.composite
def _days_rules(draw: st.DrawFn) -> list[Rule]:
    """Hours of every day, or any rules."""
    hours = draw(st.sampled_from([None, (0, DAY_MINUTES), (60, 1380)]))
    daily = [Rule(weekday, *hours, None, None) for weekday in range(1, 8)] if hours else []
    return daily if draw(st.booleans()) else daily[: draw(st.integers(0, 7))] + draw(st.lists(_rules(), max_size=10))


def calendars(zone: str) -> st.SearchStrategy[Calendar]:
    """Any calendar in this zone."""
    everybody = [PRACTITIONER, BOOKER, *OTHERS]
    the_two = [PRACTITIONER, BOOKER]
    others = list(OTHERS)
    sessions = (
        _span(STATUSES, others, [PRACTITIONER])
        | _span(STATUSES, the_two, others)
        | _span(STATUSES, others, the_two)
        | _span(STATUSES, [BOOKER], [PRACTITIONER])
        | _span(STATUSES, [PRACTITIONER], [BOOKER])
    )
    holds = _span(["live", "expired"], everybody[1:], [PRACTITIONER]) | _span(
        ["live", "expired"], [PRACTITIONER, *others], [BOOKER]
    )
    cuts = st.none() | st.integers(-24, 60).map(lambda n: n * 15) | st.integers(-600, 600)
    anchors = [f"change {n}" for n in range(10)] + ["next", "now"]
    return st.builds(
        Calendar,
        zone=st.just(zone),
        near=st.sampled_from(anchors),
        rules=_days_rules(),
        exceptions=st.lists(_span(["open", "closed"], [PRACTITIONER]) | _span(["closed"], [BOOKER]), max_size=4),
        sessions=st.lists(sessions, max_size=8).map(_apart),
        holds=st.lists(holds, max_size=5).map(_held_for_one),
        buffers=st.tuples(st.sampled_from([0, 0, 5, 15, 20, 60]), st.sampled_from([0, 0, 10, 30])),
        not_before=cuts,
        not_after=cuts,
        asked_by_booker=st.booleans(),
        start=st.integers(-48, 12).map(lambda n: n * 30) | st.integers(-600, 200),
        odd_start=st.sampled_from(["0", "0", "0", "17.25", "now"]),
        duration=st.sampled_from([15, 30, 50, 60, 90, 180]) | st.integers(15, 180),
        step=st.sampled_from([5, 7, 10, 15, 15, 20, 30, 60, 90, 240]),
        steps=st.integers(20, 70),
        session_timezone=st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York"]),
    )


class Laid:
    """A calendar laid out in time."""

    def __init__(self, calendar: Calendar, now: datetime) -> None:
        self.calendar = calendar
        self.now = now
        self.zone = clocks.zone(calendar.zone)
        self.anchor = self._anchor()
        self.anchor_day = self.anchor.astimezone(self.zone).date()
        self.length = calendar.duration * MINUTE
        self.start = self.at(calendar.start) + self._odd_start()
        week = 7 * DAY
        self.end = self.start + min(week, calendar.steps * calendar.step * MINUTE)
        in_reach = self.anchor - now < 300 * DAY
        self.not_before = self._cut(calendar.not_before) if in_reach else None
        self.not_after = self._cut(calendar.not_after)

    def _anchor(self) -> datetime:
        minute = self.now.replace(second=0, microsecond=0)
        if self.calendar.near == "now":
            return minute
        if self.calendar.near == "next":
            changes = clocks.changes(self.zone, self.now.year, self.now.year + 1)
            return next((change.at for change in changes if change.at > self.now), minute + 100 * DAY)
        changes = clocks.changes(self.zone, *YEARS)
        number = int(self.calendar.near.removeprefix("change "))
        return changes[number % len(changes)].at if changes else datetime(2031 + number % 5, 3, 30, 1, tzinfo=UTC)

    def _odd_start(self) -> timedelta:
        if self.calendar.odd_start == "now":
            return self.now - self.now.replace(second=0, microsecond=0)
        return timedelta(seconds=float(self.calendar.odd_start))

    def _cut(self, minutes: int | None) -> datetime | None:
        return None if minutes is None else max(self.at(minutes), self.now)

    def at(self, minutes: int) -> datetime:
        """Return the instant this many minutes from the anchor."""
        return self.anchor + minutes * MINUTE

    def day(self, days: int | None) -> date | None:
        """Return the local date this many days from the anchor's."""
        return None if days is None else self.anchor_day + days * DAY

    def starts(self) -> Iterator[datetime]:
        """Return every step whose slot lies within what is asked for."""
        at = self.start
        while at + self.length <= self.end:
            yield at
            at += self.calendar.step * MINUTE

    def offered(self) -> list[datetime]:
        """Return what can be booked, minute by minute: worked throughout, with nothing in the way."""
        free = self._free_minutes()
        earliest = self.not_before or self.now
        return [
            at
            for at in self.starts()
            if at > self.now
            and at >= earliest
            and (self.not_after is None or at <= self.not_after)
            and at.astimezone(self.zone).fold == 0
            and all(free[self._minute(at) : self._minute(at + self.length - MINUTE / 60_000) + 1])
        ]

    _MARGIN = 3 * DAY_MINUTES

    def _minute(self, at: datetime) -> int:
        return (at - self.start.replace(second=0, microsecond=0)) // MINUTE + self._MARGIN

    def _free_minutes(self) -> bytearray:
        total = self._minute(self.end) + DAY_MINUTES
        free = bytearray(total)

        def mark(first: int, last: int, value: int) -> None:
            for minute in range(max(first, 0), min(last, total)):
                free[minute] = value

        origin = self.start.replace(second=0, microsecond=0) - self._MARGIN * MINUTE
        shown = [(origin + n * MINUTE).astimezone(self.zone).replace(tzinfo=None) for n in range(total)]
        latest_shown = list(accumulate(shown, max))
        for n in range((latest_shown[-1].date() - latest_shown[0].date()).days + 1):
            day = datetime.combine(latest_shown[0].date() + n * DAY, datetime.min.time())
            for rule in self.calendar.rules:
                if rule.weekday == day.isoweekday() and self._is_valid(rule, day.date()):
                    # From when the clock first shows the start, or something later, until it first does so for the end.
                    start, end = (
                        bisect_left(latest_shown, day + minutes * MINUTE) for minutes in (rule.start, rule.end)
                    )
                    mark(start, end, 1)
        for opened in self.calendar.exceptions:
            if opened.kind == "open":
                mark(self._minute(self.at(opened.start)), self._minute(self.at(opened.end)), 1)
        for taken, buffer in self._taken():
            mark(self._minute(self.at(taken.start - buffer)), self._minute(self.at(taken.end + buffer)), 0)
        return free

    def _is_valid(self, rule: Rule, day: date) -> bool:
        first, last = self.day(rule.valid_from), self.day(rule.valid_until)
        return (first is None or day >= first) and (last is None or day <= last)

    def _taken(self) -> Iterator[tuple[Span, int]]:
        """Return what takes the time of either person, with its buffer."""
        calendar = self.calendar
        people = [PRACTITIONER, BOOKER] if calendar.asked_by_booker else [PRACTITIONER]
        for person in people:
            buffer = calendar.buffers[person]
            for session in calendar.sessions:
                if session.kind in BLOCKING and person in (session.one, session.other):
                    yield session, buffer
            for hold in calendar.holds:
                if hold.kind == "live" and hold.other == person and hold.one not in people:
                    yield hold, buffer
            for closed in calendar.exceptions:
                if closed.kind == "closed" and closed.one == person:
                    yield closed, 0
