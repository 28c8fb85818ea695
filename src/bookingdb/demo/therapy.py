"""A week in Baker Street: a therapist's hours are offered, held, booked, fought over, moved and given back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier

from bookingdb.demo._baker_street import LONDON, BakerStreet, Deed
from bookingdb.demo._shared import Chapter, Done, Refused, Stage, attempt

CREDITS = {"Watson": 0, "Adler": 0, "Holmes": 3, "Mrs Hudson": 2, "Mycroft": 3, "Lestrade": 1, "Moriarty": 0}
"""Therapists and clients, and the credits they begin with."""

DEEDS = ("who", "does", "", "credits")


def week(stage: Stage) -> Iterator[Chapter]:
    """Play the week; each chapter is told when it has happened."""
    street = BakerStreet(stage)
    yield therapists_say_when_they_work(street)
    yield the_clocks_change(street)
    yield clients_book(street)
    yield one_credit_two_bookings(street)
    yield plans_change(street)
    yield reminders_move(street)
    yield a_day_off(street)
    yield the_credits_add_up(street)


def therapists_say_when_they_work(street: BakerStreet) -> Chapter:
    street.settle(CREDITS)
    street.open_practice("Watson", buffer_minutes=15)
    street.open_practice("Adler")
    return Chapter(
        "Therapists say when they work",
        "Week by week, in their own time zone. Watson leaves a quarter of an hour between two sessions.",
        DEEDS[:3],
        [
            street.work("Watson", {"Mon-Fri": ["09:00-12:30", "14:00-17:00"]}),
            street.work("Adler", {"Tue": ["14:00-18:00"], "Sun": ["00:00-04:00"]}),
            street.work("Holmes", {"Mon": ["09:00-12:00"]}),
            street.work("Watson", {"Mon": ["09:00-25:00"]}),
        ],
    )


def the_clocks_change(street: BakerStreet) -> Chapter:
    forward, back = clock_changes(street)
    return Chapter(
        "The clocks change",
        "Adler works on Sundays from 0:00 to 4:00. No skipped hour can be booked, and of a repeated one the first.",
        ("Sunday", "her hours in London", "the same in UTC", "Mycroft books 01:00"),
        [
            a_sunday(street, "clocks go forward", forward),
            a_sunday(street, "a week later", forward + timedelta(days=7)),
            a_sunday(street, "clocks go back", back),
        ],
    )


def clock_changes(street: BakerStreet) -> tuple[date, date]:
    """Return the next days of 23 and of 25 hours in London, as PostgreSQL knows them."""
    days = street.stage.sql(
        """
        SELECT DISTINCT ON (length) day
          FROM (SELECT day::date, (day + interval '1 day') AT TIME ZONE %(zone)s - day AT TIME ZONE %(zone)s AS length
                  FROM generate_series(%(from)s::timestamp, %(from)s + interval '400 days', '1 day') AS day) d
         WHERE length <> interval '24 hours'
         ORDER BY length, day
        """,
        {"zone": LONDON, "from": street.monday},
    )
    (forward,), (back,) = days
    return forward, back


def a_sunday(street: BakerStreet, name: str, day: date) -> tuple[str, str, str, Done | Refused]:
    start = street.local(day, time())
    slots = street.slots("Adler", start, start + timedelta(hours=6))
    went = attempt(
        lambda: street.booking(street.acting("Mycroft"), street.person("Adler"), day, time(1)), "{starts_at}"
    )
    if isinstance(went, Done):
        went = Done(f"booked: {clock(datetime.fromisoformat(went.text))} UTC")
    return (
        name,
        " ".join(f"{slot.start_time:%H:%M}" for slot in slots),
        " ".join(clock(slot.starts_at) for slot in slots),
        went,
    )


def clock(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%H:%M}"


def clients_book(street: BakerStreet) -> Chapter:
    return Chapter(
        "Clients book",
        "Held time is the holder's to book. A booking needs time that Watson works, that both have, and a credit.",
        DEEDS,
        [
            street.hold("Mrs Hudson", "Watson", "Mon", time(10)),
            street.book("Holmes", "Watson", "Mon", time(10)),
            street.book("Mrs Hudson", "Watson", "Mon", time(10), key="k1"),
            street.book("Mrs Hudson", "Watson", "Mon", time(10), key="k1"),
            street.book("Holmes", "Watson", "Mon", time(11)),
            street.book("Holmes", "Watson", "Mon", time(11, 15)),
            street.book("Holmes", "Watson", "Mon", time(13)),
            street.book("Watson", "Watson", "Mon", time(14)),
            street.book("Moriarty", "Watson", "Mon", time(14)),
        ],
    )


def one_credit_two_bookings(street: BakerStreet) -> Chapter:
    answers = race(street, "Lestrade", ("Watson", "Tue", time(9)), ("Adler", "Tue", time(14)))
    sessions = street.acting("Lestrade").my_sessions()
    return Chapter(
        "One credit, two bookings",
        "Lestrade has one credit and books Watson and Adler, on two connections at the same moment.",
        ("bookings", ""),
        [(1, answer) for answer in sorted(answers, key=lambda answer: isinstance(answer, Refused))],
        f"He has {len(sessions)} session now, and {street.has('Lestrade')} credits.",
    )


def race(street: BakerStreet, client: str, *wishes: tuple[str, str, time]) -> list[Done | Refused]:
    """Let a client book several hours at once; return how each one went."""
    start = Barrier(len(wishes), timeout=30)

    def run(wish: tuple[str, str, time]) -> Done | Refused:
        therapist, weekday, at = wish
        with street.stage.another_connection() as database:
            user, whom = street.acting(client, database), street.person(therapist)
            user.my_sessions()
            start.wait()
            return attempt(lambda: street.booking(user, whom, street.day(weekday), at), "booked, paid {credit_cost}")

    with ThreadPoolExecutor(len(wishes)) as threads:
        return list(threads.map(run, wishes))


def plans_change(street: BakerStreet) -> Chapter:
    ((notice,),) = street.stage.sql("SELECT session_cancel_notice FROM settings")
    hours = f"{notice // timedelta(hours=1)} hours"
    deeds: list[Deed] = [
        street.cancel("Holmes", "Holmes", "Watson"),
        street.cancel("Holmes", "Holmes", "Watson"),
        street.move("Mrs Hudson", "Watson", "Wed", time(8)),
        street.move("Mrs Hudson", "Watson", "Wed", time(15)),
        street.open_now("Watson"),
        street.book_soon("Holmes", "Watson"),
        street.move("Holmes", "Watson", "Thu", time(9)),
        street.cancel("Holmes", "Holmes", "Watson"),
    ]
    return Chapter(
        "Plans change",
        f"More than {hours} before the start a client moves a session, or cancels it and has the credit back.",
        DEEDS,
        deeds,
    )


def reminders_move(street: BakerStreet) -> Chapter:
    return Chapter(
        "Reminders move along",
        "Those of Mrs Hudson's session: the ones for Monday will never be sent, Wednesday's are queued.",
        ("reminder", "before the session of", "is"),
        street.stage.sql(
            """
            SELECT n.type, to_char((n.payload ->> 'starts_at')::timestamptz AT TIME ZONE %s, 'FMDay HH24:MI'), n.status
              FROM notifications n
             WHERE n.session_id = %s AND n.type LIKE 'booking\\_reminder%%'
             ORDER BY (n.payload ->> 'starts_at')::timestamptz, n.due_at
            """,
            (LONDON, street.session("Mrs Hudson", "Watson")),
        ),
    )


def a_day_off(street: BakerStreet) -> Chapter:
    off = street.take_off("Watson", "Wed")
    refused = street.book("Holmes", "Watson", "Wed", time(10))
    called_off = street.cancel("Watson", "Mrs Hudson", "Watson")
    wednesday = street.local(street.day("Wed"), time())
    slots = street.slots("Watson", wednesday, wednesday + timedelta(days=1))
    return Chapter(
        "A day off",
        "Time off names the sessions in it and leaves them. What the therapist cancels is always given back.",
        DEEDS,
        [off, refused, called_off],
        f"Mrs Hudson has {street.has('Mrs Hudson')} credits again; Watson offers {len(slots)} hours on Wednesday.",
    )


def the_credits_add_up(street: BakerStreet) -> Chapter:
    return Chapter(
        "The credits add up",
        "Every session that was not given back has cost one credit, and no other has.",
        ("client", "bought", "paid", "came back", "credits", "sessions", "agrees"),
        street.stage.sql(
            """
            WITH account AS (
                SELECT p.full_name, c.balance,
                       sum(t.amount) FILTER (WHERE t.transaction_type = 'credit_purchase') AS bought,
                       coalesce(-sum(t.amount) FILTER (WHERE t.transaction_type = 'session_payment'), 0) AS paid,
                       coalesce(sum(t.amount) FILTER (WHERE t.transaction_type = 'refund'), 0) AS returned,
                       (SELECT count(*) FROM client_sessions s
                         WHERE s.client_id = p.user_id
                           AND NOT EXISTS (SELECT FROM credit_transactions r
                                            WHERE r.session_id = s.id AND r.transaction_type = 'refund')) AS kept
                  FROM profiles p
                  JOIN credits c ON c.user_id = p.user_id
                  JOIN credit_transactions t ON t.user_id = p.user_id
                 WHERE p.full_name = ANY (%s)
                 GROUP BY p.user_id, c.balance)
            SELECT full_name, bought::int, paid::int, returned::int, balance::int, kept,
                   balance = bought - paid + returned AND paid - returned = kept
              FROM account
             WHERE bought > 0
             ORDER BY full_name
            """,
            (list(CREDITS),),
        ),
    )
