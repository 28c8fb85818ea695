"""A studio's week: few places, memberships and packages, a waitlist, a widget, and a neighbour who is curious."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, cast
from uuid import UUID

from bookingdb.client import ActingUser
from bookingdb.demo._shared import Chapter, Done, Refused, Stage, attempt
from bookingdb.demo._studio import Studio, address

LAKE, CASTLE = "swan-lake", "owl-castle"
BARRES = tuple(f"Barre {n}" for n in range(1, 6))
SWANS = tuple(f"Swan {n}" for n in range(1, 41))
DEEDS = ("who", "does", "")
CONNECTIONS = 10


def week(stage: Stage) -> Iterator[Chapter]:
    """Play the week; each chapter is told when it has happened."""
    studio = Studio(stage)
    yield the_studio_opens(studio)
    yield four_a_month(studio)
    yield ways_to_pay(studio)
    yield a_place_comes_free(studio)
    yield by_the_widget(studio)
    yield a_lead_becomes_a_client(studio)
    yield forty_swans(studio)
    yield a_class_is_cancelled(studio)
    yield the_neighbour(studio)
    yield uses_add_up(studio)


def the_studio_opens(studio: Studio) -> Chapter:
    studio.found("Swan Lake", LAKE, "Odette")
    studio.found("Owl Castle", CASTLE, "Rothbart")
    studio.welcome(LAKE, "Giselle", "Albrecht", "Clara", "Aurora", *SWANS)
    return Chapter(
        "The studio opens",
        "Odette plans her classes and sells what pays for them. She may: she owns the studio.",
        DEEDS,
        [
            *(studio.plan("Odette", LAKE, name, n, 10) for n, name in enumerate(BARRES, start=3)),
            studio.plan("Odette", LAKE, "Pas de deux", 10, 1),
            studio.plan("Odette", LAKE, "Open day", 11, 20, is_free=True),
            studio.plan("Odette", LAKE, "Dance of the swans", 12, 4, is_free=True),
            studio.sell("Odette", "Giselle", "membership", "Four a month", class_limit=4),
            studio.sell("Odette", "Albrecht", "package", "Five classes", classes_total=5),
            studio.sell("Odette", "Aurora", "package", "Two classes", classes_total=2),
        ],
    )


def four_a_month(studio: Studio) -> Chapter:
    return Chapter(
        "Four a month",
        "The fifth class of a month is one too many, until one is cancelled in time.",
        DEEDS,
        [
            *(studio.book("Giselle", LAKE, name) for name in BARRES),
            studio.cancel("Giselle", "Barre 2"),
            studio.book("Giselle", LAKE, "Barre 5"),
            studio.book("Giselle", LAKE, "Barre 5"),
        ],
    )


def ways_to_pay(studio: Studio) -> Chapter:
    saved = studio.deed(
        "Odette",
        "writes down Franz",
        lambda user: user.call(
            "save_lead", organization_id=studio.organization(LAKE), name="Franz", email=address("Franz")
        ),
        "a lead",
    )
    return Chapter(
        "Ways to pay",
        "What covers a booking pays for it: a membership, a package, a class that is free. A card is paid later.",
        DEEDS,
        [
            studio.book("Albrecht", LAKE, "Barre 1"),
            studio.book("Clara", LAKE, "Barre 1"),
            studio.book("Clara", LAKE, "Barre 1", "card"),
            studio.book("Clara", LAKE, "Open day"),
            studio.book("Clara", LAKE, "Barre 3", "cash"),
            saved,
            studio.book("Odette", LAKE, "Barre 1", "cash", for_lead="Franz"),
        ],
    )


def a_place_comes_free(studio: Studio) -> Chapter:
    return Chapter(
        "A place comes free",
        "Who cancels makes room for the first in line whom something covers. Clara has nothing; Aurora has a package.",
        DEEDS,
        [
            studio.wait("Clara", LAKE, "Pas de deux"),
            studio.book("Albrecht", LAKE, "Pas de deux"),
            studio.book("Aurora", LAKE, "Pas de deux"),
            studio.wait("Clara", LAKE, "Pas de deux"),
            studio.wait("Aurora", LAKE, "Pas de deux"),
            studio.wait("Aurora", LAKE, "Pas de deux"),
            studio.cancel("Albrecht", "Pas de deux"),
        ],
    )


def by_the_widget(studio: Studio) -> Chapter:
    visits = [
        studio.visit(LAKE, "Open day", "Coppelia"),
        studio.visit(LAKE, "Open day", "Coppelia"),
        studio.visit(LAKE, "Open day", "Giselle"),
        studio.visit(LAKE, "Pas de deux", "Coppelia"),
    ]
    ((leads, bookings),) = studio.stage.sql(
        "SELECT count(DISTINCT l.id), count(*) FROM leads l JOIN bookings b ON b.customer_id = l.id WHERE l.name = %s",
        ("Coppelia",),
    )
    return Chapter(
        "By the widget",
        "Anybody may book, and learns nothing about anybody: a stranger, a client and a repeat are answered alike.",
        DEEDS,
        visits,
        f"Coppelia came twice: {leads} lead, {bookings} booking. Giselle's membership was not touched.",
    )


def a_lead_becomes_a_client(studio: Studio) -> Chapter:
    lead = studio.lead("Coppelia")
    converted = studio.deed(
        "Odette",
        "makes Coppelia a client",
        lambda user: user.call("convert_lead_to_client", lead_id=lead),
        "with all that was hers",
    )
    studio.stage.sql("UPDATE clients SET user_id = %s WHERE name = %s", (studio.sign_up("Coppelia"), "Coppelia"))
    return Chapter(
        "A lead becomes a client",
        "The client and the lead are one person. What the lead has booked, the client has.",
        DEEDS,
        [converted, studio.book("Coppelia", LAKE, "Open day"), studio.cancel("Coppelia", "Open day")],
    )


def forty_swans(studio: Studio) -> Chapter:
    answers = Counter(race(studio, "Dance of the swans"))
    ((taken, capacity),) = studio.stage.sql(
        "SELECT taken, capacity FROM class_sessions WHERE id = %s", (studio.klass("Dance of the swans"),)
    )
    return Chapter(
        "Forty swans",
        f"{len(SWANS)} swans want to be one of the four little ones, on {CONNECTIONS} connections at once.",
        ("swans", ""),
        [(count, answer) for answer, count in sorted(answers.items(), key=lambda item: item[1])],
        f"{taken} of {capacity} places are taken.",
    )


def race(studio: Studio, klass: str) -> list[Done | Refused]:
    """Let all swans book a class at once; return how every booking went."""
    organization_id, class_session_id = studio.organization(LAKE), studio.klass(klass)
    start = Barrier(CONNECTIONS, timeout=30)

    def run(names: tuple[str, ...]) -> list[Done | Refused]:
        people = [(name, studio.client(name)) for name in names]
        with studio.stage.another_connection() as database:
            swans = [(studio.acting(name, database), client_id) for name, client_id in people]
            swans[0][0].call("caller_id")
            start.wait()
            return [book(user, client_id) for user, client_id in swans]

    def book(user: ActingUser, client_id: UUID) -> Done | Refused:
        return attempt(
            lambda: user.call(
                "create_class_booking",
                organization_id=organization_id,
                class_session_id=class_session_id,
                customer_id=client_id,
                customer_type="client",
            ),
            "booked",
        )

    lines = [SWANS[n::CONNECTIONS] for n in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        return [answer for answers in threads.map(run, lines) for answer in answers]


def a_class_is_cancelled(studio: Studio) -> Chapter:
    class_session_id = studio.klass("Barre 1")
    cancelled = studio.deed(
        "Odette",
        "cancels Barre 1",
        lambda user: user.call("cancel_class_session", class_session_id=class_session_id, reason="The floor is wet"),
        "{bookings_cancelled} bookings, {uses_returned} uses given back",
    )
    ((told,),) = studio.stage.sql(
        "SELECT count(*) FROM notifications WHERE type = 'class_cancelled' AND session_id = %s", (class_session_id,)
    )
    return Chapter(
        "A class is cancelled",
        "Everything is given back and everybody told, those without a login at their address.",
        DEEDS,
        [cancelled, studio.book("Giselle", LAKE, "Barre 2"), studio.book("Giselle", LAKE, "Barre 1")],
        f"{told} people are told.",
    )


def the_neighbour(studio: Studio) -> Chapter:
    klass, lead, booking = studio.klass("Barre 3"), studio.lead("Franz"), studio.booking("Giselle", "Barre 3")
    lake, clara, rothbart = studio.organization(LAKE), studio.client("Clara"), studio.acting("Rothbart").user_id
    tries: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("asks who is in Barre 3", "class_roster", {"class_session_id": klass}),
        ("cancels Giselle's booking", "cancel_class_booking", {"booking_id": booking}),
        ("says that Giselle was there", "check_in_booking", {"booking_id": booking}),
        ("makes Franz a client", "convert_lead_to_client", {"lead_id": lead}),
        (
            "gives Clara a membership",
            "create_membership",
            {"organization_id": lake, "customer_id": clara, "customer_type": "client", "name": "Night"},
        ),
        (
            "makes himself an owner",
            "set_organization_role",
            {"organization_id": lake, "user_id": rothbart, "role": "owner"},
        ),
    )
    return Chapter(
        "The neighbour",
        "Rothbart owns the studio next door. Here he is nobody.",
        DEEDS,
        [studio.deed("Rothbart", does, calling(function, parameters), "done") for does, function, parameters in tries],
    )


def calling(function: str, parameters: dict[str, object]) -> Callable[[ActingUser], dict[str, Any]]:
    """Return a call of a function, for anybody to make."""
    return lambda user: cast(dict[str, Any], user.call(function, **parameters))


def uses_add_up(studio: Studio) -> Chapter:
    rows = studio.stage.sql(
        """
        SELECT c.name, m.name, m.class_limit, count(u.id) FILTER (WHERE u.returned_at IS NULL),
               count(u.id) FILTER (WHERE u.returned_at IS NOT NULL)
          FROM memberships m
          JOIN clients c ON c.id = m.client_id
          LEFT JOIN membership_usage u ON u.membership_id = m.id
         GROUP BY c.name, m.name, m.class_limit
         UNION ALL
        SELECT c.name, k.name, k.classes_total, k.classes_used, count(u.id) FILTER (WHERE u.returned_at IS NOT NULL)
          FROM packages k
          JOIN clients c ON c.id = k.client_id
          LEFT JOIN package_usage u ON u.package_id = k.id
         GROUP BY c.name, k.name, k.classes_total, k.classes_used
         ORDER BY 1
        """
    )
    return Chapter(
        "Uses add up",
        "What was used and not given back is what is booked.",
        ("client", "has", "classes", "used", "given back"),
        rows,
    )
