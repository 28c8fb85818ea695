"""The studio's week: every step goes as it is told, and so it does every time."""

from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest

from bookingdb.demo import classes
from bookingdb.demo._shared import Chapter, Done, Refused, Stage
from bookingdb.demo._studio import Studio
from bookingdb.deploy import migrate

Play = Callable[[str], dict[str, Chapter]]


@pytest.fixture
def play() -> Play:
    """Play the week on a migrated database and return its chapters by title."""

    def play(dsn: str) -> dict[str, Chapter]:
        with closing(Stage(dsn)) as stage:
            chapters = {chapter.title: chapter for chapter in classes.week(stage)}
            assert stage.service.call("verify_invariants") == []
            return chapters

    return play


def refusals(chapter: Chapter) -> list[tuple[str, str]]:
    return [(row[0], row[2].reason) for row in chapter.rows if isinstance(row[2], Refused)]


def test_the_story(dsn, play):
    chapters = play(dsn)
    assert refusals(chapters["The studio opens"]) == []
    assert refusals(chapters["Four a month"]) == [("Giselle", "limit_reached"), ("Giselle", "already_booked")]
    assert refusals(chapters["Ways to pay"]) == [("Clara", "payment_required"), ("Clara", "not_allowed")]
    assert refusals(chapters["A place comes free"]) == [
        ("Clara", "invalid_state"),
        ("Aurora", "class_full"),
        ("Aurora", "already_booked"),
    ]
    assert refusals(chapters["By the widget"]) == [("Coppelia", "class_full")]
    assert refusals(chapters["A lead becomes a client"]) == [("Coppelia", "already_booked")]
    assert refusals(chapters["A class is cancelled"]) == [("Giselle", "invalid_state")]


def test_a_use_that_is_given_back_can_be_used_again(dsn, play):
    rows = play(dsn)["Four a month"].rows
    assert rows[5][2] == Done("the use is given back; nobody has the place")
    assert rows[6][2] == Done("by membership, paid; 9 places left")


def test_the_place_goes_to_whom_something_covers(dsn, play):
    rows = play(dsn)["A place comes free"].rows
    assert rows[3][2] == Done("number 1 in line")
    assert rows[-1][2] == Done("the use is given back; Aurora has the place")


def test_the_widget_answers_everybody_alike(dsn, play):
    chapter = play(dsn)["By the widget"]
    assert [row[2] for row in chapter.rows[:3]] == [
        Done("receipt 1, pending"),
        Done("receipt 1, pending"),
        Done("receipt 2, pending"),
    ]
    assert chapter.closing.startswith("Coppelia came twice: 1 lead, 1 booking.")


def test_a_client_cancels_what_the_lead_booked(dsn, play):
    assert play(dsn)["A lead becomes a client"].rows[-1][2] == Done("nothing to give back; nobody has the place")


def test_four_swans_dance(dsn, play):
    chapter = play(dsn)["Forty swans"]
    assert chapter.rows == [(4, Done("booked")), (36, Refused("class_full", "This class is full"))]
    assert chapter.closing == "4 of 4 places are taken."


def test_everything_is_given_back_and_everybody_told(dsn, play):
    chapter = play(dsn)["A class is cancelled"]
    assert chapter.rows[0][2] == Done("4 bookings, 2 uses given back")
    assert chapter.closing == "4 people are told."


def test_the_neighbour_gets_nowhere(dsn, play):
    rows = play(dsn)["The neighbour"].rows
    assert [row[2].reason for row in rows] == ["not_found"] * 4 + ["not_allowed"] * 2


def test_uses_add_up(dsn, play):
    assert play(dsn)["Uses add up"].rows == [
        ("Albrecht", "Five classes", 5, 0, 2),
        ("Aurora", "Two classes", 2, 1, 0),
        ("Giselle", "Four a month", 4, 4, 2),
    ]


def test_uses_that_do_not_add_up_are_shown(dsn, superuser_dsn, play):
    play(dsn)
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE packages SET classes_used = 2 WHERE name = 'Two classes'")
    with closing(Stage(dsn)) as stage:
        rows = classes.uses_add_up(Studio(stage)).rows
        assert ("Aurora", "Two classes", 2, 2, 0) in rows
        assert [row["invariant"] for row in stage.service.call("verify_invariants")] == ["I9"]


def test_it_goes_the_same_way_every_time(dsn, empty_dsn, play):
    migrate(empty_dsn)
    assert play(dsn) == play(empty_dsn)
