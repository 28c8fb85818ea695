"""Scenario 34: weeks and months of a membership are the organization's, not UTC's; what is given back is free again."""

import pytest


def book_at(studio, client, *instants):
    """Book classes at these instants; return the bookings."""
    return [studio.books(studio.plans_at(at), client)["booking_id"] for at in instants]


def test_the_fifth_of_four_a_month_is_refused_and_a_cancelled_one_free_again(studio, refuses):
    client = studio.client()
    membership = studio.membership(client, 4)
    bookings = book_at(studio, client, *(f"2090-03-{day} 12:00Z" for day in (1, 8, 15, 22)))
    fifth = studio.plans_at("2090-03-29 12:00Z")
    with refuses("limit_reached", limit=4, period_end="2090-03-31"):
        studio.books(fifth, client)
    assert studio.cancels(bookings[1])["usage_returned"]
    assert studio.books(fifth, client)["payment_method"] == "membership"
    assert studio.uses(membership) == ["2090-03-01"] * 4
    book_at(studio, client, "2090-04-02 12:00Z")
    assert studio.uses(membership) == ["2090-03-01"] * 4 + ["2090-04-01"]


def test_no_limit_is_no_limit(studio):
    client = studio.client()
    membership = studio.membership(client)
    book_at(studio, client, *(f"2090-03-{day:02} 12:00Z" for day in range(1, 31)))
    assert len(studio.uses(membership)) == 30


@pytest.mark.parametrize(
    ("zone", "period", "instant", "first_day"),
    [
        # 23:30 on the last of a month there is the first of the next in UTC, and the other way round.
        ("America/New_York", "month", "2090-02-01 04:30Z", "2090-01-01"),
        ("America/New_York", "month", "2090-02-01 05:00Z", "2090-02-01"),
        ("Asia/Tokyo", "month", "2090-01-31 14:30Z", "2090-01-01"),
        ("Asia/Tokyo", "month", "2090-01-31 15:00Z", "2090-02-01"),
        # In summer the first of a month begins an hour earlier in UTC.
        ("America/New_York", "month", "2026-07-01 03:59Z", "2026-06-01"),
        ("America/New_York", "month", "2026-07-01 04:00Z", "2026-07-01"),
        # ISO weeks begin on Monday, that of the new year in the old one.
        ("UTC", "week", "2090-01-01 12:00Z", "2089-12-26"),
        ("UTC", "week", "2090-01-01 23:59Z", "2089-12-26"),
        ("UTC", "week", "2090-01-02 00:00Z", "2090-01-02"),
        ("America/New_York", "week", "2090-01-02 04:59Z", "2089-12-26"),
        ("America/New_York", "week", "2090-01-02 05:00Z", "2090-01-02"),
        # The weeks in which the clocks change, on a Sunday.
        ("Europe/Oslo", "week", "2027-03-28 21:59Z", "2027-03-22"),
        ("Europe/Oslo", "week", "2027-03-28 22:00Z", "2027-03-29"),
        ("Europe/Oslo", "week", "2027-10-31 22:59Z", "2027-10-25"),
        ("Europe/Oslo", "week", "2027-10-31 23:00Z", "2027-11-01"),
        ("Australia/Lord_Howe", "week", "2027-04-04 13:29Z", "2027-03-29"),
        ("Australia/Lord_Howe", "week", "2027-04-04 13:30Z", "2027-04-05"),
    ],
)
def test_the_period_in_which_a_class_starts(studio, zone, period, instant, first_day):
    if instant < "2027":
        instant = instant.replace("2026", "2028")
        first_day = first_day.replace("2026", "2028")
    studio.connection.execute("UPDATE organizations SET timezone = %s", [zone])
    studio.connection.execute("SET timezone = 'Pacific/Kiritimati'")
    client = studio.client()
    membership = studio.membership(client, 1, period)
    book_at(studio, client, instant)
    assert studio.uses(membership) == [first_day]


def test_two_sides_of_midnight_are_two_periods(studio):
    client = studio.client()
    membership = studio.membership(client, 1)
    book_at(studio, client, "2090-02-01 04:59Z", "2090-02-01 05:00Z")
    assert studio.uses(membership) == ["2090-01-01", "2090-02-01"]


def test_two_sides_of_midnight_in_utc_are_one(studio, refuses):
    client = studio.client()
    studio.membership(client, 1)
    book_at(studio, client, "2090-01-31 23:59Z")
    class_id = studio.plans_at("2090-02-01 00:00Z")
    with refuses("limit_reached", period_end="2090-01-31"):
        studio.books(class_id, client)


@pytest.mark.parametrize(
    ("period", "instants", "period_end"),
    [
        ("month", ("2092-02-01 12:00Z", "2092-02-29 12:00Z"), "2092-02-29"),
        ("month", ("2090-12-01 12:00Z", "2090-12-31 12:00Z"), "2090-12-31"),
        ("week", ("2089-12-26 12:00Z", "2090-01-01 12:00Z"), "2090-01-01"),
    ],
)
def test_the_last_day_of_the_period_is_told(studio, refuses, period, instants, period_end):
    client = studio.client()
    studio.membership(client, 1, period)
    book_at(studio, client, instants[0])
    class_id = studio.plans_at(instants[1])
    with refuses("limit_reached", limit=1, period_end=period_end):
        studio.books(class_id, client)


def test_a_use_that_is_kept_stays_used(studio, refuses):
    client = studio.client()
    studio.membership(client, 1)
    class_id, other = studio.plans("23 hours"), studio.plans("22 hours")
    studio.connection.execute("UPDATE class_sessions SET starts_at = date_trunc('minute', now()) + '23 hours'")
    booking = studio.books(class_id, client)["booking_id"]
    assert studio.cancels(booking)["usage_returned"] is False
    with refuses("limit_reached"):
        studio.books(other, client)
