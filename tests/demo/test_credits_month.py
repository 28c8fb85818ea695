"""The month in Sherwood: every step goes as it is told, and so it does every time."""

from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest

from bookingdb.demo import credits
from bookingdb.demo._shared import Chapter, Done, Refused, Stage
from bookingdb.demo._sherwood import Sherwood
from bookingdb.deploy import migrate

Play = Callable[[str], dict[str, Chapter]]


@pytest.fixture
def play() -> Play:
    """Play the month on a migrated database and return its chapters by title."""

    def play(dsn: str) -> dict[str, Chapter]:
        with closing(Stage(dsn)) as stage:
            chapters = {chapter.title: chapter for chapter in credits.month(stage)}
            assert stage.service.call("verify_invariants") == []
            return chapters

    return play


def refusals(chapter: Chapter) -> list[tuple[str, str, str]]:
    return [(who, does, went.reason) for who, does, went, _ in chapter.rows if isinstance(went, Refused)]


def test_three_deliveries_make_one_allocation(dsn, play, db):
    chapter = play(dsn)["Stripe tells it three times"]
    assert chapter.rows == [
        ("evt_1", "invoice.paid", "waiting", 0),
        ("evt_2", "checkout.session.completed", "bound", 40),
        ("evt_1", "invoice.paid", "allocated", 40),
        ("evt_3", "invoice.payment_succeeded", "already_allocated", 40),
    ]
    assert chapter.closing == "The invoice came 3 times; 1 allocation was made."
    assert db.execute("SELECT count(*) FROM credit_allocations").fetchall() == [(1,)]


def test_the_story(dsn, play):
    chapters = play(dsn)
    assert refusals(chapters["Credits are bought"]) == [
        ("Prince John", "buys -10", "invalid_input"),
        ("Robin", "lets 70 expire", "insufficient_credits"),
    ]
    assert refusals(chapters["Credits are sent"]) == [
        ("Prince John", "sends Marian 10", "not_allowed"),
        ("Robin", "sends Marian 300", "insufficient_credits"),
        ("Prince John", "takes 50 of Robin's", "not_allowed"),
    ]
    assert refusals(chapters["A debt is earned back"]) == [("Tuck", "sends Marian 1", "insufficient_credits")]
    assert [row[3] for row in chapters["A debt is earned back"].rows] == [60, 10, -5, -5, 10, 9]


def test_a_repeated_key_adds_nothing(dsn, play):
    first, second = play(dsn)["Credits are bought"].rows[:2]
    assert first == ("Robin", "buys 25 (key k1)", Done("had 40, has 65"), 65)
    assert second == ("Robin", "buys 25 (key k1)", Done("had 65, has 65"), 65)


def test_the_statement_has_every_entry_once(dsn, play):
    statement = play(dsn)["Robin's statement"].rows
    assert [row[0] for row in statement] == [6, 5, 4, 3, 2, 1]
    assert [row[2] for row in statement] == [-30, -45, 60, -15, 25, 40]
    assert all(before + amount == after == then for _, _, amount, before, after, then in statement)
    assert [row[3] for row in statement] == [row[4] for row in statement[1:]] + [0]


def test_the_credits_reconcile(dsn, play):
    chapter = play(dsn)["Credits reconcile"]
    assert [row[:2] for row in chapter.rows] == [("Marian", 86), ("Prince John", 40), ("Robin", 35), ("Tuck", 9)]
    assert all(agrees is True and balance == ledger for _, balance, ledger, _, agrees in chapter.rows)
    assert chapter.closing == "reconcile_credits() finds 0 differences."


def test_it_goes_the_same_way_every_time(dsn, empty_dsn, play):
    migrate(empty_dsn)
    assert play(dsn) == play(empty_dsn)


def test_an_account_that_disagrees_is_shown(dsn, superuser_dsn, play):
    play(dsn)
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE credits SET balance = balance + 1 WHERE balance = 9")
    with closing(Stage(dsn)) as stage:
        chapter = credits.credits_reconcile(Sherwood(stage))
    assert [row[0] for row in chapter.rows if row[4] is not True] == ["Tuck"]
    assert chapter.closing == "reconcile_credits() finds 2 differences."
