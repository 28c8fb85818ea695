"""The musketeers' exchange: every step goes as it is told, and so it does every time."""

from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest

from bookingdb.demo import peer
from bookingdb.demo._musketeers import Musketeers
from bookingdb.demo._shared import Chapter, Done, Refused, Stage
from bookingdb.deploy import migrate

Play = Callable[[str], dict[str, Chapter]]


@pytest.fixture
def play() -> Play:
    """Play the exchange on a migrated database and return its chapters by title."""

    def play(dsn: str) -> dict[str, Chapter]:
        with closing(Stage(dsn)) as stage:
            chapters = {chapter.title: chapter for chapter in peer.week(stage)}
            assert stage.service.call("verify_invariants") == []
            assert stage.service.call("reconcile_credits") == []
            return chapters

    return play


def refusals(chapter: Chapter) -> list[tuple[str, str]]:
    return [(row[0], row[2].reason) for row in chapter.rows if isinstance(row[2], Refused)]


def test_the_story(dsn, play):
    chapters = play(dsn)
    assert refusals(chapters["They book each other"]) == [
        ("Porthos", "slot_taken"),
        ("Athos", "slot_taken"),
        ("Athos", "self_booking"),
        ("Planchet", "not_a_practitioner"),
        ("d'Artagnan", "insufficient_credits"),
    ]
    assert refusals(chapters["Both may cancel"]) == [("Athos", "invalid_state")]
    assert refusals(chapters["A debt is earned back"]) == [("Porthos", "insufficient_credits")]


def test_a_rate_goes_before_the_share_of_an_hour(dsn, play):
    assert play(dsn)["The exchange"].rows == [("Aramis", 60, 2), ("Athos", 80, 2), ("Porthos", 50, 13)]


def test_a_repeated_key_pays_nothing(dsn, play):
    first, second = play(dsn)["They book each other"].rows[:2]
    assert first == second
    assert (first[2], first[3]) == (Done("paid 50; Porthos 0 to 50"), 70)


def test_what_was_paid_goes_back_whoever_cancels(dsn, play):
    rows = play(dsn)["Both may cancel"].rows
    assert rows[0][2] == Done("Athos got back 60; Aramis has 70")
    assert rows[2][2] == Done("Aramis got back 50; Porthos has 0")


def test_a_debt_is_earned_back(dsn, play):
    rows = play(dsn)["A debt is earned back"].rows
    assert rows[1][2:] == (Done("Aramis got back 50; Porthos has -45"), 120)
    assert [row[2].text for row in rows[3:]] == [
        "paid 25; Porthos -45 to -20",
        "paid 50; Porthos -20 to 30",
        "paid 8; d'Artagnan 45 to 53",
    ]


def test_statements_are_chains(dsn, play):
    rows = play(dsn)["Statements"].rows
    for name in ("Porthos", "d'Artagnan"):
        entries = [row for row in rows if row[0] == name]
        assert [row[1] for row in entries] == list(range(1, len(entries) + 1))
        assert [row[4] for row in entries] == [0] + [row[5] for row in entries[:-1]]
        assert all(before + amount == after for *_, amount, before, after in entries)


def test_fifty_mutual_bookings_without_a_deadlock(dsn, play):
    chapter = play(dsn)["Fifty mutual bookings"]
    assert chapter.rows == [(50, Done("booked, paid 2"))]
    assert chapter.closing == "0 deadlocks. Together they had 165 credits, and have 165."


def test_deadlocks_are_counted(dsn, play, monkeypatch):
    play(dsn)
    answers = [Done("booked, paid 2")] * 48 + [peer.DEADLOCK] * 2
    monkeypatch.setattr(peer, "race", lambda *_: answers)
    with closing(Stage(dsn)) as stage:
        assert peer.fifty_mutual_bookings(Musketeers(stage)).closing.startswith("2 deadlocks.")


def test_the_exchange_reconciles(dsn, play):
    chapter = play(dsn)["The exchange reconciles"]
    assert [row[0] for row in chapter.rows] == ["Aramis", "Athos", "Planchet", "Porthos", "d'Artagnan"]
    assert all(row[-1] is True for row in chapter.rows)
    assert sum(row[2] for row in chapter.rows) == 0
    assert chapter.closing == "300 credits were given, and 300 are there."


def test_it_goes_the_same_way_every_time(dsn, empty_dsn, play):
    migrate(empty_dsn)
    assert play(dsn) == play(empty_dsn)


def test_an_account_that_disagrees_is_shown(dsn, superuser_dsn, play):
    play(dsn)
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE credits SET balance = balance + 1 WHERE balance = 53")
    with closing(Stage(dsn)) as stage:
        chapter = peer.the_exchange_reconciles(Musketeers(stage))
    assert [row[0] for row in chapter.rows if row[-1] is not True] == ["d'Artagnan"]
    assert chapter.closing == "300 credits were given, and 301 are there."
