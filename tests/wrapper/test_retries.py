"""What is tried again, how often, and what never is."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from support.threads import in_thread
from wrapper.flavours import Flavour
from wrapper.proxy import READY, Proxy, fatal

import bookingdb
from bookingdb import _retry

FLAKY = """
    CREATE SEQUENCE attempts;
    GRANT USAGE ON SEQUENCE attempts TO authenticated;
    CREATE FUNCTION flaky(p_sqlstate text, p_failures integer) RETURNS bigint LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
    DECLARE
        v_attempt bigint := nextval('attempts');
    BEGIN
        IF v_attempt <= p_failures THEN
            RAISE EXCEPTION USING ERRCODE = p_sqlstate, MESSAGE = 'It failed';
        END IF;
        RETURN v_attempt;
    END $$;
    GRANT EXECUTE ON FUNCTION flaky TO authenticated;
"""


@pytest.fixture
def attempts(db: psycopg.Connection) -> Callable[[], int]:
    """How often flaky() was called; it fails as often as it is told to."""
    db.execute(FLAKY)

    def count() -> int:
        ((called,),) = db.execute("SELECT last_value FROM attempts WHERE is_called").fetchall() or [(0,)]
        return int(called)

    return count


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The longest that each pause could have been; none is made."""
    chosen: list[float] = []

    def choose(shortest: float, longest: float) -> float:
        chosen.append(longest)
        return shortest

    monkeypatch.setattr(_retry.random, "uniform", choose)
    return chosen


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03"])
async def test_a_collision_is_tried_again(
    flavour: Flavour, dsn: str, attempts: Callable[[], int], user: UUID, pauses: list[float], sqlstate: str
) -> None:
    async with flavour.database(dsn) as database:
        assert await database.call("flaky", sqlstate=sqlstate, failures=3) == 4
        assert await database.as_user(user).call("flaky", sqlstate=sqlstate, failures=7) == 8
    assert pauses == [0.02, 0.04, 0.08] * 2


@pytest.mark.parametrize("retries", [0, 1, 5])
async def test_as_often_as_told(
    flavour: Flavour, dsn: str, attempts: Callable[[], int], pauses: list[float], retries: int
) -> None:
    async with flavour.database(dsn, retries=retries) as database:
        with pytest.raises(bookingdb.RetryableError) as error:
            await database.call("flaky", sqlstate="40P01", failures=100)
    assert error.value.sqlstate == "40P01"
    assert (attempts(), len(pauses)) == (retries + 1, retries)


async def test_also_on_a_pool_and_in_autocommit_mode(
    flavour: Flavour, dsn: str, attempts: Callable[[], int], pauses: list[float]
) -> None:
    async with flavour.pool(dsn, min_size=1) as pool, flavour.connection(dsn, autocommit=True) as connection:
        assert await (await flavour.connect(pool)).call("flaky", sqlstate="40P01", failures=1) == 2
        assert await (await flavour.connect(connection)).call("flaky", sqlstate="40P01", failures=3) == 4


async def test_never_in_the_callers_transaction(
    flavour: Flavour, dsn: str, attempts: Callable[[], int], pauses: list[float]
) -> None:
    async with flavour.connection(dsn) as connection:
        database = await flavour.connect(connection)
        with pytest.raises(bookingdb.RetryableError):
            await database.call("flaky", sqlstate="40P01", failures=1)
    assert (attempts(), pauses) == (1, [])


@pytest.mark.parametrize("sqlstate", ["23505", "22012", "57014", "PT409"])
async def test_nothing_else_is_tried_again(
    flavour: Flavour, dsn: str, attempts: Callable[[], int], pauses: list[float], sqlstate: str
) -> None:
    async with flavour.database(dsn) as database:
        with pytest.raises(psycopg.Error):
            await database.call("flaky", sqlstate=sqlstate, failures=1)
    assert (attempts(), pauses) == (1, [])


@pytest.mark.parametrize("sqlstate", ["0A000", "XX000"])
async def test_a_replaced_function_is_tried_once_more(
    flavour: Flavour, dsn: str, attempts: Callable[[], int], pauses: list[float], sqlstate: str
) -> None:
    async with flavour.database(dsn, retries=0) as database:
        assert await database.call("flaky", sqlstate=sqlstate, failures=1) == 2
        with pytest.raises(psycopg.Error):
            await database.call("flaky", sqlstate=sqlstate, failures=100)
    assert (attempts(), pauses) == (4, [])


