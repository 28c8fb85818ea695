"""The gusmester week: every step goes as it is told, and so it does every time."""

from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest

from bookingdb.demo import gusmester
from bookingdb.demo._shared import Chapter, Done, Refused, Stage
from bookingdb.deploy import migrate

Play = Callable[[str], dict[str, Chapter]]


@pytest.fixture
def play() -> Play:
    """Play the week on a migrated database and return its chapters by title."""

    def play(dsn: str) -> dict[str, Chapter]:
        with closing(Stage(dsn)) as stage:
            chapters = {chapter.title: chapter for chapter in gusmester.week(stage)}
            assert stage.service.call("verify_invariants") == []
            return chapters

    return play


def refusals(chapter: Chapter) -> list[tuple[str, str]]:
    return [(row[0], row[2].reason) for row in chapter.rows if isinstance(row[2], Refused)]


def test_the_story(dsn, play):
    chapters = play(dsn)
    assert refusals(chapters["Hosts decide"]) == [
        ("Alice", "spot_not_available"),
        ("Momo", "not_allowed"),
        ("Figaro", "spot_not_available"),
        ("Matilda", "not_found"),
    ]
    assert refusals(chapters["Gusmesters book"]) == [
        ("Sindbad", "spot_not_available"),
        ("Momo", "already_booked"),
        ("Alice", "self_booking"),
        ("Pinocchio", "insufficient_points"),
        ("Sindbad", "spot_not_available"),
    ]
    assert refusals(chapters["Plans change"]) == [
        ("Sindbad", "not_found"),
        ("Momo", "invalid_state"),
        ("Pinocchio", "too_late"),
    ]
    assert refusals(chapters["The admin steps in"]) == [
        ("Merlin", "insufficient_points"),
        ("Pinocchio", "not_allowed"),
        ("Merlin", "invalid_state"),
        ("Momo", "invalid_state"),
    ]


def test_the_race_has_one_winner(dsn, play):
    race = play(dsn)["50 gnomes want one spot"]
    assert [(gnomes, type(answer)) for gnomes, answer in race.rows] == [(1, Done), (49, Refused)]
    assert {answer.reason for _, answer in race.rows if isinstance(answer, Refused)} == {"spot_not_available"}
    assert race.closing.startswith("1 booked, 49 refused politely")


def test_the_points_reconcile(dsn, play):
    accounts = {row[0]: row[1:] for row in play(dsn)["Points reconcile"].rows}
    assert len(accounts) == len(gusmester.CLUB) + 1
    assert all(agrees is True and points == history for points, history, _, agrees in accounts.values())
    assert accounts["Pinocchio"][0] == 150
    assert accounts["50 gnomes"][0] == 50 * 300 - 150


def test_it_goes_the_same_way_every_time(dsn, empty_dsn, play):
    migrate(empty_dsn)
    assert [without_timings(c) for c in play(dsn).values()] == [without_timings(c) for c in play(empty_dsn).values()]


def without_timings(chapter: Chapter) -> Iterator[object]:
    """What a chapter tells, without when sessions start and how long the slowest loser waited."""
    rows = [[cell for cell in row if not hasattr(cell, "tzinfo")] for row in chapter.rows]
    return [chapter.title, chapter.story, chapter.columns, rows, chapter.closing.partition(";")[0]]


def test_an_account_that_disagrees_is_shown(dsn, superuser_dsn, play):
    chapters = play(dsn)
    assert chapters
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE employees SET points = points + 1 WHERE name = 'Pinocchio'")
    with closing(Stage(dsn)) as stage:
        rows = gusmester.points_reconcile(gusmester.Club(stage)).rows
    assert [row[0] for row in rows if row[4] is not True] == ["Pinocchio"]
