"""The week in Baker Street: every step goes as it is told, and so it does every time."""

from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest

from bookingdb.demo import therapy
from bookingdb.demo._baker_street import BakerStreet
from bookingdb.demo._shared import Chapter, Done, Refused, Stage
from bookingdb.deploy import migrate

Play = Callable[[str], dict[str, Chapter]]


@pytest.fixture
def play() -> Play:
    """Play the week on a migrated database and return its chapters by title."""

    def play(dsn: str) -> dict[str, Chapter]:
        with closing(Stage(dsn)) as stage:
            chapters = {chapter.title: chapter for chapter in therapy.week(stage)}
            assert stage.service.call("verify_invariants") == []
            assert stage.service.call("reconcile_credits") == []
            return chapters

    return play


def refusals(chapter: Chapter) -> list[tuple[str, str]]:
    return [(row[0], row[2].reason) for row in chapter.rows if isinstance(row[2], Refused)]


def test_the_story(dsn, play):
    chapters = play(dsn)
    assert refusals(chapters["Therapists say when they work"]) == [
        ("Holmes", "not_allowed"),
        ("Watson", "invalid_input"),
    ]
    assert refusals(chapters["Clients book"]) == [
        ("Holmes", "slot_taken"),
        ("Holmes", "slot_taken"),
        ("Holmes", "outside_availability"),
        ("Watson", "self_booking"),
        ("Moriarty", "insufficient_credits"),
    ]
    assert refusals(chapters["Plans change"]) == [
        ("Holmes", "invalid_state"),
        ("Mrs Hudson", "outside_availability"),
        ("Holmes", "too_late"),
    ]
    assert refusals(chapters["A day off"]) == [("Holmes", "slot_taken")]


def test_a_skipped_hour_is_refused_and_a_repeated_one_is_its_first(dsn, play):
    forward, later, back = play(dsn)["The clocks change"].rows
    assert forward[1:3] == ("00:00 02:00 03:00", "00:00 01:00 02:00")
    assert forward[3].reason == "nonexistent_local_time"
    assert later[1:] == ("00:00 01:00 02:00 03:00", "23:00 00:00 01:00 02:00", Done("booked: 00:00 UTC"))
    assert back[1:] == ("00:00 01:00 02:00 03:00", "23:00 00:00 02:00 03:00", Done("booked: 00:00 UTC"))


def test_a_hold_is_converted(dsn, play, db):
    assert play(dsn)["Clients book"].rows[2][2] == Done("booked, paid 1")
    assert db.execute("SELECT status FROM slot_holds").fetchall() == [("converted",)]


def test_one_credit_pays_one_booking(dsn, play):
    chapter = play(dsn)["One credit, two bookings"]
    assert [(count, type(answer)) for count, answer in chapter.rows] == [(1, Done), (1, Refused)]
    assert chapter.rows[1][1].reason == "insufficient_credits"
    assert chapter.closing == "He has 1 session now, and 0 credits."


def test_in_time_the_credit_comes_back_and_later_it_does_not(dsn, play):
    rows = play(dsn)["Plans change"].rows
    assert (rows[0][2], rows[0][3]) == (Done("cancelled, Holmes got back 1"), 3)
    assert (rows[-1][2], rows[-1][3]) == (Done("cancelled, Holmes got back 0"), 2)


def test_reminders_move_with_their_session(dsn, play):
    assert play(dsn)["Reminders move along"].rows == [
        ("booking_reminder_24h", "Monday 10:00", "withdrawn"),
        ("booking_reminder_1h", "Monday 10:00", "withdrawn"),
        ("booking_reminder_24h", "Wednesday 15:00", "pending"),
        ("booking_reminder_1h", "Wednesday 15:00", "pending"),
    ]


def test_time_off_names_the_sessions_in_it(dsn, play):
    chapter = play(dsn)["A day off"]
    assert chapter.rows[0][2] == Done("closed, with 1 session in it")
    assert chapter.rows[2][2] == Done("cancelled, Mrs Hudson got back 1")
    assert chapter.closing == "Mrs Hudson has 2 credits again; Watson offers 0 hours on Wednesday."


def test_the_credits_add_up(dsn, play):
    assert play(dsn)["The credits add up"].rows == [
        ("Holmes", 3, 2, 1, 2, 1, True),
        ("Lestrade", 1, 1, 0, 0, 1, True),
        ("Mrs Hudson", 2, 1, 1, 2, 0, True),
        ("Mycroft", 3, 2, 0, 1, 2, True),
    ]


def test_it_goes_the_same_way_every_time(dsn, empty_dsn, play):
    migrate(empty_dsn)
    assert play(dsn) == play(empty_dsn)


def test_credits_that_do_not_add_up_are_shown(dsn, superuser_dsn, play):
    play(dsn)
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            "UPDATE credits SET balance = balance + 1"
            " WHERE user_id = (SELECT user_id FROM profiles WHERE full_name = 'Mycroft')"
        )
    with closing(Stage(dsn)) as stage:
        rows = therapy.the_credits_add_up(BakerStreet(stage)).rows
    assert [row[0] for row in rows if row[-1] is not True] == ["Mycroft"]