@pytest.mark.unpooled("a prepared statement")
async def test_a_prepared_call_survives_the_retyping_of_its_column(
    flavour: Flavour, dsn: str, db: psycopg.Connection, employee: UUID
) -> None:
    async with flavour.database(dsn, prepare_threshold=0) as database:
        await database.get_employee_points(employee)
        db.execute("""
            DROP FUNCTION get_employee_points;
            CREATE FUNCTION get_employee_points(p_employee_id uuid DEFAULT NULL) RETURNS TABLE (points bigint)
            LANGUAGE sql STABLE AS 'SELECT 1::bigint'
        """)
        for _ in range(2):
            assert [row.points for row in await database.get_employee_points(employee)] == [1]


@pytest.mark.unpooled("a setting for the whole session")
async def test_a_lock_that_is_freed_soon_is_waited_for_in_small_steps(
    flavour: Flavour, dsn: str, connect: Callable[..., psycopg.Connection], employee: UUID
) -> None:
    holder = connect(autocommit=False)
    holder.execute("SELECT FROM employees FOR UPDATE")
    hasty = make_conninfo(dsn, options="-csearch_path=bookingdb -clock_timeout=20ms")

    def free() -> None:
        time.sleep(0.3)
        holder.rollback()

    async with flavour.database(hasty, retries=100) as database:
        freed = in_thread(free)
        assert (await database.adjust_employee_points(employee, 1, "x")).new_points == 301
        freed.result(10)
        holder.execute("SELECT FROM employees FOR UPDATE")
        impatient = await flavour.connect(hasty, retries=1)
        with pytest.raises(bookingdb.RetryableError):
            await impatient.adjust_employee_points(employee, 1, "x")
        await impatient.close()


