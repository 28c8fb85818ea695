"""The client: how arguments, results, transactions and the acting user travel."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from textwrap import dedent
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

import bookingdb

ALICE = UUID("a11ce000-0000-4000-8000-000000000000")
BOB = UUID("b0b00000-0000-4000-8000-000000000000")


@pytest.fixture
def own(scratch: str) -> Iterator[bookingdb.Database]:
    """A database with a connection of its own."""
    with bookingdb.connect(scratch, schema="scratch") as database:
        yield database


@pytest.fixture
def connection(scratch: str) -> Iterator[psycopg.Connection]:
    """The caller's connection."""
    with psycopg.connect(scratch) as connection:
        yield connection


@pytest.fixture
def callers(connection: psycopg.Connection) -> bookingdb.Database:
    """A database on the caller's connection."""
    return bookingdb.connect(connection, schema="scratch")


class Nowhere(dt.tzinfo):
    """A time zone that does not know how far it is from UTC."""

    def utcoffset(self, _when):
        return None


def notes(dsn: str) -> list[str]:
    """What another connection sees."""
    with psycopg.connect(dsn) as other:
        return [note for (note,) in other.execute("SELECT note FROM scratch.notes ORDER BY id")]


class TestResults:
    def test_command_returns_its_json_as_a_dict(self, own):
        assert own.call("add_note", note="one") == {"success": True, "id": 1}

    def test_table_function_returns_a_dict_per_row(self, own):
        own.call("add_note", note="one")
        own.call("add_note", note="two")
        assert own.call("list_notes") == [{"id": 1, "note": "one"}, {"id": 2, "note": "two"}]
        assert own.call("list_notes", limit=1) == [{"id": 1, "note": "one"}]
        assert own.call("list_notes", limit=0) == []

    def test_scalar_function_returns_its_value(self, own):
        assert own.call("double", number=21) == 42

    def test_nor_does_what_a_program_has_told_psycopg(self, scratch):
        program = """
            import sys
            from uuid import UUID

            import psycopg
            from psycopg.types.json import set_json_dumps, set_json_loads
            from psycopg.types.string import StrDumper, TextLoader

            for name in ("uuid", "timestamptz", "jsonb"):
                psycopg.adapters.register_loader(name, TextLoader)
            psycopg.adapters.register_dumper(UUID, StrDumper)
            set_json_dumps(lambda _: "{}")
            set_json_loads(lambda _: "nothing")

            import bookingdb

            at, uuid = "2026-12-24T18:30+00:00", UUID("a11ce000-0000-4000-8000-000000000000")
            with bookingdb.connect(sys.argv[1], "scratch") as database:
                (row,) = database.call("echo", uuid=uuid, at=at, json={"a": 1})
                print(row["uuid"] == uuid, row["at"].year, row["json"], database.call("add_note", note="x"))
        """
        ran = subprocess.run(
            [sys.executable, "-c", dedent(program), scratch], capture_output=True, text=True, check=False
        )
        assert (ran.stdout, ran.stderr) == ("True 2026 {'a': 1} {'success': True, 'id': 1}\n", "")

    def test_the_rows_of_the_callers_connection_do_not_matter(self, scratch):
        with psycopg.connect(scratch, row_factory=dict_row, cursor_factory=psycopg.RawCursor) as connection:
            database = bookingdb.connect(connection, schema="scratch")
            assert database.call("double", number=2) == 4
            assert database.as_user(ALICE).call("who")[0]["role"] == "authenticated"


