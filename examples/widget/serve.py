"""Tries the widget: a throw-away database with a studio in it, and an endpoint that does what PostgREST does.

    python examples/widget/serve.py

It is for one's own machine. In earnest the page lies on any web server and PostgREST or Supabase answers it.
"""

import json
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bookingdb.deploy import migrate
from bookingdb.server import launch

PAGE = Path(__file__).with_name("index.html")
SCHEMA = "bookingdb"
KEY = "anon"
LONGEST = 100_000  # bytes of a request
ADDRESS = "127.0.0.1"
STATUS = {"42501": 401, "42883": 404, "08": 503, "53": 503, "40": 500, "55": 500, "57": 500, "XX": 500}

Answer = tuple[int, Any]
"""An HTTP status, and what is sent as JSON."""


class Endpoint:
    """Calls functions of the database as somebody who is not signed in: what the role anon may not do is not done."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = make_conninfo(conninfo, options=f"-csearch_path={SCHEMA},pg_temp")

    def call(self, function: str, parameters: dict[str, Any], forwarded_for: str) -> Answer:
        """Call a function in a transaction of its own, with role, claims and headers where PostgREST has them."""
        if not all(map(str.isidentifier, [function, *parameters])):
            return 404, {"code": "PGRST202", "message": "No such function", "details": None, "hint": None}
        try:
            with psycopg.connect(self._conninfo) as connection:
                connection.execute(
                    "SELECT set_config('role', 'anon', true), set_config('request.jwt.claims', %s, true),"
                    " set_config('request.headers', %s, true)",
                    (json.dumps({"role": "anon"}), json.dumps({"x-forwarded-for": forwarded_for})),
                )
                is_query, statement = self._statement(connection, function, list(parameters))
                if is_query:
                    connection.execute("SET TRANSACTION READ ONLY")
                ((answer,),) = connection.execute(statement, list(parameters.values())).fetchall()
                return 200, answer
        except psycopg.Error as error:
            return refusal(error)

    @staticmethod
    def _statement(connection: psycopg.Connection, function: str, names: list[str]) -> tuple[bool, sql.Composed]:
        known = connection.execute(
            "SELECT provolatile = 's', proretset FROM pg_proc"
            " WHERE pronamespace = current_schema()::regnamespace AND proname = %s",
            (function,),
        ).fetchone()
        is_query, returns_rows = known or (False, False)
        call = sql.SQL("{}({})").format(
            sql.Identifier(SCHEMA, function),
            sql.SQL(", ").join(sql.SQL("{} => %s").format(sql.Identifier(name)) for name in names),
        )
        rows = sql.SQL("SELECT coalesce(json_agg(r), '[]') FROM {} AS r")
        return is_query, (rows if returns_rows else sql.SQL("SELECT {}")).format(call)


def refusal(error: psycopg.Error) -> Answer:
    """Say what the database says, with the status that PostgREST gives it."""
    said = error.diag
    return status(error), {
        "code": error.sqlstate,
        "message": said.message_primary or str(error),
        "details": said.message_detail,
        "hint": said.message_hint,
    }


def status(error: psycopg.Error) -> int:
    """Return the HTTP status of an error; 500 and above is what a client may try again."""
    code = error.sqlstate or ("08000" if isinstance(error, psycopg.OperationalError) else "22000")
    if code.startswith("PT"):
        return int(code[2:])
    return STATUS.get(code) or STATUS.get(code[:2], 400)


def read(body: bytes) -> dict[str, Any] | None:
    """Return a request's parameters, if that is what it is."""
    try:
        parameters = json.loads(body)
    except ValueError:
        return None
    return parameters if isinstance(parameters, dict) else None


def page(organization_id: UUID) -> str:
    """Return the widget with this server's settings in the place of its own."""
    before, settings, after = PAGE.read_text("utf-8").partition('<script type="application/json" id="settings">\n')
    mine = json.dumps({"url": "", "key": KEY, "organization": str(organization_id), "schema": SCHEMA})
    return before + settings + mine + "\n" + after[after.index("</script>") :]


