"""Whose connection, whose transaction, whose job to close it."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.types.json import set_json_loads
from psycopg.types.string import TextLoader
from psycopg_pool import PoolClosed
from wrapper.flavours import Flavour

import bookingdb

WHO = """
    CREATE FUNCTION who() RETURNS TABLE (role text, claims text) LANGUAGE sql STABLE
    AS $$ SELECT current_setting('role'), coalesce(current_setting('request.jwt.claims', true), '') $$;
    GRANT EXECUTE ON FUNCTION who TO authenticated;
"""


@pytest.fixture
def points(db: psycopg.Connection, employee: UUID) -> Any:
    """What another connection sees of the employee's points."""

    def read() -> int:
        ((points,),) = db.execute("SELECT points FROM employees WHERE id = %s", [employee]).fetchall()
        return int(points)

    return read


class TestConnectionString:
    async def test_each_call_is_committed(
        self, flavour: Flavour, dsn: str, employee: UUID, user: UUID, points: Any
    ) -> None:
        async with flavour.database(dsn) as database:
            await database.adjust_employee_points(employee, 1, "x")
            assert points() == 301
            with pytest.raises(bookingdb.InsufficientPoints):
                await database.adjust_employee_points(employee, -1000, "x")
            await database.as_user(user).adjust_employee_points(employee, 1, "x")
            assert points() == 302

    async def test_is_closed_with_the_database(self, flavour: Flavour, dsn: str) -> None:
        async with flavour.database(dsn) as database:
            acting = database.as_user(uuid4())
        for caller in (database, acting):
            with pytest.raises(psycopg.OperationalError, match="closed"):
                await caller.get_employee_points()
        await database.close()

    async def test_an_unreachable_server_is_told_at_once(self, flavour: Flavour) -> None:
        with pytest.raises(psycopg.OperationalError):
            await flavour.connect("host=/nowhere dbname=none")

    async def test_commands_run_whatever_level_the_database_prefers(
        self, flavour: Flavour, dsn: str, db: psycopg.Connection, employee: UUID, user: UUID
    ) -> None:
        prefer_serializable(db)
        async with flavour.database(dsn) as database:
            await database.adjust_employee_points(employee, 1, "x")
            await database.as_user(user).adjust_employee_points(employee, 1, "x")

    @pytest.mark.parametrize("setting", ["DateStyle TO German", "client_encoding TO 'SQL_ASCII'"])
    async def test_the_databases_ways_of_writing_do_not_matter(
        self, flavour: Flavour, dsn: str, db: psycopg.Connection, employee: UUID, setting: str
    ) -> None:
        db.execute(f"ALTER DATABASE {db.info.dbname} SET {setting}")
        async with flavour.database(dsn) as database:
            await database.adjust_employee_points(employee, 1, "Løyly")
            (entry, _) = await database.get_points_history(employee)
        assert entry.reason == "Løyly"
        assert entry.created_at.tzinfo is not None

    async def test_what_is_none_is_not_repeated(self, flavour: Flavour) -> None:
        """It may hold a password."""
        with pytest.raises(TypeError, match=r"not bytes$") as error:
            await flavour.connect(b"postgresql://user:hush@host/club")
        assert "hush" not in str(error.value)

    @pytest.mark.parametrize(
        "malformed", ["postgresql://user:hu@sh@host/club", "postgresql://user:hu/sh@host/club", "password=hu sh"]
    )
    async def test_nor_is_a_malformed_one(self, flavour: Flavour, malformed: str) -> None:
        with pytest.raises(ValueError, match=r"^The DSN ") as error:
            await flavour.connect(malformed)
        assert "hu" not in str(error.value)
        assert "sh" not in str(error.value)

    @pytest.mark.parametrize("schema", ["", None, 5, "a\0b", "a\ud800b"])
    async def test_a_schema_has_a_name(self, flavour: Flavour, dsn: str, schema: Any) -> None:
        with pytest.raises(ValueError, match=r"^schema: "):
            await flavour.connect(dsn, schema)

    async def test_what_fails_at_commit_has_failed(self, flavour: Flavour, dsn: str, db: psycopg.Connection) -> None:
        db.execute("""
            CREATE FUNCTION refuse_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION USING ERRCODE = 'PT409', MESSAGE = 'No', DETAIL = '{"reason": "invalid_state"}';
            END $$;
            CREATE CONSTRAINT TRIGGER late AFTER INSERT ON profiles DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION refuse_at_commit();
        """)
        async with flavour.database(dsn) as database:
            with pytest.raises(bookingdb.InvalidState):
                await database.as_user(uuid4()).ensure_profile("Ada")
            db.execute("""
                CREATE OR REPLACE FUNCTION erase_person(p_user_id uuid, p_idempotency_key text DEFAULT NULL)
                RETURNS json LANGUAGE sql SET search_path FROM CURRENT
                AS $$ INSERT INTO profiles (user_id) VALUES (p_user_id) RETURNING '{}'::json $$
            """)
            with pytest.raises(bookingdb.InvalidState):
                await database.erase_person(uuid4())
        assert db.execute("SELECT FROM profiles").fetchall() == []

    async def test_callers_at_once_act_as_themselves(self, flavour: Flavour, dsn: str, db: psycopg.Connection) -> None:
        db.execute(WHO)
        users = [uuid4() for _ in range(20)]
        async with flavour.database(dsn) as database:
            seen = await asyncio.gather(*(database.as_user(user).call("who") for user in users))
        assert [json.loads(row["claims"])["sub"] for (row,) in seen] == [str(user) for user in users]


