"""PgBouncer between the deployer and the database."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest
from deploy.catalogs import next_transaction
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from support.pgbouncer import PGBOUNCER, PORT, Mode, pgbouncer

from bookingdb.deploy import Finding, doctor, migrate, status
from bookingdb.server import Server

pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed")


@pytest.fixture
def through(server: Server, empty_dsn: str) -> Iterator[Callable[[Mode], str]]:
    """Return how to reach the empty database through a pooler in the given mode."""
    with ExitStack() as stack:
        yield lambda mode: make_conninfo(empty_dsn, host=str(stack.enter_context(pgbouncer(server, mode))), port=PORT)


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_transaction_pooler_is_refused_and_left_clean(empty_dsn, superuser, through, bookingdb, mode: Mode) -> None:
    dsn = through(mode)
    transaction = next_transaction(empty_dsn)

    refused = bookingdb("migrate", "--dsn", dsn)

    assert refused.exit_code == 2
    assert "This is a transaction pooler" in refused.stderr
    assert next_transaction(empty_dsn) == transaction
    assert superuser.execute("SELECT FROM pg_locks WHERE locktype = 'advisory'").fetchall() == []
    with psycopg.connect(dsn, autocommit=True) as somebody_else:
        assert somebody_else.execute("SHOW search_path").fetchall() == [('"$user", public',)]


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_a_busy_transaction_pooler_is_refused(through, bookingdb, options: list[str]) -> None:
    dsn = through("transaction")
    with ExitStack() as stack:
        for _ in range(2):  # they keep two of the four server processes
            stack.enter_context(psycopg.connect(dsn)).execute("SELECT 1")

        refused = bookingdb("migrate", *options, "--dsn", dsn)

    assert refused.exit_code == 2
    assert "This is a transaction pooler" in refused.stderr


def test_status_through_a_transaction_pooler(empty_dsn, through) -> None:
    dsn = through("transaction")
    migrate(empty_dsn)

    assert status(dsn).up_to_date
    with psycopg.connect(dsn, autocommit=True) as somebody_else:
        assert somebody_else.execute("SHOW search_path").fetchall() == [('"$user", public',)]


def test_a_session_pooler_is_fine(through) -> None:
    dsn = through("session")

    migrate(dsn)

    assert conninfo_to_dict(dsn)["port"] == str(PORT)
    assert status(dsn).up_to_date
    assert not migrate(dsn).changed


def found_by_doctor(dsn: str) -> Finding:
    (finding,) = [finding for finding in doctor(dsn) if finding.check == "connection"]
    return finding


def test_the_doctor_notices_a_transaction_pooler(through) -> None:
    found = found_by_doctor(through("transaction"))

    assert (found.severity, "transaction pooler" in found.message) == ("warning", True)
    assert "Deploy on a direct connection" in found.advice


def test_the_doctor_is_content_with_a_session_pooler(empty_dsn, through) -> None:
    through_pooler, direct = found_by_doctor(through("session")), found_by_doctor(empty_dsn)

    assert (through_pooler.severity, through_pooler.message) == ("fine", "through a session pooler")
    assert (direct.severity, direct.message) == ("fine", "direct")