class TestArguments:
    def test_what_is_left_out_keeps_its_default_and_none_is_null(self, own):
        assert own.call("echo")[0]["number"] == 7
        assert own.call("echo", number=None)[0]["number"] is None

    @pytest.mark.parametrize(
        ("name", "given", "arrives"),
        [
            ("uuid", ALICE, ALICE),
            ("uuid", str(ALICE), ALICE),
            ("uuids", [str(ALICE), BOB], [ALICE, BOB]),
            ("uuids", [], []),
            ("date", "2026-12-24", dt.date(2026, 12, 24)),
            ("date", dt.date(2026, 12, 24), dt.date(2026, 12, 24)),
            ("time", "18:30", dt.time(18, 30)),
            ("at", "2026-12-24T18:30+01:00", dt.datetime(2026, 12, 24, 17, 30, tzinfo=dt.UTC)),
            ("at", dt.datetime(2026, 12, 24, tzinfo=dt.UTC), dt.datetime(2026, 12, 24, tzinfo=dt.UTC)),
            ("number", -(2**31), -(2**31)),
            ("big", 2**40, 2**40),
            ("json", {"a": [1, None]}, {"a": [1, None]}),
            ("json", [1, 2], [1, 2]),
            ("json", '{"a": 1}', {"a": 1}),
            ("json", '{"a": 1e400}', {"a": 10**400}),
            ("json", (1, 2), [1, 2]),
            ("json", 5, 5),
            ("json", "\\\\u0000".join('""'), "\\u0000"),
            ("json", {"a": "\\u0000 Løyly"}, {"a": "\\u0000 Løyly"}),
        ],
    )
    def test_arguments_arrive(self, own, name, given, arrives):
        assert own.call("echo", **{name: given})[0][name] == arrives

    @pytest.mark.parametrize(
        ("name", "malformed"),
        [
            ("uuid", "not-a-uuid"),
            ("uuid", 5),
            ("uuids", [str(ALICE), "x"]),
            ("uuids", ALICE),
            ("date", "2026-02-30"),
            ("date", "tomorrow"),
            ("date", dt.datetime(2026, 12, 24, tzinfo=dt.UTC)),
            ("time", "25:00"),
            ("at", "next week"),
            ("at", "infinity"),
            ("at", "2026-12-24T18:30"),
            ("at", dt.datetime(2026, 12, 24)),
            ("at", dt.datetime(2026, 12, 24, tzinfo=Nowhere())),
            ("at", dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))),
            ("time", "18:30+01:00"),
            ("time", dt.time(18, 30, tzinfo=dt.UTC)),
            ("number", 1.5),
            ("number", 2**31),
            ("number", True),
            ("big", 2**63),
            ("json", "{"),
            ("json", "NaN"),
            ("json", {"a": float("nan")}),
            ("json", {"a": object()}),
            ("json", {"a": "\0"}),
            ("json", {"a": "\ud800"}),
            ("json", '{"a": "\\u0000"}'),
            ("json", '{"a": "\\ud800"}'),
        ],
    )
    def test_malformed_arguments_are_named_before_the_database_sees_them(self, callers, connection, name, malformed):
        callers.call("echo")
        connection.rollback()
        with pytest.raises(ValueError, match=f"^{name}: "):
            callers.call("echo", **{name: malformed})
        assert connection.info.transaction_status == TransactionStatus.IDLE

    @pytest.mark.parametrize("hours", [-23.5, 15.999, 23.999])
    def test_an_instant_may_be_further_from_utc_than_postgresql_knows(self, own, hours):
        at = dt.datetime(2026, 12, 24, 12, tzinfo=dt.timezone(dt.timedelta(hours=hours)))
        assert own.call("echo", at=at)[0]["at"] == at
        assert own.as_user(ALICE).call("echo", at=at)[0]["at"] == at

    @pytest.mark.parametrize("impossible", ["a\0b", "a\ud800b"])
    def test_a_text_without_a_place_in_postgresql_is_named(self, own, impossible):
        with pytest.raises(ValueError, match=r"^note: .* holds NUL or half a character"):
            own.call("add_note", note=impossible)

    @pytest.mark.parametrize("name", [5, None, "a\0b", "a\ud800b"])
    def test_and_so_is_a_function(self, own, name):
        with pytest.raises(ValueError, match=r"^function: "):
            own.call(name)

    def test_what_is_left_out_is_needed(self, own):
        assert own.call("echo", number=bookingdb.DEFAULT)[0]["number"] == 7
        with pytest.raises(bookingdb.UnknownFunction, match=r"^add_note\(\) needs note; it takes note, refuse$"):
            own.call("add_note", note=bookingdb.DEFAULT)


