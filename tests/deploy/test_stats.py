"""``bookingdb stats``: what is known of a period, as tables, as JSON, and as a page."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from click.testing import Result
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from support.pgbouncer import PGBOUNCER, PORT, pgbouncer
from support.whole_server import standby_of, whole_server

from bookingdb.deploy import migrate
from bookingdb.stats import MOST_DAYS, days

HOSTILE = "</title><script>alert(1)</script><b onclick='x'>&amp;\"\x1b[2J\u202e"
TAMED = HOSTILE.replace("\x1b", r"\x1b").replace("\u202e", r"\u202e")
VOID = {"meta"}

Stats = Callable[..., Result]


@pytest.fixture
def stats(dsn: str, bookingdb: Callable[..., Result]) -> Stats:
    """Run the command on the test's database."""
    return lambda *options: bookingdb("stats", "--dsn", dsn, *options)


@pytest.fixture
def document(stats: Stats) -> Callable[..., dict]:
    """Run the command for machines and return what it says."""

    def read(*options: str) -> dict:
        result = stats("--json", *options)
        assert (result.exit_code, result.stderr) == (0, "")
        return json.loads(result.stdout)

    return read


@pytest.fixture
def anna(db: psycopg.Connection) -> UUID:
    """Somebody who bought 100 credits and got five of five payments back; two calls of hers were refused."""
    anna = uuid4()
    db.execute("INSERT INTO profiles (user_id, full_name) VALUES (%s, 'Anna')", [anna])
    db.execute("SELECT update_credit_balance(%s, 100, 'credit_purchase')", [anna])
    for _ in range(5):
        db.execute("SELECT update_credit_balance(%s, -4, 'session_payment')", [anna])
        db.execute("SELECT update_credit_balance(%s, 4, 'refund')", [anna])
    for amount in (-1000, -2000):
        with pytest.raises(psycopg.Error):
            db.execute("SELECT update_credit_balance(%s, %s, 'session_payment')", [anna, amount])
    return anna


@pytest.fixture
def queue(db: psycopg.Connection, anna: UUID) -> None:
    """Two notifications that are due, one for an hour; one for later; one that is dead."""
    db.execute(
        "INSERT INTO notifications (id, type, user_id, due_at, status) SELECT gen_random_uuid(), 'x', %s, due, status"
        " FROM (VALUES (now() - interval '1 hour', 'pending'), (now(), 'pending'),"
        " (now() + interval '1 day', 'pending'), (now() - interval '1 day', 'dead')) AS v (due, status)",
        [anna],
    )


def line(text: str, *words: str) -> list[str]:
    """Return the words of the one line that begins with these."""
    (found,) = [split for split in map(str.split, text.splitlines()) if tuple(split[: len(words)]) == words]
    return found[len(words) :]


class TestTables:
    def test_show_the_queue(self, stats, queue) -> None:
        shown = stats().stdout

        assert [line(shown, state) for state in ("due", "scheduled", "leased", "dead")] == [["2"], ["1"], ["0"], ["1"]]
        assert "The oldest one has been due for 1:00:0" in shown

    def test_show_what_happened_and_moved_and_was_refused(self, stats, anna) -> None:
        shown = stats().stdout

        assert line(shown, "gusmester", "spots", "booked") == ["0"]
        assert line(shown, "credits", "transfers") == ["0"]
        assert line(shown, "credits", "credits", "purchased") == ["100"]
        assert line(shown, "credits", "credits", "refunded") == ["20"]
        assert line(shown, "insufficient_credits") == ["2"]
        assert "too_late" not in shown

    def test_show_what_is_unusual(self, stats, anna) -> None:
        assert line(stats().stdout, "many", "refunds", str(anna)) == ["5", '{"credits":', "20,", '"payments":', "5}"]

    def test_of_nothing(self, stats) -> None:
        result = stats()

        assert (result.exit_code, result.stderr) == (0, "")
        assert "No unusual patterns of credits." in result.stdout
        assert "refused" not in result.stdout
        assert "oldest" not in result.stdout


