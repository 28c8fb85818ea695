"""A sauna club's application: the office plans sessions, the kiosk in the lobby books guest spots.

The office is a script like a cron job, on one connection; the kiosk serves many people at once, on a pool. Run it with
BOOKINGDB_DSN naming a database that `bookingdb migrate` has prepared.
"""

import asyncio
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
from psycopg_pool import AsyncConnectionPool

import bookingdb
from bookingdb.functions import AvailableGuestSpotsRow


@dataclass(frozen=True)
class Member:
    """Somebody of the club: their login and their row in the table of employees."""

    login: UUID
    employee: UUID


class Office:
    """Hires people and plans sessions, as the service."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    def hire(self, name: str, email: str) -> Member:
        """Employees are master data, which the service writes itself."""
        login, employee = uuid4(), uuid4()
        with psycopg.connect(self._dsn) as connection:
            connection.execute(
                "INSERT INTO bookingdb.employees (id, user_id, name, email) VALUES (%s, %s, %s, %s)",
                (employee, login, name, email),
            )
        return Member(login, employee)

    def plan(self, name: str, starts_at: datetime, host: Member) -> UUID:
        """Make a session whose guest spot its host has released already: both or neither."""
        with psycopg.connect(self._dsn) as connection:
            db = bookingdb.connect(connection)
            session = db.create_gus_session(name, starts_at, 60, host_employee_ids=[host.employee])
            released = db.as_user(host.login).release_guest_spot(session.session_id)
        print(f"{name}: the host has {released.new_points} points now")
        return session.session_id

    def close_the_day(self) -> bool:
        """Tell whether every invariant holds."""
        with bookingdb.connect(self._dsn) as db:
            for broken in db.verify_invariants():
                print(broken.invariant, broken.entity, broken.entity_id, broken.details)
                return False
        return True


class Kiosk:
    """Books for whoever stands before it, as that person."""

    def __init__(self, db: bookingdb.AsyncDatabase) -> None:
        self._db = db

    async def offers(self, member: Member) -> list[str]:
        """Return what the member could book now."""
        spots = await self._db.as_user(member.login).available_guest_spots()
        return [describe(spot) for spot in spots if spot.can_afford]

    async def book(self, member: Member, session_id: UUID, tap: str) -> str:
        """Book once however often the screen is tapped, and say in words how it went."""
        try:
            booked = await self._db.as_user(member.login).book_gusmester_spot(session_id, idempotency_key=tap)
        except bookingdb.InsufficientPoints as refusal:
            return f"that costs {refusal.context['required']}, you have {refusal.context['available']}"
        except bookingdb.BookingError as refusal:
            return refusal.message
        return f"booked, {booked.new_points} points left"


def describe(spot: AvailableGuestSpotsRow) -> str:
    """Return a line for the screen."""
    place = f" in {spot.location}" if spot.location else ""
    return f"{spot.name}{place} with {spot.host_name}: {spot.point_cost} points"


async def evening(dsn: str, session_id: UUID, members: list[Member]) -> None:
    """Everybody wants the same spot, and taps twice."""
    async with AsyncConnectionPool(dsn, open=False, max_size=4, kwargs={"autocommit": True}) as pool:
        kiosk = Kiosk(await bookingdb.aconnect(pool))
        print("Offered:", *await kiosk.offers(members[0]), sep="\n  ")
        taps = [(member, f"tap of {member.employee}") for member in members for _ in range(2)]
        answers = await asyncio.gather(*(kiosk.book(member, session_id, tap) for member, tap in taps))
    for answer in sorted(answers):
        print(f"  {answer}")


def main() -> None:
    """Run a day of the club."""
    dsn = os.environ["BOOKINGDB_DSN"]
    office = Office(dsn)
    host = office.hire("Heidi", "heidi@club.example")
    members = [office.hire(name, f"{name.lower()}@club.example") for name in ("Momo", "Alice", "Sindbad")]
    session_id = office.plan("Forest Steam", datetime.now(UTC) + timedelta(days=2), host)
    asyncio.run(evening(dsn, session_id, members))
    print("Every invariant holds" if office.close_the_day() else "Something is broken")


if __name__ == "__main__":
    main()