class TestCallersConnection:
    async def test_the_caller_commits_or_rolls_back(
        self, flavour: Flavour, dsn: str, employee: UUID, user: UUID, points: Any
    ) -> None:
        async with flavour.connection(dsn) as connection, flavour.database(connection) as database:
            await database.adjust_employee_points(employee, 1, "x")
            await database.as_user(user).adjust_employee_points(employee, 1, "x")
            assert (points(), connection.info.transaction_status) == (300, TransactionStatus.INTRANS)
            await connection.rollback()
            assert points() == 300
            await database.adjust_employee_points(employee, 5, "x")
            await connection.commit()
            assert points() == 305

    async def test_a_refusal_undoes_the_call_alone(
        self, flavour: Flavour, dsn: str, employee: UUID, user: UUID, points: Any
    ) -> None:
        async with flavour.connection(dsn) as connection:
            database = await flavour.connect(connection)
            with pytest.raises(bookingdb.InsufficientPoints):  # what begins the transaction
                await database.adjust_employee_points(employee, -1000, "x")
            assert connection.info.transaction_status == TransactionStatus.INTRANS
            for caller in (database, database.as_user(user)):
                await caller.adjust_employee_points(employee, 1, "x")
                with pytest.raises(bookingdb.InsufficientPoints):
                    await caller.adjust_employee_points(employee, -1000, "x")
                await caller.adjust_employee_points(employee, 1, "x")
            await connection.commit()
        assert points() == 304

    async def test_role_and_claims_are_given_back(self, flavour: Flavour, dsn: str, db: psycopg.Connection) -> None:
        db.execute(WHO)
        somebody = uuid4()
        async with flavour.connection(dsn) as connection:
            database = await flavour.connect(connection)
            await connection.execute("SET LOCAL ROLE authenticated")
            await connection.execute("SELECT set_config('request.jwt.claims', '{\"sub\": \"former\"}', true)")
            (seen,) = await database.as_user(somebody).call("who")
            assert json.loads(seen["claims"])["sub"] == str(somebody)
            with pytest.raises(bookingdb.NotAllowed):
                await database.as_user(somebody).available_guest_spots()
            assert await database.call("who") == [{"role": "authenticated", "claims": '{"sub": "former"}'}]
            await connection.commit()
            assert await database.call("who") == [{"role": "none", "claims": ""}]

    async def test_a_failed_transaction_stays_failed(self, flavour: Flavour, dsn: str, employee: UUID) -> None:
        async with flavour.connection(dsn) as connection:
            database = await flavour.connect(connection)
            with pytest.raises(psycopg.errors.DivisionByZero):
                await connection.execute("SELECT 1/0")
            with pytest.raises(psycopg.errors.InFailedSqlTransaction):
                await database.get_employee_points(employee)
            assert connection.info.transaction_status == TransactionStatus.INERROR
            await connection.rollback()
            await database.get_employee_points(employee)

    async def test_in_autocommit_mode_a_call_is_a_transaction(
        self, flavour: Flavour, dsn: str, employee: UUID, points: Any
    ) -> None:
        async with flavour.connection(dsn, autocommit=True) as connection:
            database = await flavour.connect(connection)
            await database.adjust_employee_points(employee, 1, "x")
            assert points() == 301
            await connection.execute("BEGIN")
            await database.adjust_employee_points(employee, 1, "x")
            assert points() == 301
            await connection.execute("ROLLBACK")
            assert points() == 301

    async def test_a_transaction_of_its_own_runs_commands_whatever_level_the_database_prefers(
        self, flavour: Flavour, dsn: str, db: psycopg.Connection, employee: UUID, user: UUID
    ) -> None:
        prefer_serializable(db)
        async with flavour.connection(dsn, autocommit=True) as connection:
            database = await flavour.connect(connection)
            await database.adjust_employee_points(employee, 1, "x")
            await database.as_user(user).adjust_employee_points(employee, 1, "x")

    async def test_one_that_may_only_read_writes_nothing(
        self, flavour: Flavour, dsn: str, employee: UUID, user: UUID
    ) -> None:
        async with flavour.connection(dsn, autocommit=True) as connection:
            await connection.set_read_only(True)
            await only_reads(await flavour.connect(connection), employee, user)

    async def test_closing_the_database_leaves_it_open(self, flavour: Flavour, dsn: str) -> None:
        async with flavour.connection(dsn) as connection:
            async with flavour.database(connection):
                pass
            assert not connection.closed

    async def test_its_own_way_with_values_does_not_matter(
        self, flavour: Flavour, dsn: str, db: psycopg.Connection, employee: UUID
    ) -> None:
        db.execute("""
            CREATE OR REPLACE FUNCTION verify_invariants()
            RETURNS TABLE (invariant text, entity text, entity_id text, details jsonb)
            LANGUAGE sql STABLE AS $$ SELECT 'I0', 'x', 'y', '{"a": 1}'::jsonb $$
        """)
        async with flavour.connection(dsn) as connection:
            connection.adapters.register_loader("jsonb", TextLoader)
            connection.adapters.register_loader("uuid", TextLoader)
            set_json_loads(lambda _: "nothing", connection.adapters)
            database = await flavour.connect(connection)
            assert [row.details for row in await database.verify_invariants()] == [{"a": 1}]
            assert (await database.adjust_employee_points(employee, 1, "x")).employee_id == employee