class TestFunctionsOfYourOwn:
    """Written by somebody who does not know how ours are."""

    @pytest.fixture(autouse=True)
    def functions(self, scratch):
        with psycopg.connect(scratch, options="-csearch_path=scratch") as connection:
            connection.execute("""
                CREATE FUNCTION numbers(p_to integer) RETURNS SETOF integer LANGUAGE sql
                AS 'SELECT generate_series(1, p_to)';
                CREATE FUNCTION all_notes() RETURNS SETOF notes LANGUAGE sql AS 'SELECT * FROM scratch.notes';
                CREATE FUNCTION halves(p_number integer, OUT half integer, OUT rest integer) RETURNS SETOF record
                LANGUAGE sql AS 'SELECT p_number / 2, p_number % 2';
                CREATE FUNCTION keys(p_document json) RETURNS text
                LANGUAGE sql AS $$ SELECT string_agg(key, ', ') FROM json_object_keys(p_document) AS key $$;
                CREATE FUNCTION unnamed(integer, p_other integer) RETURNS integer LANGUAGE sql AS 'SELECT $1';
                CREATE FUNCTION nameless(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1';
                CREATE FUNCTION otherwise(number integer) RETURNS integer LANGUAGE sql AS 'SELECT number';
                CREATE FUNCTION many(VARIADIC p_numbers integer[]) RETURNS integer LANGUAGE sql AS 'SELECT 1';
            """)

    def test_a_set_of_values_is_a_list(self, own):
        assert own.call("numbers", to=3) == [1, 2, 3]
        assert own.call("numbers", to=0) == []

    def test_rows_of_any_kind_are_dicts(self, own):
        own.call("add_note", note="one")
        assert own.call("all_notes") == [{"id": 1, "note": "one"}]
        assert own.call("halves", number=7) == [{"half": 3, "rest": 1}]

    def test_json_travels_like_jsonb(self, own):
        assert own.call("keys", document={"a": 1, "b": 2}) == "a, b"

    @pytest.mark.parametrize(
        ("name", "parameter"), [("unnamed", r"\$1"), ("nameless", r"\$1"), ("otherwise", "number")]
    )
    def test_parameters_need_the_names_that_calls_give_them(self, own, name, parameter):
        with pytest.raises(
            bookingdb.UnknownFunction,
            match=rf"^{name}\(\) cannot be called: the name of parameter {parameter} does not begin with p_$",
        ):
            own.call(name, number=1)

    def test_so_many_as_you_like_are_too_many(self, own):
        with pytest.raises(bookingdb.UnknownFunction, match=r"^many\(\) cannot be called: it is variadic$"):
            own.call("many", numbers=[1])


