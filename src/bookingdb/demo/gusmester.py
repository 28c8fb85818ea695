"""A week of a sauna club: gusmesters run the sessions and pay with points for the guest spots of each other's."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

from bookingdb.demo._club import Club
from bookingdb.demo._shared import Chapter, Done, Refused, Stage
from bookingdb.errors import BookingError

ADMIN = "Merlin"
CLUB = (
    "Alice", "Dorothy", "Figaro", "Gulliver", "Heidi", "Matilda",
    ADMIN, "Momo", "Ophelia", "Pinocchio", "Rapunzel", "Sindbad",
)  # fmt: skip
GNOMES = tuple(f"Gnome {number}" for number in range(1, 51))
"""Visitors who all want the same spot."""

DEEDS = ("who", "does", "", "points")


def week(stage: Stage) -> Iterator[Chapter]:
    """Play the week; each chapter is told when it has happened."""
    club = Club(stage)
    began = datetime.now(UTC)
    yield hire_the_club(club)
    yield plan_the_week(club)
    yield hosts_decide(club)
    yield gusmesters_book(club)
    yield plans_change(club)
    yield the_admin_steps_in(club)
    yield fifty_gnomes_want_one_spot(club)
    yield tell_everybody(club)
    yield the_week_in_numbers(club, began)
    yield points_reconcile(club)


def hire_the_club(club: Club) -> Chapter:
    club.hire(CLUB, admins=[ADMIN])
    return Chapter(
        "The club",
        f"Everybody starts with the same points; {ADMIN} is the admin.",
        ("employees", "", "points each"),
        club.stage.sql("SELECT count(*), string_agg(name, ', ' ORDER BY name), points FROM employees GROUP BY points"),
    )


def plan_the_week(club: Club) -> Chapter:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    midnight = now.replace(hour=0, minute=0)
    for name, host, starts_at in (
        ("Birch and Rye", "Gulliver", now + timedelta(hours=2)),
        ("Smoke and Honey", "Heidi", now + timedelta(hours=20)),
        ("Forest Steam", "Alice", midnight + timedelta(days=2, hours=18)),
        ("Mint Sunrise", "Figaro", midnight + timedelta(days=3, hours=7)),
        ("Night Steam", "Dorothy", midnight + timedelta(days=3, hours=22)),
        ("Tar and Juniper", "Ophelia", midnight + timedelta(days=4, hours=17)),
        ("Grand Steam", "Rapunzel", midnight + timedelta(days=6, hours=19)),
    ):
        club.schedule(ADMIN, name, host, starts_at)
    club.schedule(ADMIN, "Silent Steam", "Matilda", midnight + timedelta(days=5, hours=20), is_private=True)
    return Chapter(
        "The week",
        f"{ADMIN} plans it. A session's guest spot appears by itself and belongs to the host; a private one has none.",
        ("session", "starts (UTC)", "host", "guest spot"),
        club.stage.sql("""
            SELECT s.name, s.starts_at, e.name, coalesce(g.status, 'none')
              FROM sessions s
              JOIN session_employees h ON h.session_id = s.id
              JOIN employees e ON e.id = h.employee_id
              LEFT JOIN guest_spots g ON g.session_id = s.id
             ORDER BY s.starts_at
        """),
    )


def hosts_decide(club: Club) -> Chapter:
    ((notice,),) = club.stage.sql("SELECT gus_release_notice FROM settings")
    return Chapter(
        "Hosts decide",
        f"Who releases the spot more than {hours(notice)} before the start earns points, who does so later earns none.",
        DEEDS,
        [
            club.release("Alice", "Forest Steam"),
            club.release("Alice", "Forest Steam"),
            club.release("Heidi", "Smoke and Honey"),
            club.release("Dorothy", "Night Steam"),
            club.release("Ophelia", "Tar and Juniper"),
            club.release("Rapunzel", "Grand Steam"),
            club.release("Gulliver", "Birch and Rye"),
            club.release("Momo", "Mint Sunrise"),
            club.invite("Figaro", "Mint Sunrise", "Puss"),
            club.release("Figaro", "Mint Sunrise"),
            club.release("Matilda", "Silent Steam"),
        ],
    )


def gusmesters_book(club: Club) -> Chapter:
    return Chapter(
        "Gusmesters book",
        "A spot has one taker, nobody pays twice, and a repeated request (same key) is answered like the first.",
        DEEDS,
        [
            club.book("Momo", "Forest Steam"),
            club.book("Sindbad", "Forest Steam"),
            club.book("Momo", "Forest Steam"),
            club.book("Alice", "Forest Steam"),
            club.book("Alice", "Night Steam", key="k1"),
            club.book("Alice", "Night Steam", key="k1"),
            club.book("Pinocchio", "Smoke and Honey"),
            club.book("Pinocchio", "Tar and Juniper"),
            club.book("Pinocchio", "Birch and Rye"),
            club.book("Sindbad", "Mint Sunrise"),
        ],
    )


def plans_change(club: Club) -> Chapter:
    ((notice,),) = club.stage.sql("SELECT gus_cancel_notice FROM settings")
    return Chapter(
        "Plans change",
        f"A booking can be cancelled more than {hours(notice)} before the start. What was paid comes back, once.",
        DEEDS,
        [
            club.cancel("Sindbad", "Forest Steam", booked_by="Momo"),
            club.cancel("Momo", "Forest Steam"),
            club.cancel("Momo", "Forest Steam"),
            club.book("Sindbad", "Forest Steam"),
            club.cancel("Pinocchio", "Smoke and Honey"),
            club.uninvite("Figaro", "Mint Sunrise"),
            club.release("Figaro", "Mint Sunrise"),
        ],
    )


def the_admin_steps_in(club: Club) -> Chapter:
    return Chapter(
        "The admin steps in",
        "Points have their reasons on record and never fall below zero; a session called off repays its bookings.",
        DEEDS[:3],
        [
            deed[:3]
            for deed in (
                club.adjust(ADMIN, "Dorothy", 75, "swept the chimney"),
                club.adjust(ADMIN, "Pinocchio", -75, "told a lie"),
                club.adjust("Pinocchio", "Pinocchio", 1000, "was very good"),
                club.call_off(ADMIN, "Tar and Juniper", "no wood"),
                club.call_off(ADMIN, "Tar and Juniper", "no wood"),
                club.book("Momo", "Tar and Juniper"),
            )
        ],
    )


def fifty_gnomes_want_one_spot(club: Club) -> Chapter:
    club.hire(GNOMES)
    outcomes = race(club, "Grand Steam")
    waited = [seconds for answer, seconds in outcomes if isinstance(answer, Refused)]
    slowest = f"{max(waited, default=0) * 1000:.0f} ms"
    ((booked,),) = club.stage.sql(
        "SELECT count(*) FROM gusmester_bookings WHERE session_id = %s AND status = 'active'",
        (club.session("Grand Steam"),),
    )
    score = sorted(Counter(answer for answer, _ in outcomes).items(), key=lambda answer: answer[1])
    return Chapter(
        f"{len(GNOMES)} gnomes want one spot",
        "Each on a connection of its own, all at the same moment.",
        ("gnomes", ""),
        [(gnomes, answer) for answer, gnomes in score],
        f"{booked} booked, {len(waited)} refused politely; the slowest loser had waited {slowest}.",
    )


def race(club: Club, session: str) -> list[tuple[Done | Refused, float]]:
    """Let every gnome book the session's spot at once; return how it went and how long each one waited."""
    session_id = club.session(session)
    start = Barrier(len(GNOMES), timeout=30)

    def run(gnome: str) -> tuple[Done | Refused, float]:
        with club.stage.another_connection() as database:
            user = club.acting(gnome, database)
            user.call("available_guest_spots")
            start.wait()
            started = time.perf_counter()
            try:
                user.call("book_gusmester_spot", session_id=session_id)
                answer: Done | Refused = Done("booked")
            except BookingError as refusal:
                answer = Refused(refusal.reason, refusal.message)
            return answer, time.perf_counter() - started

    with ThreadPoolExecutor(len(GNOMES)) as threads:
        return list(threads.map(run, GNOMES))


