"""A studio whose clients all have a membership that covers every class: who finds a place gets it."""

from itertools import count
from uuid import UUID

import psycopg

from bench.club import FIRST
from bench.server import OWNER
from bookingdb.server import Server

CLIENT = "00000000-0000-7000-d000-"
ORGANIZATION = UUID("00000000-0000-7000-e000-000000000000")


def client_id(number: int) -> UUID:
    """Return the id of the client with this number."""
    return UUID(f"{CLIENT}{FIRST + number}")


class Studio:
    """The studio of one database, and a table with nothing but places beside it."""

    def __init__(self, server: Server, dbname: str, clients: int) -> None:
        self._conninfo = server.conninfo(dbname, options="-csearch_path=bookingdb,pg_temp")
        self._clients = clients
        self._promised = 0
        self._bare = count()
        numbers = {"organization": ORGANIZATION, "client": CLIENT, "first": FIRST, "clients": clients}
        with psycopg.connect(self._conninfo) as connection:
            # Without triggers and foreign-key checks; check() judges the result at the end.
            connection.execute("SET session_replication_role = replica")
            for statement in _STUDIO:
                connection.execute(statement, numbers)
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    def new_class(self, capacity: int, booked: int) -> UUID:
        """Make a class of which so many places will be booked; return its id."""
        self._promised += booked
        with psycopg.connect(self._conninfo) as connection:
            ((class_session_id,),) = connection.execute(_CLASS, [ORGANIZATION, capacity]).fetchall()
        return UUID(str(class_session_id))

    def new_full_class(self) -> UUID:
        """Make a class whose one place somebody has who books nothing else; return its id."""
        class_session_id = self.new_class(1, 1)
        with psycopg.connect(self._conninfo) as connection:
            connection.execute(_BOOK, [ORGANIZATION, class_session_id, client_id(self._clients)])
        return class_session_id

    def new_bare_class(self, capacity: int) -> int:
        """Make a row that has nothing but places; return its number."""
        number = next(self._bare)
        with psycopg.connect(self._conninfo) as connection:
            connection.execute("INSERT INTO public.bare_classes VALUES (%s, %s, 0)", [number, capacity])
        return number

    def check(self) -> None:
        """Raise an error if something was not booked or a rule was broken: then the figures would mean nothing."""
        with psycopg.connect(self._conninfo) as connection:
            ((booked, broken),) = connection.execute(_OUTCOME).fetchall()
        if booked != self._promised or broken:
            raise RuntimeError(f"{booked} of {self._promised} places were booked, {broken} invariants are broken")


_STUDIO = (
    "INSERT INTO organizations (id, name, slug, timezone) VALUES (%(organization)s, 'Studio', 'studio', 'Europe/Oslo')",
    """
    INSERT INTO clients (id, organization_id, person_id, user_id, name, email)
    SELECT id, %(organization)s, id, id, 'Client ' || n, id || '@studio.example'
      FROM generate_series(0, %(clients)s) AS n, CAST(%(client)s::text || %(first)s + n AS uuid) AS id
    """,
    """
    INSERT INTO memberships (organization_id, client_id, person_id, name, class_limit, starts_on)
    SELECT organization_id, id, person_id, 'A thousand a month', 1000, '2026-01-01' FROM clients
    """,
    "CREATE TABLE public.bare_classes (id bigint PRIMARY KEY, capacity integer NOT NULL, taken integer NOT NULL)",
    f"GRANT SELECT, UPDATE ON public.bare_classes TO {OWNER}",
)
_CLASS = """
    INSERT INTO class_sessions (organization_id, name, starts_at, duration_minutes, capacity)
    VALUES (%s, 'Yoga', now() + interval '10 days', 60, %s) RETURNING id
"""
_BOOK = "SELECT create_class_booking(%s, %s, %s, 'client')"
_OUTCOME = """
    SELECT (SELECT count(*) FROM bookings WHERE booking_status = 'confirmed'),
           (SELECT count(*) FROM verify_invariants())
"""