class TestNames:
    def test_a_word_of_python_gets_an_underscore(self, own):
        assert own.call("distance", from_=1, to=5) == 4

    def test_an_unknown_function_is_told_with_those_there_are(self, own):
        with pytest.raises(bookingdb.UnknownFunction) as refusal:
            own.call("add_nots", note="x")
        assert str(refusal.value) == (
            "schema scratch has no function add_nots; "
            "it has add_note, distance, double, echo, fail, isolation, list_notes, prepared_statements, who"
        )

    def test_an_empty_schema_says_how_to_fill_it(self, scratch):
        with (
            bookingdb.connect(scratch, schema="nowhere") as database,
            pytest.raises(
                bookingdb.UnknownFunction,
                match="schema nowhere has no function who; install it with `bookingdb migrate`",
            ),
        ):
            database.call("who")

    def test_an_unknown_parameter_is_told_with_those_there_are(self, own):
        with pytest.raises(
            bookingdb.UnknownFunction, match=r"add_note\(\) has no parameter text; it takes note, refuse"
        ):
            own.call("add_note", text="x")

    def test_a_missing_parameter_is_named(self, own):
        with pytest.raises(bookingdb.UnknownFunction, match=r"add_note\(\) needs note; it takes note, refuse"):
            own.call("add_note", refuse=True)

    def test_a_trigger_function_is_none_to_call(self, own):
        with pytest.raises(bookingdb.UnknownFunction, match="has no function on_change"):
            own.call("on_change")

    def test_a_name_is_never_sql(self, own):
        with pytest.raises(bookingdb.UnknownFunction, match="has no parameter"):
            own.call("double", **{"number => 1); DROP TABLE notes; --": 1})
        with pytest.raises(bookingdb.UnknownFunction, match="has no function"):
            own.call("double(1); DROP TABLE scratch.notes; --")


class TestOwnConnection:
    def test_each_call_is_committed(self, own, scratch):
        own.call("add_note", note="kept")
        assert notes(scratch) == ["kept"]

    def test_a_refused_call_leaves_nothing_and_the_next_one_works(self, own, scratch):
        with pytest.raises(bookingdb.InsufficientPoints):
            own.call("add_note", note="refused", refuse=True)
        own.call("add_note", note="kept")
        assert notes(scratch) == ["kept"]

    def test_runs_at_read_committed_whatever_the_database_prefers(self, scratch):
        with psycopg.connect(scratch) as connection:
            connection.execute(
                psycopg.sql.SQL("ALTER DATABASE {} SET default_transaction_isolation = 'serializable'").format(
                    psycopg.sql.Identifier(connection.info.dbname)
                )
            )
        with bookingdb.connect(scratch, schema="scratch") as database:
            assert database.call("isolation") == "read committed"

    @pytest.mark.parametrize(("prepare_threshold", "prepared"), [(5, 1), (None, 0)])
    def test_prepares_nothing_where_a_transaction_pooler_could_hand_it_to_others(
        self, scratch, prepare_threshold, prepared
    ):
        with bookingdb.connect(scratch, schema="scratch", prepare_threshold=prepare_threshold) as database:
            for number in range(10):
                database.call("double", number=number)
            assert database.call("prepared_statements") == prepared

    def test_is_closed_with_the_database(self, scratch):
        with bookingdb.connect(scratch, schema="scratch") as database:
            database.call("who")
        with pytest.raises(psycopg.OperationalError, match="closed"):
            database.call("who")


class TestCallersConnection:
    def test_the_caller_commits(self, callers, connection, scratch):
        callers.call("add_note", note="one")
        callers.call("add_note", note="two")
        assert notes(scratch) == []
        connection.commit()
        assert notes(scratch) == ["one", "two"]

    def test_the_caller_rolls_back(self, callers, connection, scratch):
        callers.call("add_note", note="gone")
        connection.rollback()
        callers.call("add_note", note="gone")  # known by now, and so the first statement of its transaction
        connection.rollback()
        assert notes(scratch) == []

    def test_a_refusal_undoes_the_call_alone(self, callers, connection, scratch):
        callers.call("add_note", note="before")
        with pytest.raises(bookingdb.InsufficientPoints):
            callers.call("add_note", note="refused", refuse=True)
        callers.call("add_note", note="after")
        connection.commit()
        assert notes(scratch) == ["before", "after"]

    def test_an_autocommit_connection_has_a_transaction_per_call(self, callers, connection, scratch):
        connection.autocommit = True
        callers.call("add_note", note="one")
        assert notes(scratch) == ["one"]
        with connection.transaction():
            callers.call("add_note", note="two")
            assert notes(scratch) == ["one"]
            raise psycopg.Rollback
        assert notes(scratch) == ["one"]

    def test_closing_the_database_leaves_it_open(self, callers, connection):
        with callers:
            callers.call("who")
        assert not connection.closed