class TestForMachines:
    def test_everything(self, document, anna, queue) -> None:
        found = document()

        assert found["schema"] == "bookingdb"
        age = found["queue"].pop("oldest_due_seconds")
        assert 3600 <= age < 3700
        assert found["queue"] == {"due": 2, "scheduled": 1, "leased": 0, "dead": 1}
        assert found["bookings"]["gusmester"]["spots_booked"] == 0
        assert found["moved"]["credits"]["credits_purchased"] == 100
        assert found["refused"] == {"insufficient_credits": 2}
        assert found["patterns"] == [
            {"pattern": "many_refunds", "user_id": str(anna), "value": 5, "details": {"payments": 5, "credits": 20}}
        ]

    def test_nothing(self, document) -> None:
        found = document()

        assert found["queue"]["oldest_due_seconds"] is None
        assert (found["refused"], found["patterns"]) == ({}, [])

    def test_by_default_the_last_seven_days(self, document) -> None:
        found = document()

        assert found["to"] == found["at"]
        start = datetime.fromisoformat(found["at"]).date() - timedelta(days=6)
        assert found["from"] == f"{start}T00:00:00+00:00"

    @pytest.mark.parametrize(
        ("options", "start", "end"),
        [
            (["--to", "2026-11-08"], "2026-11-01T00:00", "2026-11-08T00:00"),
            (["--to", "2026-11-07T00:01"], "2026-11-01T00:00", "2026-11-07T00:01"),
            (["--from", "2020-01-01", "--to", "2026-11-08T01:00+02:00"], "2020-01-01T00:00", "2026-11-07T23:00"),
            (["--to", "2000-01-02"], "2000-01-01T00:00", "2000-01-02T00:00"),
        ],
    )
    def test_a_period(self, document, options, start, end) -> None:
        found = document(*options)

        assert (found["from"], found["to"]) == (f"{start}:00+00:00", f"{end}:00+00:00")

    def test_what_is_outside_the_period_does_not_count(self, document, anna) -> None:
        found = document("--to", f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M}")

        assert found["moved"]["credits"]["credits_purchased"] == 0
        assert found["patterns"] == []

    def test_some_modules_only(self, empty_dsn, bookingdb) -> None:
        migrate(empty_dsn, modules=["core"])
        result = bookingdb("stats", "--dsn", empty_dsn, "--json")

        found = json.loads(result.stdout)
        assert (found["queue"], found["patterns"], found["bookings"]) == (None, None, {})
        assert bookingdb("stats", "--dsn", empty_dsn).exit_code == 0


class TestRefusals:
    @pytest.mark.parametrize("option", ["--from", "--to"])
    @pytest.mark.parametrize("text", ["yesterday", "", "2026-02-30", "2026-11-01T25:00", "11/01/2026"])
    def test_what_is_no_date(self, stats, option, text) -> None:
        refused = stats(option, text)

        assert (refused.exit_code, refused.stdout) == (2, "")
        assert f"'{option}': {text!r} is no date." in " ".join(refused.stderr.split())
        assert option in json.loads(stats(option, text, "--json").stdout)["error"]

    @pytest.mark.parametrize("text", ["1999-12-31", "2100-01-01", "0001-01-01T00:00+23:00", "9999-12-31T23:59-23:00"])
    def test_a_date_out_of_range(self, stats, text) -> None:
        assert "is not between the years 2000 and 2100" in stats("--from", text).stderr

    def test_an_end_before_the_start(self, stats) -> None:
        for options in (["--from", "2026-01-02", "--to", "2026-01-02"], ["--from", "2099-01-01"]):
            refused = stats(*options)
            assert refused.exit_code == 2
            assert "--from is not before --to" in refused.stderr

    def test_nothing_that_is_installed(self, empty_dsn, dsn, bookingdb) -> None:
        for options in (["--dsn", empty_dsn], ["--dsn", dsn, "--schema", "elsewhere"]):
            refused = bookingdb("stats", *options)
            assert (refused.exit_code, refused.stdout) == (2, "")
            assert "does not exist; `bookingdb migrate` installs" in refused.stderr

    def test_a_table_that_is_locked(self, stats, dsn) -> None:
        with psycopg.connect(dsn) as holder:
            holder.execute("LOCK bookingdb.audit_log")
            stopped = stats("--lock-timeout", "100ms")

        assert (stopped.exit_code, stopped.stdout) == (1, "")
        assert "somebody held a lock for longer than the lock timeout" in stopped.stderr

    def test_somebody_who_is_not_the_service(self, stats, dsn, superuser_dsn, bookingdb) -> None:
        with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
            superuser.execute("CREATE ROLE somebody LOGIN; GRANT authenticated TO somebody")
            try:
                refused = bookingdb("stats", "--dsn", make_conninfo(dsn, user="somebody"))
            finally:
                superuser.execute("DROP ROLE somebody")

        assert refused.exit_code == 2
        assert "permission denied" in refused.stderr

    def test_watching_without_a_terminal(self, stats) -> None:
        for options in (["--watch"], ["--watch", "2"]):
            refused = stats(*options)
            assert refused.exit_code == 2
            assert "needs a terminal" in refused.stderr

    def test_watching_what_is_for_machines_or_a_page(self, stats, tmp_path: Path) -> None:
        for options in (["--json"], ["--html", str(tmp_path / "page.html")]):
            assert stats("--watch", *options).exit_code == 2
        assert list(tmp_path.iterdir()) == []


