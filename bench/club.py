"""A club with released spots in plenty: every call of the benchmark is a booking that succeeds."""

from uuid import UUID

import psycopg

from bookingdb.server import Server

FIRST = 100_000_000_000  # twelve digits, the last part of an id, so that pgbench can reckon ids
SPOT = "00000000-0000-7000-8000-"
EMPLOYEE = "00000000-0000-7000-9000-"
HOST = "00000000-0000-7000-a000-"
HOSTS = 50


def session_id(number: int) -> UUID:
    """Return the id of the session with this number."""
    return UUID(f"{SPOT}{FIRST + number}")


def employee_id(number: int) -> UUID:
    """Return the id of the employee with this number."""
    return UUID(f"{EMPLOYEE}{FIRST + number}")


class Club:
    """The employees and sessions of one database, which only ever grow."""

    def __init__(self, server: Server, dbname: str, employees: int) -> None:
        self.employees = employees
        self._conninfo = server.conninfo(dbname, options="-csearch_path=bookingdb,pg_temp")
        self._prepared = 0
        self._taken = 0
        with psycopg.connect(self._conninfo) as connection:
            for prefix, count in ((EMPLOYEE, employees), (HOST, HOSTS)):
                connection.execute(_EMPLOYEES, {"prefix": prefix, "first": FIRST, "count": count})

    def prepare(self, count: int, *, analyze: bool = True) -> None:
        """Add sessions whose spots are released, as commands would leave them but much faster."""
        numbers = {"from": self._prepared, "to": self._prepared + count - 1, "first": FIRST, "hosts": HOSTS}
        with psycopg.connect(self._conninfo) as connection:
            # Without triggers and foreign-key checks; check() judges the result at the end.
            connection.execute("SET session_replication_role = replica")
            for statement in _RELEASED_SPOTS:
                connection.execute(statement, numbers | {"spot": SPOT, "host": HOST})
        self._prepared += count
        if analyze:
            with psycopg.connect(self._conninfo, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")

    def take(self, count: int = 1) -> int:
        """Return the number of the first of so many spots that nobody else is given: they are for booking."""
        first = self._taken
        self._taken += count
        if self._taken > self._prepared:
            raise RuntimeError(f"{self._taken} spots are wanted and {self._prepared} prepared")
        return first

    def check(self) -> None:
        """Raise an error if something was not booked or a rule was broken: then the figures would mean nothing."""
        with psycopg.connect(self._conninfo) as connection:
            ((booked, broken),) = connection.execute(_OUTCOME).fetchall()
        if booked != self._taken or broken:
            raise RuntimeError(f"{booked} of {self._taken} spots were booked, {broken} invariants are broken")


_EMPLOYEES = """
    INSERT INTO employees (id, user_id, name, email, points)
    SELECT id, id, 'Employee ' || n, id || '@club.example', 1000000000
      FROM generate_series(0, %(count)s - 1) AS n, CAST(%(prefix)s::text || %(first)s + n AS uuid) AS id
"""
_RELEASED_SPOTS = (
    """
    INSERT INTO sessions (id, name, starts_at, duration_minutes)
    SELECT (%(spot)s::text || %(first)s + n)::uuid, 'Evening steam', now() + interval '2 days', 60
      FROM generate_series(%(from)s::bigint, %(to)s) AS n
    """,
    """
    INSERT INTO session_employees (session_id, employee_id)
    SELECT (%(spot)s::text || %(first)s + n)::uuid, (%(host)s::text || %(first)s + n %% %(hosts)s)::uuid
      FROM generate_series(%(from)s::bigint, %(to)s) AS n
    """,
    """
    INSERT INTO guest_spots (id, session_id, host_employee_id)
    SELECT _new_id(), a.session_id, a.employee_id
      FROM generate_series(%(from)s::bigint, %(to)s) AS n
      JOIN session_employees a ON a.session_id = (%(spot)s::text || %(first)s + n)::uuid
    """,
    """
    UPDATE guest_spots
       SET status = 'released_to_public', released_by = host_employee_id, released_at = now()
     WHERE status = 'reserved_for_host'
    """,
)
_OUTCOME = """
    SELECT (SELECT count(*) FROM gusmester_bookings WHERE status = 'active'), (SELECT count(*) FROM verify_invariants())
"""