class TestActingUser:
    def test_acts_as_the_user(self, own):
        (seen,) = own.as_user(str(ALICE)).call("who")
        assert seen["role"] == "authenticated"
        assert json.loads(seen["claims"]) == {"sub": str(ALICE), "role": "authenticated"}

    def test_the_database_itself_stays_what_it_was(self, own):
        alice, bob = own.as_user(ALICE), own.as_user(BOB)
        assert acting(alice) == ALICE
        assert acting(bob) == BOB
        assert acting(own) is None
        assert acting(alice) == ALICE

    def test_somebody_without_a_uuid_is_refused(self, own):
        with pytest.raises(ValueError, match=r"^user_id: "):
            own.as_user("alice")

    def test_a_callers_transaction_gets_its_role_and_claims_back(self, callers, connection):
        before = json.dumps({"sub": str(BOB)})
        connection.execute("SET LOCAL ROLE anon")
        connection.execute("SELECT set_config('request.jwt.claims', %s, true)", (before,))
        assert acting(callers.as_user(ALICE)) == ALICE
        assert callers.call("who") == [{"role": "anon", "claims": before}]

    def test_also_after_a_refusal(self, callers, connection):
        callers.call("add_note", note="before")
        with pytest.raises(bookingdb.InsufficientPoints):
            callers.as_user(ALICE).call("add_note", note="refused", refuse=True)
        assert callers.call("who") == [{"role": "none", "claims": ""}]
        assert connection.info.transaction_status == TransactionStatus.INTRANS

    def test_threads_sharing_a_database_act_as_themselves(self, own):
        users = [own.as_user(uuid4()) for _ in range(8)] * 10
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(acting, users)) == [user.user_id for user in users]


def acting(database: bookingdb.Database | bookingdb.ActingUser) -> UUID | None:
    """Who the database says is calling."""
    (seen,) = database.call("who")
    return UUID(json.loads(seen["claims"])["sub"]) if seen["claims"] else None


class TestReplacedFunctions:
    MORE_COLUMNS = """
        DROP FUNCTION scratch.list_notes;
        CREATE FUNCTION scratch.list_notes(p_limit integer DEFAULT 50, p_offset integer DEFAULT 0)
        RETURNS TABLE (id bigint, note text)
        LANGUAGE sql STABLE AS 'SELECT id, note FROM scratch.notes ORDER BY id LIMIT p_limit OFFSET p_offset'
    """

    @pytest.fixture
    def preparing(self, scratch) -> Iterator[psycopg.Connection]:
        """A connection that prepares every statement."""
        with psycopg.connect(scratch, autocommit=True, prepare_threshold=0) as connection:
            yield connection

    @pytest.fixture
    def prepared(self, preparing) -> bookingdb.Database:
        """A database on that connection, which has listed the notes already."""
        database = bookingdb.connect(preparing, schema="scratch")
        assert database.call("list_notes") == []
        return database

    def test_a_stale_plan_is_tried_again(self, prepared, scratch):
        with psycopg.connect(scratch) as other:
            other.execute(self.MORE_COLUMNS)
        assert prepared.call("list_notes") == []

    def test_in_a_callers_transaction_there_is_no_plan_to_be_stale(self, preparing, prepared, scratch):
        with psycopg.connect(scratch) as other:
            other.execute(self.MORE_COLUMNS)
        with preparing.transaction():
            assert prepared.call("list_notes") == []

    def test_a_new_parameter_is_found(self, own, scratch):
        own.call("list_notes")
        with psycopg.connect(scratch) as other:
            other.execute(self.MORE_COLUMNS)
        own.call("add_note", note="one")
        own.call("add_note", note="two")
        assert own.call("list_notes", offset=1) == [{"id": 2, "note": "two"}]