def test_on_a_standby(bookingdb) -> None:
    with whole_server() as primary:
        migrate(primary.url())
        with standby_of(primary) as follower:
            result = bookingdb("stats", "--json", "--dsn", follower.url())

    assert result.exit_code == 0
    assert json.loads(result.stdout)["patterns"] == []


@pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed")
def test_through_a_transaction_pooler(server, dsn, anna, bookingdb) -> None:
    with pgbouncer(server, "transaction") as folder:
        direct = {name: value for name, value in conninfo_to_dict(dsn).items() if name != "options"}
        pooled = make_conninfo(**direct | {"host": str(folder), "port": PORT})
        result = bookingdb("stats", "--json", "--dsn", pooled)

    assert result.exit_code == 0, result.stdout
    assert json.loads(result.stdout)["moved"]["credits"]["credits_purchased"] == 100


class Page(HTMLParser):
    """A page that was read: complains of what is not balanced; keeps texts, tables and everything that could load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.texts: list[str] = []
        self.rows: list[list[str]] = []
        self.columns: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}
        self.links += [
            f"{name}={value}" for name, value in attributes if name in {"src", "href", "xlink:href", "srcset"}
        ]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.open[-2:] == ["rect", "title"]:
            self.columns.append(data)
        elif "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data

    def row(self, *cells: str) -> list[str]:
        """Return the rest of the one row that begins with these cells."""
        (found,) = [row for row in self.rows if tuple(row[: len(cells)]) == cells]
        return found[len(cells) :]


class TestThePage:
    @pytest.fixture
    def page(self, stats, tmp_path: Path) -> Callable[..., Page]:
        """Write a page and read it."""

        def write(*options: str) -> Page:
            result = stats("--html", str(tmp_path / "page.html"), *options)
            assert result.exit_code == 0, result.stderr
            assert result.stderr == f"Wrote {tmp_path / 'page.html'}\n"
            assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
            return Page((tmp_path / "page.html").read_text("utf-8"))

        return write

    def test_says_what_the_tables_say(self, page, anna, queue) -> None:
        shown = page()

        assert shown.row("due")[0] == "2"
        assert shown.row("dead")[0] == "1"
        assert shown.row("credits", "credits purchased")[0] == "100"
        assert shown.row("insufficient_credits")[0] == "2"
        assert shown.row("many refunds", str(anna)) == ["5", '{"credits": 20, "payments": 5}']
        assert any("has been due for 1:00:0" in text for text in shown.texts)

    def test_has_a_column_for_each_day(self, page, db, anna, superuser_dsn) -> None:
        with psycopg.connect(superuser_dsn) as superuser:
            superuser.execute("SET session_replication_role = replica")
            superuser.execute(
                "UPDATE audit_log SET at = '2026-03-03 23:59:59.999999Z' WHERE details ->> 'type' = 'credit_purchase'"
            )
            superuser.execute("UPDATE audit_log SET at = '2026-03-04 00:00Z' WHERE details ->> 'type' = 'refund'")
        shown = page("--from", "2026-03-02T12:00", "--to", "2026-03-05")

        assert {text.split(":")[0] for text in shown.columns if text.startswith("2026")} == {
            "2026-03-02",
            "2026-03-03",
            "2026-03-04",
        }
        assert "2026-03-03: 100" in shown.columns
        assert "2026-03-04: 20" in shown.columns
        assert shown.row("credits", "credits purchased")[0] == "100"

    def test_needs_nothing_else(self, page, anna) -> None:
        shown = page()

        assert shown.links == []
        assert shown.tags.isdisjoint({"script", "link", "img", "iframe", "object", "form", "a"})
        assert {name for name in shown.attributes if name.startswith("on") or name == "style"} == set()
        (style,) = [text for text in shown.texts if "color-scheme" in text]
        assert "prefers-color-scheme: dark" in style
        assert "url(" not in style
        assert "@import" not in style

    def test_of_hostile_names(self, empty_dsn, owner, bookingdb, tmp_path: Path) -> None:
        schema = "<script>alert('s')</script>\""
        migrate(empty_dsn, schema=schema, modules=["core"])
        owner.execute(
            sql.SQL(
                "CREATE FUNCTION {}._zebra_stats(p_from timestamptz, p_to timestamptz)"
                " RETURNS TABLE (module text, metric text, value bigint) LANGUAGE sql STABLE AS"
                " $$ SELECT {}, {}, -7::bigint UNION ALL SELECT 'z', 'failures.' || {}, 9"
                " UNION ALL SELECT 'z', 'queue.' || {}, 8 $$"
            ).format(sql.Identifier(schema), *[sql.Literal(HOSTILE)] * 4)
        )

        page = tmp_path / "page.html"
        result = bookingdb("stats", "--dsn", empty_dsn, "--schema", schema, "--html", str(page))

        assert result.exit_code == 0
        assert "\x1b" not in result.stdout
        shown = Page(page.read_text("utf-8"))
        assert "script" not in shown.tags
        assert "b" not in shown.tags
        assert "onclick" not in shown.attributes
        assert shown.texts.count(f"Bookings of {schema}") == 2
        assert shown.row(TAMED, TAMED)[0] == "-7"
        assert "\x1b" not in page.read_text("utf-8")
        assert [row[1] for row in shown.rows if row[0] == TAMED and row[1] != TAMED] == ["8", "9"]

    def test_replaces_the_one_before_as_a_whole(self, page, stats, tmp_path: Path, dsn) -> None:
        page()
        before = (tmp_path / "page.html").read_bytes()
        with psycopg.connect(dsn) as holder:
            holder.execute("LOCK bookingdb.audit_log")
            assert stats("--html", str(tmp_path / "page.html"), "--lock-timeout", "100ms").exit_code == 1

        assert (tmp_path / "page.html").read_bytes() == before
        page()

    def test_follows_a_link(self, stats, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link.html").symlink_to("real/page.html")

        assert stats("--html", str(tmp_path / "link.html")).exit_code == 0
        assert (tmp_path / "link.html").is_symlink()
        assert (tmp_path / "real" / "page.html").read_text("utf-8").startswith("<!DOCTYPE html>")

    def test_that_cannot_be_written(self, stats, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for path, code in (("none/page.html", 1), (".", 2), ("pipe", 2)):
            refused = stats("--html", str(tmp_path / path))
            assert (refused.exit_code, refused.stdout) == (code, "")
        assert [path.name for path in tmp_path.iterdir()] == ["pipe"]

    def test_has_at_most_62_days(self, page, stats, tmp_path: Path) -> None:
        page("--from", "2026-01-01", "--to", "2026-03-04")
        for end in ("2026-03-04T00:01", "2026-03-05"):
            refused = stats("--html", str(tmp_path / "page.html"), "--from", "2026-01-01", "--to", end)
            assert refused.exit_code == 2
            assert "at most 62 days" in refused.stderr

    def test_goes_with_json(self, stats, tmp_path: Path) -> None:
        result = stats("--html", str(tmp_path / "page.html"), "--json")

        assert json.loads(result.stdout)["schema"] == "bookingdb"
        assert (tmp_path / "page.html").exists()


def test_days_meet_at_midnight() -> None:
    start = datetime(2026, 1, 1, 12, tzinfo=UTC)
    found = list(days(start, start + timedelta(days=2)))

    assert [(b - a) / timedelta(hours=1) for a, b in found] == [12, 24, 12]
    assert [b for _, b in found[:-1]] == [a for a, _ in found[1:]]
    assert list(days(start, start)) == []
    assert len(list(days(start, start + timedelta(days=MOST_DAYS)))) == MOST_DAYS + 1


_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        command = [sys.executable, "-c", "from bookingdb.cli import main; main()", *arguments]
        environment = os.environ | {"TERM": "xterm", "LINES": "200", "COLUMNS": "120"}
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
        os.close(slave)
        self.shown = ""

    def read_until(self, pattern: str, seconds: float = 30) -> None:
        """Read until something is shown."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, _STYLE.sub("", self.shown)):
            left = deadline - time.monotonic()
            assert left > 0, self.shown
            if select.select([self.master], [], [], left)[0]:
                self.shown += os.read(self.master, 65536).decode(errors="replace")

    def close(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait()
        os.close(self.master)


def test_watching_shows_what_changes_until_somebody_stops_it(dsn, db) -> None:
    terminal = Terminal("stats", "--dsn", dsn, "--watch", "0.2")
    try:
        terminal.read_until(r"Every 0\.2 s")
        assert not re.search(r"\+\d", _STYLE.sub("", terminal.shown))

        anna = uuid4()
        db.execute("INSERT INTO profiles (user_id) VALUES (%s)", [anna])
        db.execute("SELECT update_credit_balance(%s, 1234, 'credit_purchase')", [anna])
        terminal.read_until(r"credits purchased +1,234 +\+1,234")
        terminal.shown = ""
        terminal.read_until(r"credits purchased +1,234 +\r")  # it is no change any more

        terminal.process.send_signal(signal.SIGINT)
        assert terminal.process.wait(10) == 0
    finally:
        terminal.close()