class TestPool:
    @pytest.mark.parametrize("autocommit", [True, False])
    async def test_each_call_is_committed(
        self, flavour: Flavour, dsn: str, employee: UUID, user: UUID, points: Any, autocommit: bool
    ) -> None:
        async with (
            flavour.pool(dsn, min_size=1, max_size=1, kwargs={"autocommit": autocommit}) as pool,
            flavour.database(pool) as database,
        ):
            await database.adjust_employee_points(employee, 1, "x")
            await database.as_user(user).adjust_employee_points(employee, 1, "x")
            assert points() == 302
            with pytest.raises(bookingdb.InsufficientPoints):
                await database.as_user(user).adjust_employee_points(employee, -1000, "x")
            connection = await pool.getconn()
            assert connection.autocommit is autocommit
            assert connection.info.transaction_status == TransactionStatus.IDLE
            await pool.putconn(connection)

    async def test_closing_the_database_leaves_it_open(self, flavour: Flavour, dsn: str, employee: UUID) -> None:
        async with flavour.pool(dsn, min_size=1) as pool:
            async with flavour.database(pool) as database:
                await database.get_employee_points(employee)
            assert not pool.closed
            await database.get_employee_points(employee)
        with pytest.raises(PoolClosed):
            await database.get_employee_points(employee)

    async def test_calls_at_once_have_a_connection_each(self, flavour: Flavour, dsn: str, employee: UUID) -> None:
        async with flavour.pool(dsn, min_size=4, max_size=4) as pool:
            database = await flavour.connect(pool)
            results = await asyncio.gather(*(database.adjust_employee_points(employee, 1, "x") for _ in range(12)))
        assert sorted(result.new_points for result in results) == list(range(301, 313))

    async def test_commands_run_whatever_level_the_database_prefers(
        self, flavour: Flavour, dsn: str, db: psycopg.Connection, employee: UUID, user: UUID
    ) -> None:
        prefer_serializable(db)
        async with flavour.pool(dsn, min_size=1) as pool:
            database = await flavour.connect(pool)
            await database.adjust_employee_points(employee, 1, "x")
            await database.as_user(user).adjust_employee_points(employee, 1, "x")

    @pytest.mark.parametrize("autocommit", [True, False])
    async def test_one_that_may_only_read_writes_nothing(
        self, flavour: Flavour, dsn: str, employee: UUID, user: UUID, autocommit: bool
    ) -> None:
        async with flavour.pool(
            dsn,
            min_size=1,
            kwargs={"autocommit": autocommit},
            configure=lambda connection: connection.set_read_only(True),
        ) as pool:
            await only_reads(await flavour.connect(pool), employee, user)


async def only_reads(database: Any, employee: UUID, user: UUID) -> None:
    """Check that commands are refused and queries answered."""
    for caller in (database, database.as_user(user)):
        with pytest.raises(bookingdb.InvalidInput, match="may write"):
            await caller.adjust_employee_points(employee, 1, "x")
    assert [row.points for row in await database.get_employee_points(employee)] == [300]
    assert [row.points for row in await database.as_user(user).get_employee_points()] == [300]


def prefer_serializable(db: psycopg.Connection) -> None:
    """Make the sessions of the test's database begin at another level than commands run at."""
    db.execute(f"ALTER DATABASE {db.info.dbname} SET default_transaction_isolation = 'serializable'")