@pytest.mark.unpooled("a connection to the server itself, which gets lost")
class TestLostConnection:
    """The server has done its work, but the line is cut before the answer gets through."""

    async def test_a_command_with_a_key_is_made_again_and_takes_effect_once(
        self, flavour: Flavour, dsn: str, proxy: Proxy, employee: UUID, user: UUID
    ) -> None:
        async with flavour.database(proxy.conninfo(dsn)) as database:
            for key, caller in enumerate([database, database.as_user(user)]):
                proxy.lose_answers = 1
                result = await caller.adjust_employee_points(employee, 1, "x", idempotency_key=str(key))
                assert result.new_points == 301 + key
            assert [row.points for row in await database.get_employee_points(employee)] == [302]

    async def test_a_command_without_a_key_is_not(
        self, flavour: Flavour, dsn: str, proxy: Proxy, employee: UUID
    ) -> None:
        async with flavour.database(proxy.conninfo(dsn)) as database:
            proxy.lose_answers = 1
            with pytest.raises(psycopg.OperationalError) as error:
                await database.adjust_employee_points(employee, 1, "x")
            assert "idempotency_key" in error.value.__notes__[0]
            # It was made, and the next call has a new connection to see that.
            assert [row.points for row in await database.get_employee_points(employee)] == [301]

    @pytest.mark.parametrize("retries", [0, 3])
    @pytest.mark.parametrize("sqlstate", ["XX000", "0A000", "40001", "40P01", "55P03", "57P01"])
    @pytest.mark.parametrize("kept", [b"", READY + b"I"], ids=["cut", "kept"])
    async def test_nor_is_it_whatever_is_said_last(
        self, flavour: Flavour, dsn: str, proxy: Proxy, employee: UUID, sqlstate: str, retries: int, kept: bytes
    ) -> None:
        async with flavour.database(proxy.conninfo(dsn), retries=retries) as database:
            proxy.last_words = fatal(sqlstate) + kept
            proxy.lose_answers = 1
            with pytest.raises(psycopg.Error, match="connection to database closed") as error:
                await database.adjust_employee_points(employee, 1, "x")
            assert error.value.sqlstate == sqlstate
            assert "idempotency_key" in error.value.__notes__[0]
            assert [row.points for row in await database.get_employee_points(employee)] == [301]

    @pytest.mark.parametrize("sqlstate", ["XX000", "40001"])
    async def test_with_a_key_it_is_as_often_as_told(
        self, flavour: Flavour, dsn: str, proxy: Proxy, employee: UUID, sqlstate: str
    ) -> None:
        proxy.last_words = fatal(sqlstate)
        async with flavour.database(proxy.conninfo(dsn)) as database:
            proxy.lose_answers = 1
            assert (await database.adjust_employee_points(employee, 1, "x", "key")).new_points == 301
        async with flavour.database(proxy.conninfo(dsn), retries=0) as impatient:
            proxy.lose_answers = 1
            with pytest.raises(psycopg.Error, match="connection to database closed"):
                await impatient.adjust_employee_points(employee, 1, "x", "key")

    @pytest.mark.parametrize("autocommit", [True, False])
    async def test_on_the_callers_connection_its_end_is_told(
        self, flavour: Flavour, dsn: str, proxy: Proxy, employee: UUID, autocommit: bool
    ) -> None:
        async with flavour.connection(proxy.conninfo(dsn), autocommit=autocommit) as connection:
            database = await flavour.connect(connection)
            await database.get_employee_points(employee)
            proxy.last_words = fatal("40P01")
            proxy.lose_answers = 1
            with pytest.raises(psycopg.errors.DeadlockDetected) as error:
                await database.adjust_employee_points(employee, 1, "x")
            assert hasattr(error.value, "__notes__") is autocommit

    async def test_a_query_is_made_again(self, flavour: Flavour, dsn: str, proxy: Proxy, employee: UUID) -> None:
        async with flavour.database(proxy.conninfo(dsn)) as database:
            proxy.lose_answers = 1
            assert [row.points for row in await database.get_employee_points(employee)] == [300]

    async def test_a_pool_gives_another_connection(
        self, flavour: Flavour, dsn: str, proxy: Proxy, employee: UUID
    ) -> None:
        async with flavour.pool(proxy.conninfo(dsn), min_size=2, max_size=2) as pool:
            await pool.wait()
            database = await flavour.connect(pool)
            await database.get_employee_points(employee)
            proxy.lose_answers = 1
            assert (await database.adjust_employee_points(employee, 1, "x", "key")).new_points == 301
            await pool.wait()  # the lost connection is replaced
            proxy.lose_answers = 1
            with pytest.raises(psycopg.OperationalError):
                await database.adjust_employee_points(employee, 1, "x")
            assert [row.points for row in await database.get_employee_points(employee)] == [302]

    @pytest.mark.parametrize("calls_before", [0, 1])
    async def test_a_pool_may_have_lost_them_all(
        self, flavour: Flavour, dsn: str, db: psycopg.Connection, employee: UUID, calls_before: int
    ) -> None:
        """A restarted server, say: more of them are gone than there are retries."""
        async with flavour.pool(dsn, min_size=6, max_size=6) as pool:
            await pool.wait()
            database = await flavour.connect(pool, retries=1)
            for _ in range(calls_before):
                await database.get_employee_points(employee)
            db.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
            )
            assert [row.points for row in await database.get_employee_points(employee)] == [300]

    @pytest.mark.parametrize("autocommit", [True, False])
    async def test_the_callers_connection_is_not_replaced(
        self, flavour: Flavour, dsn: str, proxy: Proxy, employee: UUID, autocommit: bool
    ) -> None:
        async with flavour.connection(proxy.conninfo(dsn), autocommit=autocommit) as connection:
            database = await flavour.connect(connection)
            await database.get_employee_points(employee)
            proxy.lose_answers = 1
            for words in ("server closed the connection", "the connection is"):
                with pytest.raises(psycopg.OperationalError, match=words):
                    await database.get_employee_points(employee)
            assert connection.closed


async def test_a_pause_keeps_nobody_waiting(flavour: Flavour, dsn: str, attempts: Any, employee: UUID) -> None:
    """While one call pauses, others use the connection."""
    async with flavour.database(dsn) as database:
        results = await asyncio.gather(
            database.call("flaky", sqlstate="40P01", failures=3), database.get_employee_points(employee)
        )
    assert (results[0], [row.points for row in results[1]]) == (4, [300])
