"""The musketeers' exchange: practitioners treat each other for credits, which only ever change hands."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from threading import Barrier
from uuid import UUID

from bookingdb.client import ActingUser
from bookingdb.demo._musketeers import Musketeers
from bookingdb.demo._shared import Chapter, Done, Refused, Stage, attempt
from bookingdb.errors import RetryableError

CREDITS = {"Aramis": 120, "Athos": 120, "Porthos": 0, "d'Artagnan": 0, "Planchet": 60}
"""Everybody, and the credits they are welcomed with; Planchet is no practitioner."""

DEEDS = ("who", "does", "", "credits")


def week(stage: Stage) -> Iterator[Chapter]:
    """Play the week; each chapter is told when it has happened."""
    musketeers = Musketeers(stage)
    yield the_exchange(musketeers)
    yield they_book_each_other(musketeers)
    yield both_cancel(musketeers)
    yield a_debt_is_earned_back(musketeers)
    yield the_statements(musketeers)
    yield fifty_mutual_bookings(musketeers)
    yield the_exchange_reconciles(musketeers)


def the_exchange(musketeers: Musketeers) -> Chapter:
    musketeers.enlist(CREDITS)
    for name, credits_per_hour, quarter in (
        ("Aramis", 60, 2),
        ("Athos", 80, 2),
        ("Porthos", 50, None),
        ("d'Artagnan", 30, None),
    ):
        musketeers.practise(name, credits_per_hour, quarter)
    user = musketeers.acting("d'Artagnan")
    hour, quarter_of_it = user.peer_practitioners(), user.peer_practitioners(duration_minutes=15)
    return Chapter(
        "The exchange",
        "Whom d'Artagnan can book. A rate of its own for a length goes before the share of an hour, rounded up.",
        ("practitioner", "an hour", "a quarter"),
        [(a.full_name or "", a.credit_cost, b.credit_cost) for a, b in zip(hour, quarter_of_it, strict=True)],
    )


def they_book_each_other(musketeers: Musketeers) -> Chapter:
    return Chapter(
        "They book each other",
        "One call: the session, what one pays and the other earns. Nobody is in two places, in whichever role.",
        DEEDS,
        [
            musketeers.book("Aramis", "Porthos", time(10), key="k1"),
            musketeers.book("Aramis", "Porthos", time(10), key="k1"),
            musketeers.book("Porthos", "Athos", time(10, 30), 15),
            musketeers.book("Athos", "Aramis", time(9, 30)),
            musketeers.book("Athos", "Aramis", time(11)),
            musketeers.book("Athos", "Athos", time(12)),
            musketeers.book("Planchet", "Athos", time(12)),
            musketeers.book("d'Artagnan", "Athos", time(12)),
        ],
    )


def both_cancel(musketeers: Musketeers) -> Chapter:
    musketeers.raise_rate("Aramis", 90)
    return Chapter(
        "Both may cancel",
        "What was paid goes back in full, once, whoever cancels. Aramis takes 90 by now; Athos had paid 60.",
        DEEDS,
        [
            musketeers.cancel("Aramis", "Athos", "Aramis"),
            musketeers.cancel("Athos", "Athos", "Aramis"),
            musketeers.cancel("Aramis", "Aramis", "Porthos"),
            musketeers.book("Aramis", "Porthos", time(10)),
        ],
    )


def a_debt_is_earned_back(musketeers: Musketeers) -> Chapter:
    return Chapter(
        "A debt is earned back",
        "Porthos spends what he was paid, and the session is cancelled. Aramis lacks nothing; Porthos owes.",
        DEEDS,
        [
            musketeers.book("Porthos", "d'Artagnan", time(13), 90),
            musketeers.cancel("Aramis", "Aramis", "Porthos"),
            musketeers.book("Porthos", "d'Artagnan", time(15), 15),
            musketeers.book("Athos", "Porthos", time(16), 30),
            musketeers.book("Aramis", "Porthos", time(17)),
            musketeers.book("Porthos", "d'Artagnan", time(15), 15),
        ],
    )


def the_statements(musketeers: Musketeers) -> Chapter:
    return Chapter(
        "Statements",
        "Each sees their own entries. Those that d'Artagnan and Porthos share are two sides of one movement.",
        ("account", "entry", "type", "amount", "before", "after"),
        [
            (name, entry.entry_number, entry.transaction_type, entry.amount, entry.balance_before, entry.balance_after)
            for name in ("Porthos", "d'Artagnan")
            for entry in reversed(musketeers.acting(name).get_credit_transactions())
        ],
    )


def fifty_mutual_bookings(musketeers: Musketeers) -> Chapter:
    before = musketeers.has("Aramis"), musketeers.has("Athos")
    answers = Counter(race(musketeers, "Aramis", "Athos"))
    after = musketeers.has("Aramis"), musketeers.has("Athos")
    deadlocks = sum(count for answer, count in answers.items() if answer == DEADLOCK)
    return Chapter(
        "Fifty mutual bookings",
        "Aramis books Athos 25 times and Athos Aramis 25 times, on ten connections at once and without a second try.",
        ("bookings", ""),
        [(count, answer) for answer, count in answers.items()],
        f"{deadlocks} deadlocks. Together they had {sum(before)} credits, and have {sum(after)}.",
    )


DEADLOCK = Refused("deadlock", "Two waited for each other")


def race(musketeers: Musketeers, one: str, other: str) -> list[Done | Refused]:
    """Let two book each other at once, on five connections each; return how every booking went."""
    day = musketeers.day + timedelta(days=3)
    times = [(datetime.combine(day, time(8)) + timedelta(minutes=15 * n)).time() for n in range(25)]
    lines = [(one, other, day, times[n::5]) for n in range(5)]
    lines += [(other, one, day + timedelta(days=1), times[n::5]) for n in range(5)]
    start = Barrier(len(lines), timeout=30)

    def run(line: tuple[str, str, date, list[time]]) -> list[Done | Refused]:
        client, practitioner, day, times = line
        with musketeers.stage.another_connection(retries=0) as database:
            user, whom = musketeers.acting(client, database), musketeers.person(practitioner)
            user.get_credit_balance()
            start.wait()
            return [book(user, whom, day, at) for at in times]

    def book(user: ActingUser, whom: UUID, day: date, at: time) -> Done | Refused:
        try:
            return attempt(lambda: musketeers.booking(user, whom, day, at, 15), "booked, paid {credit_cost}")
        except RetryableError:
            return DEADLOCK

    with ThreadPoolExecutor(len(lines)) as threads:
        return [answer for answers in threads.map(run, lines) for answer in answers]


def the_exchange_reconciles(musketeers: Musketeers) -> Chapter:
    rows = musketeers.stage.sql(
        """
        SELECT p.full_name, coalesce(sum(t.amount) FILTER (WHERE t.transaction_type = 'bonus'), 0)::int,
               coalesce(sum(t.amount) FILTER (WHERE t.transfer_id IS NOT NULL), 0)::int, c.balance::int, count(t.id),
               c.balance = sum(t.amount)
          FROM profiles p
          JOIN credits c ON c.user_id = p.user_id
          JOIN credit_transactions t ON t.user_id = p.user_id
         WHERE p.full_name = ANY (%s)
         GROUP BY p.full_name, c.balance
         ORDER BY p.full_name COLLATE "C"
        """,
        (list(CREDITS),),
    )
    return Chapter(
        "The exchange reconciles",
        "What changed hands sums to 0: whatever was booked and cancelled, together they have what they were given.",
        ("account", "given", "changed hands", "credits", "entries", "agrees"),
        rows,
        f"{sum(row[1] for row in rows)} credits were given, and {sum(row[3] for row in rows)} are there.",
    )