class Handler(BaseHTTPRequestHandler):
    """Serves the page, and the endpoint beside it."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def __init__(self, endpoint: Endpoint, organization_id: UUID, *connection: Any) -> None:
        self._endpoint = endpoint
        self._organization_id = organization_id
        super().__init__(*connection)

    def do_GET(self) -> None:
        """Send the page."""
        if self.path.partition("?")[0] != "/":
            return self._send(404, "text/plain", "There is one page here, and it is /\n")
        return self._send(200, "text/html", page(self._organization_id))

    def do_POST(self) -> None:
        """Call a function."""
        status, answer = self._answer()
        self._send(status, "application/json", json.dumps(answer))

    def _answer(self) -> Answer:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LONGEST:
            self.close_connection = True  # what was not read would be taken for the next request
            return 413, {"message": f"Send at most {LONGEST} bytes, and say how many"}
        parameters = read(self.rfile.read(int(length)))
        if self.headers.get("apikey") != KEY:
            return 401, {"message": "No such API key"}
        if self.headers.get("Content-Profile") != SCHEMA:
            return 406, {"code": "PGRST106", "message": f"The schema must be {SCHEMA}"}
        if parameters is None:
            return 400, {"code": "PGRST102", "message": "The body must be a JSON object"}
        path, _, function = self.path.rpartition("/")
        if path != "/rpc":
            return 404, {"message": "Functions are called at /rpc/..."}
        # A proxy adds the address that it sees; what stands before it came from the caller.
        forwarded = [*self.headers.get_all("X-Forwarded-For", []), self.client_address[0]]
        return self._endpoint.call(function, parameters, ", ".join(forwarded))

    def _send(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *values: Any) -> None:
        """Say nothing of what went well, nor of who asked."""


def make_server(conninfo: str, organization_id: UUID, port: int = 0) -> ThreadingHTTPServer:
    """Return the server of an organization's widget, which listens and does not answer yet."""
    handler: Callable[..., Handler] = partial(Handler, Endpoint(conninfo), organization_id)
    return ThreadingHTTPServer((ADDRESS, port), handler)


def open_studio(conninfo: str) -> UUID:
    """Fill a database with a studio and two weeks of classes, and return the studio's id."""
    with psycopg.connect(conninfo, options=f"-csearch_path={SCHEMA},pg_temp") as connection:
        ((organization_id,),) = connection.execute(_STUDIO).fetchall()
        with connection.cursor() as cursor:
            cursor.executemany(_CLASSES, [(*timetable, organization_id) for timetable in TIMETABLE])
        connection.execute(_BUSY, {"organization": organization_id})
    return UUID(str(organization_id))


TIMETABLE = (
    ("Morning flow", "Tuva", "07:00", 60, 12, False, "0", [1, 3, 5]),
    ("Yin & stillness", None, "12:15", 45, 8, True, "0", [2, 4]),
    ("Strong", "Anneliese Hoffmann-Lindqvist", "18:30", 75, 14, False, "2 hours", [1, 2, 4]),
    ("Long Sunday <slow>", "Noor", "10:00", 120, 20, False, "12 hours", [7]),
)
"""Name, instructor, start, minutes, places, whether it is free, how long before it booking ends, weekdays."""
_STUDIO = """
    INSERT INTO organizations (name, slug, timezone, public_booking)
    VALUES ('Studio Fjord', 'studio-fjord', 'Europe/Oslo', true) RETURNING id
"""
_CLASSES = """
    INSERT INTO class_sessions (name, instructor_name, starts_at, duration_minutes, capacity, is_free, booking_cutoff,
                                organization_id)
    SELECT c.name, c.instructor, (d.day + c.at) AT TIME ZONE 'Europe/Oslo', c.minutes, c.capacity, c.is_free, c.cutoff,
           c.organization_id
      FROM (VALUES (%s, %s, %s::time, %s, %s, %s, %s::interval, %s::int[], %s::uuid))
           AS c (name, instructor, at, minutes, capacity, is_free, cutoff, weekdays, organization_id)
     CROSS JOIN generate_series(1, 27) AS n
     CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE 'Europe/Oslo')::date + n) AS d (day)
     WHERE extract(isodow FROM d.day) = ANY (c.weekdays)
"""
# Some classes are full and some nearly so.
_BUSY = """
    WITH classes AS (
        SELECT c.id, c.capacity, row_number() OVER (ORDER BY c.starts_at, c.id) AS n FROM class_sessions c
    ), people AS (
        INSERT INTO leads (organization_id, name, email)
        SELECT %(organization)s, 'Guest ' || n, 'guest' || n || '@studio.example' FROM generate_series(1, 20) AS n
        RETURNING id, organization_id, person_id, substring(email FROM '[0-9]+')::int AS n
    )
    INSERT INTO bookings (organization_id, class_session_id, customer_id, person_id, payment_method, payment_status)
    SELECT p.organization_id, c.id, p.id, p.person_id, 'cash', 'paid'
      FROM classes c
      JOIN people p ON p.n <= CASE c.n %% 5 WHEN 1 THEN c.capacity WHEN 3 THEN c.capacity - 1 ELSE (c.n * 7) %% 5 END
"""


@click.command()
@click.option("--port", default=8000, show_default=True, help="0 takes any that is free.")
def main(port: int) -> None:
    """Show the widget on a throw-away database."""
    with launch() as server:
        migrate(server.conninfo(), modules=["classes"])
        with make_server(server.conninfo(), open_studio(server.conninfo()), port) as http:
            click.echo(f"Open http://{ADDRESS}:{http.server_port}/ and stop me with Ctrl-C.")
            try:
                http.serve_forever()
            except KeyboardInterrupt:
                click.echo("\nThe server is gone, and what it held.")


if __name__ == "__main__":
    main()