def tell_everybody(club: Club) -> Chapter:
    return Chapter(
        "Everybody is told",
        "Notifications were queued in the transaction of what they tell of, so a refusal tells nobody anything.",
        ("notification", "queued"),
        club.stage.sql("SELECT type, count(*) FROM notifications GROUP BY type ORDER BY type"),
    )


def the_week_in_numbers(club: Club, began: datetime) -> Chapter:
    stats = club.stage.service.call("booking_stats", from_=began, to=datetime.now(UTC) + timedelta(minutes=1))
    return Chapter(
        "The week in numbers",
        "Effects are counted from the audit log. Refusals count too, although each took back all it had done.",
        ("module", "metric", "value"),
        [(row["module"], row["metric"], int(row["value"])) for row in stats if row["value"]],
    )


def points_reconcile(club: Club) -> Chapter:
    return Chapter(
        "Points reconcile",
        "What everybody has is the sum of their history, which is only ever added to.",
        ("employee", "points", "sum of history", "entries", "agrees"),
        club.stage.sql(
            """
            WITH account AS (
                SELECT e.name = ANY (%(gnomes)s) AS is_gnome, e.name, e.points,
                       (SELECT sum(h.amount) FROM employee_points_history h WHERE h.employee_id = e.id) AS history,
                       (SELECT count(*) FROM employee_points_history h WHERE h.employee_id = e.id) AS entries
                  FROM employees e)
            SELECT CASE WHEN is_gnome THEN count(*) || ' gnomes' ELSE min(name) END,
                   sum(points)::int, sum(history)::int, sum(entries)::int, bool_and(points = history)
              FROM account
             GROUP BY is_gnome, CASE WHEN NOT is_gnome THEN name END
             ORDER BY is_gnome, min(name)
            """,
            {"gnomes": list(GNOMES)},
        ),
    )


def hours(notice: timedelta) -> str:
    return f"{notice // timedelta(hours=1)} hours"
