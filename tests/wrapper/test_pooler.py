"""Behind PgBouncer in transaction mode, where it is installed: each statement may run in another server process."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from support.pgbouncer import PGBOUNCER, pgbouncer
from wrapper.flavours import Flavour

from bookingdb.server import Server

pytestmark = [
    pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed"),
    pytest.mark.unpooled("a pooler of one's own"),
]


@pytest.fixture
def pooled(server: Server, dsn: str) -> Iterator[str]:
    """The test's own database behind the pooler."""
    with pgbouncer(server, "transaction") as folder:
        yield make_conninfo(dsn, host=str(Path(folder)), port=6432, options="")


async def test_calls_work_and_leave_nothing_behind(
    flavour: Flavour, pooled: str, employee: UUID, user: UUID, db: psycopg.Connection
) -> None:
    async with flavour.database(pooled) as one, flavour.database(pooled) as other:
        for _ in range(10):
            await asyncio.gather(
                one.adjust_employee_points(employee, 1, "x"),
                other.as_user(user).adjust_employee_points(employee, -1, "x"),
                one.as_user(user).get_points_history(limit=5),
                other.get_employee_points(employee),
            )
    async with flavour.connection(pooled, autocommit=True, prepare_threshold=None) as somebody_else:
        for _ in range(10):
            seen = await somebody_else.execute(
                "SELECT current_setting('role'), coalesce(current_setting('request.jwt.claims', true), ''),"
                " (SELECT count(*) FROM pg_prepared_statements)"
            )
            rows = seen.fetchall()
            assert (rows if isinstance(rows, list) else await rows) == [("none", "", 0)]
    ((points,),) = db.execute("SELECT points FROM employees").fetchall()
    assert points == 300


async def test_preparing_would_fail_there(flavour: Flavour, pooled: str, employee: UUID) -> None:
    """The reason for all this."""
    async with flavour.connection(pooled, autocommit=True, prepare_threshold=0) as connection:
        database = await flavour.connect(connection)
        async with flavour.connection(pooled, prepare_threshold=None) as holder:
            await database.get_employee_points(employee)
            await holder.execute("SELECT")  # keeps the server for itself
            with pytest.raises(psycopg.errors.InvalidSqlStatementName):
                await database.get_employee_points(employee)
