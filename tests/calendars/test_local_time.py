"""What a local date and time mean, in every time zone of the server and around every change of its clocks."""

from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache

import pytest
from support.refusals import refused

from calendars import clocks
from calendars.clocks import Change

YEARS = (2020, 2037)

ZONES = "SELECT name FROM pg_timezone_names WHERE name !~ '^(posix|localtime$|Factory$)' ORDER BY name"

READ_AS_ABBREVIATIONS = {"CET", "EET", "MET", "WET"}
"""Zones with summer time whose names AT TIME ZONE reads as abbreviations, which have none."""

TWO_CHANGES_WITHIN_SECONDS = {("America/Ojinaga", 2022)}

DAY, HOUR, MICROSECOND = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)


def local_times_around(change: Change) -> list[datetime]:
    """Local times before, at the edges of, within and after what a change of the clocks skips or repeats."""
    at = change.at.replace(tzinfo=None)
    first, last = sorted([at + change.before, at + change.after])
    middle = first + (last - first) / 2
    return [
        first - DAY,
        first - HOUR,
        first - MICROSECOND,
        first,
        middle,
        last - MICROSECOND,
        last,
        last + HOUR,
        last + DAY,
    ]


@pytest.fixture
def zones(practice):
    """The zones that a practitioner may have, one name for those that have the same clocks."""
    same_clocks = defaultdict(list)
    for (name,) in practice.rows(ZONES):
        if name not in READ_AS_ABBREVIATIONS:
            same_clocks[(clocks.folder() / name).read_bytes()].append(name)
    return [names[0] for names in same_clocks.values()]


@pytest.fixture
def utc(practice):
    """The time zone that every command runs in."""
    practice.connection.execute("SET timezone TO 'UTC'")


@cache
def changes_of(zone: str) -> list[Change]:
    return [
        change
        for change in clocks.changes(clocks.zone(zone), *YEARS)
        if (zone, change.at.year) not in TWO_CHANGES_WITHIN_SECONDS
    ]


def ask_each(practice, expression, questions):
    """Return what an expression of zone and ``local``, a timestamp, gives for each of these questions."""
    return [
        answer
        for (answer,) in practice.rows(
            f"SELECT {expression} FROM unnest(%s::text[], %s::timestamp[]) WITH ORDINALITY AS q (zone, local, n)"
            " ORDER BY n",
            [[zone for zone, _ in questions], [local for _, local in questions]],
        )
    ]


@pytest.mark.usefixtures("utc")
class TestInEveryZone:
    def test_a_local_time_is_its_first_instant_or_none(self, practice, zones):
        questions = [
            (zone, local) for zone in zones for change in changes_of(zone) for local in local_times_around(change)
        ]
        found = ask_each(practice, "_local_instant(local::date, local::time, zone)", questions)
        expected = [clocks.local_instant(local, clocks.zone(zone)) for zone, local in questions]
        assert len(questions) > 10_000
        assert [
            (*question, instant, right)
            for question, instant, right in zip(questions, found, expected, strict=True)
            if instant != right
        ] == []

    def test_working_time_begins_after_a_gap(self, practice, zones):
        gaps = [(zone, change) for zone in zones for change in changes_of(zone) if change.after > change.before]
        within = [
            (zone, (change.at + change.before + (change.after - change.before) / 2).replace(tzinfo=None))
            for zone, change in gaps
        ]
        found = ask_each(practice, "_local_boundary(local::date, local::time, zone)", within)
        assert len(gaps) > 1_000
        assert [
            (zone, change, instant) for (zone, change), instant in zip(gaps, found, strict=True) if instant != change.at
        ] == []

    def test_of_a_repeated_hour_the_second_is_repeated(self, practice, zones):
        changes = [(zone, change) for zone in zones for change in changes_of(zone)]
        around = [(zone, change.at.replace(tzinfo=None)) for zone, change in changes]
        repeated = (
            "(SELECT array_agg(ARRAY[lower(r), upper(r)])"
            " FROM unnest(_repeated_hours(local AT TIME ZONE 'UTC' + {}, local AT TIME ZONE 'UTC' + {}, zone)) AS r)"
        )
        expected = [
            [[change.at, change.at + (change.before - change.after)]] if change.after < change.before else None
            for _, change in changes
        ]
        for window in ("-interval '3 days'", "interval '3 days'"), ("interval '1 minute'", "interval '2 minutes'"):
            assert ask_each(practice, repeated.format(*window), around) == expected


class TestAPractitionersZone:
    @pytest.mark.parametrize("name", sorted(READ_AS_ABBREVIATIONS))
    def test_is_none_whose_name_is_read_as_an_abbreviation(self, practice, name):
        with refused("invalid_input", parameter="timezone"):
            practice.practitioner(timezone=name)

    def test_means_its_clocks_for_every_zone_one_may_have(self, practice, zones):
        """The clock that AT TIME ZONE shows in every zone is the clock of the zone's file."""
        noons = [(zone, datetime(2027, month, 15, 12)) for zone in zones for month in (1, 4, 7, 10)]
        shown = ask_each(practice, "local AT TIME ZONE 'UTC' AT TIME ZONE zone", noons)
        for (zone, noon), local in zip(noons, shown, strict=True):
            assert local == noon + clocks.zone(zone).utcoffset(local), zone
