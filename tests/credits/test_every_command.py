"""Rules that hold for every command on accounts: the same call again, its transaction, its record, its signature."""

from uuid import uuid4

import pytest
from core.records import refusals
from gusmester.calls import Json, run, run_for_text
from gusmester.snapshot import nothing_written

from credits.bank import Bank
from credits.commands import COMMANDS, every_command

KEY = "p_idempotency_key text DEFAULT NULL::text"
USER = "p_user_id uuid DEFAULT NULL::uuid"

COMMAND_PARAMETERS = {
    "update_credit_balance": "p_user_id uuid, p_amount integer, p_transaction_type text,"
    " p_description text DEFAULT NULL::text, p_reference_id uuid DEFAULT NULL::uuid,"
    f" p_reference_type text DEFAULT NULL::text, {KEY}",
    "credits_transfer": "p_from_user_id uuid, p_to_user_id uuid, p_amount integer,"
    f" p_description text DEFAULT NULL::text, {KEY}",
    "repair_credit_account": f"p_user_id uuid, p_reason text, {KEY}",
}
QUERIES = {
    "get_credit_balance": (
        USER,
        "TABLE(balance bigint, current_balance bigint, total_earned bigint, total_spent bigint)",
    ),
    "get_credit_transactions": (
        f"{USER}, p_limit integer DEFAULT 50, p_before bigint DEFAULT NULL::bigint",
        "TABLE(id bigint, entry_number bigint, transaction_type text, amount integer, balance_before bigint,"
        " balance_after bigint, description text, session_id uuid, reference_id uuid, reference_type text,"
        " transfer_id uuid, created_at timestamp with time zone)",
    ),
    "balance_at": ("p_user_id uuid, p_at timestamp with time zone", "bigint"),
    "reconcile_credits": (
        USER,
        "TABLE(user_id uuid, problem text, entry_number bigint, session_id uuid, expected bigint, found bigint)",
    ),
}
COLUMNS = {
    "credits": "user_id balance current_balance total_earned total_spent updated_at",
    "credit_transactions": "id user_id entry_number transaction_type amount balance_before balance_after description"
    " session_id reference_id reference_type transfer_id created_at",
}


@pytest.fixture
def key() -> Json:
    """The argument that gives a call a new idempotency key."""
    return {"p_idempotency_key": str(uuid4())}


@pytest.fixture
def trial(bank, superuser, command):
    """A bank in which the command can be called."""
    return command.prepare(bank, superuser)


@pytest.fixture(autouse=True)
def what_is_broken_is_repaired(every_invariant_holds, bank):
    """What was prepared for a repair that was then not made."""
    yield
    for person in {row["user_id"] for row in bank.differences()}:
        bank.repair(person)


@every_command
class TestTheSameKey:
    def test_with_the_same_arguments_answers_the_same_and_changes_nothing(self, bank, key, command, trial):
        first = run_for_text(bank.connection, command.name, **trial.arguments, **key)
        with nothing_written(bank.connection):
            assert run_for_text(bank.connection, command.name, **trial.arguments, **key) == first

    def test_answers_the_same_in_every_session(self, bank, connect, key, command, trial):
        first = run_for_text(bank.connection, command.name, **trial.arguments, **key)
        other = connect()
        other.execute("SET timezone = 'Asia/Tokyo'; SET datestyle = 'German, DMY'; SET extra_float_digits = 0")
        assert run_for_text(other, command.name, **trial.arguments, **key) == first

    def test_answers_the_same_whatever_has_happened_since(self, bank, key, command, trial):
        first = run_for_text(bank.connection, command.name, **trial.arguments, **key)
        bank.connection.execute("SELECT update_credit_balance(user_id, 1000, 'bonus') FROM credits")
        assert run_for_text(bank.connection, command.name, **trial.arguments, **key) == first

    def test_with_other_arguments_is_a_conflict(self, bank, refuses, key, command, trial):
        run(bank.connection, command.name, **trial.arguments, **key)
        with refuses("idempotency_conflict"):
            run(bank.connection, command.name, **trial.arguments | trial.other_arguments, **key)

    def test_conflicts_by_every_argument(self, bank, refuses, key, command, trial):
        run(bank.connection, command.name, **trial.arguments, **key)
        for parameter in trial.arguments:
            with refuses("idempotency_conflict"):
                run(bank.connection, command.name, **trial.arguments | {parameter: None}, **key)

    def test_is_free_again_after_a_failed_call(self, bank, refuses, key, command, trial):
        trial.obstruct()
        with refuses(command.refused_as):
            run(bank.connection, command.name, **trial.arguments, **key)
        trial.clear()
        assert run(bank.connection, command.name, **trial.arguments, **key)["success"] is True

    def test_is_free_for_other_arguments_after_a_failed_call(self, bank, refuses, key, command, trial):
        with refuses("invalid_input"):
            run(bank.connection, command.name, **dict.fromkeys(trial.arguments), **key)
        assert run(bank.connection, command.name, **trial.arguments, **key)["success"] is True

    def test_of_two_commands_is_two_keys(self, bank, superuser, key, command, trial):
        for other in COMMANDS:
            if other != command:
                run(bank.connection, other.name, **other.prepare(bank, superuser).arguments, **key)
        assert run(bank.connection, command.name, **trial.arguments, **key)["success"] is True

    def test_has_1_to_255_characters(self, bank, refuses, command, trial):
        for text in ("", "x" * 256):
            with refuses("invalid_input", parameter="p_idempotency_key"):
                run(bank.connection, command.name, **trial.arguments, p_idempotency_key=text)
        longest = "\N{SAUROPOD}" * 255
        assert run(bank.connection, command.name, **trial.arguments, p_idempotency_key=longest)["success"] is True

    def test_is_not_kept_by_a_call_that_is_rolled_back(self, bank, key, command, trial):
        with nothing_written(bank.connection), bank.connection.transaction(force_rollback=True):
            run(bank.connection, command.name, **trial.arguments, **key)
        assert run(bank.connection, command.name, **trial.arguments, **key)["success"] is True


class TestAKeyOfAUser:
    @pytest.fixture(autouse=True)
    def users_may_transfer(self, bank):
        """Else they have no command of their own."""
        bank.connection.execute("UPDATE settings SET allow_user_transfers = true")

    def test_is_not_the_services(self, bank, bank_as, key):
        anna, bob = bank.person(10), bank.person()
        first = bank_as(anna).transfer(anna, bob, 1, **key)
        second = bank.transfer(anna, bob, 1, **key)
        assert first["transfer_id"] != second["transfer_id"]
        assert bank.balance(bob) == 2

    def test_is_not_another_users(self, bank, bank_as, refuses, key):
        anna, bob = bank.person(10), bank.person(10)
        first = bank_as(anna).transfer(anna, bob, 1, **key)
        with refuses("not_allowed"):
            bank_as(bob).transfer(anna, bob, 1, **key)
        assert bank_as(bob).transfer(bob, anna, 1, **key)["transfer_id"] != first["transfer_id"]


@every_command
def test_a_transaction_it_cannot_work_in_is_refused_at_once_whatever_the_state(bank, refuses, key, command, trial):
    for mode, parameter in {
        "ISOLATION LEVEL REPEATABLE READ": "transaction_isolation",
        "ISOLATION LEVEL SERIALIZABLE": "transaction_isolation",
        "READ ONLY": "transaction_read_only",
    }.items():
        for arguments in (trial.arguments, trial.arguments | key, dict.fromkeys(trial.arguments)):
            with refuses("invalid_input", parameter=parameter), bank.connection.transaction():
                bank.connection.execute(f"SET TRANSACTION {mode}")
                run(bank.connection, command.name, **arguments)
        run(bank.connection, command.name, **trial.arguments, **key)


@every_command
class TestTheRecord:
    def test_has_one_row_of_an_effect_and_none_of_a_replay(self, bank, key, command, trial):
        before = bank.value("SELECT count(*) FROM audit_log")
        for _ in range(3):
            run(bank.connection, command.name, **trial.arguments, **key)
        assert bank.value("SELECT count(*) FROM audit_log") == before + 1
        assert bank.audits(command.name)[-1]["actor_id"] is None

    def test_has_none_of_a_refusal(self, bank, refuses, command, trial):
        trial.obstruct()
        before = bank.value("SELECT count(*) FROM audit_log")
        with refuses(command.refused_as):
            run(bank.connection, command.name, **trial.arguments)
        assert bank.value("SELECT count(*) FROM audit_log") == before
        trial.clear()

    def test_counts_a_refusal_though_nothing_of_it_remains(self, bank, refuses, command, trial):
        before = refusals(bank.connection, "invalid_input")
        with refuses("invalid_input"):
            run(bank.connection, command.name, **dict.fromkeys(trial.arguments))
        assert refusals(bank.connection, "invalid_input") == before + 1


def test_the_record_says_who_sent_how_much_to_whom(bank, bank_as):
    bank.connection.execute("UPDATE settings SET allow_user_transfers = true")
    anna, bob = bank.person(10), bank.person()
    sent = bank_as(anna).transfer(anna, bob, 3, p_description="Secret")
    (row,) = bank.audits("credits_transfer")
    assert (row["actor_id"], row["entity"], row["entity_id"]) == (anna, "credit_transfer", sent["transfer_id"])
    assert row["details"] == {"from_user_id": anna, "to_user_id": bob, "credits": 3}


def test_the_record_says_what_was_added_to_whom(bank):
    anna = bank.person()
    added = bank.change(anna, 3, "bonus", p_description="Secret", p_reference_type="Secret")
    (row,) = bank.audits("update_credit_balance")
    assert (row["entity"], row["entity_id"]) == ("credit_account", anna)
    assert row["details"] == {"transaction_id": added["transaction_id"], "type": "bonus", "credits": 3}


class TestStatistics:
    NOTHING = dict.fromkeys(
        [
            "transfers",
            "credits_transferred",
            "credits_allocated",
            "credits_purchased",
            "credits_refunded",
            "credits_added",
            "credits_taken",
        ],
        0,
    )

    def stats(self, bank: Bank, since: str = "1 hour", until: str = "-1 hour") -> dict[str, int]:
        """Return what booking_stats() counts of the module between two moments, given as how long ago they are."""
        return dict(
            bank.rows(
                "SELECT metric, value FROM booking_stats(now() - %s::interval, now() - %s::interval)"
                " WHERE module = 'credits'",
                [since, until],
            )
        )

    def test_are_zeros_at_first(self, bank):
        assert self.stats(bank) == self.NOTHING

    def test_count_what_moved(self, bank, superuser, refuses):
        anna, bob = bank.person(100), bank.person(50)
        bank.change(anna, -30)
        bank.change(anna, 5, "refund", p_idempotency_key="once")
        bank.change(anna, 5, "refund", p_idempotency_key="once")
        bank.change(bob, -4, "expiry")
        bank.transfer(anna, bob, 20)
        bank.transfer(bob, anna, 1)
        with refuses("insufficient_credits"):
            bank.transfer(bob, anna, 1000)
        superuser.execute("UPDATE credits SET balance = balance + 3 WHERE user_id = %s", [anna])
        bank.repair(anna)
        superuser.execute("UPDATE credits SET balance = balance - 2 WHERE user_id = %s", [bob])
        bank.repair(bob)
        assert self.stats(bank) == self.NOTHING | {
            "transfers": 2,
            "credits_transferred": 21,
            "credits_purchased": 150,
            "credits_refunded": 5,
            "credits_added": 158,
            "credits_taken": 36,
        }

    def test_count_the_greatest_amounts(self, bank):
        anna, bob = bank.person(2**31 - 1), bank.person(2**31 - 1)
        bank.transfer(anna, bob, 2**31 - 1)
        bank.transfer(bob, anna, 2**31 - 1)
        assert self.stats(bank)["credits_purchased"] == self.stats(bank)["credits_transferred"] == 2**32 - 2

    def test_are_of_a_period(self, bank):
        bank.person(10)
        assert self.stats(bank, "2 hours", "1 hour") == self.stats(bank, "-1 hour", "-2 hours") == self.NOTHING


def signature(bank: Bank, function: str) -> tuple[str, str, str]:
    """Return parameters, result and volatility of the one function of this name."""
    ((parameters, result, volatility),) = bank.rows(
        "SELECT pg_get_function_arguments(oid), pg_get_function_result(oid), provolatile FROM pg_proc"
        " WHERE proname = %s AND pronamespace = current_schema()::regnamespace",
        [function],
    )
    return parameters, result, volatility


def test_every_command_is_tried():
    assert {command.name for command in COMMANDS} == set(COMMAND_PARAMETERS)


@every_command
def test_a_command_takes_and_answers_what_is_promised(bank, command, trial):
    assert signature(bank, command.name) == (COMMAND_PARAMETERS[command.name], "json", "v")
    result = run(bank.connection, command.name, **trial.arguments)
    assert list(result) == ["success", *command.result]


def test_queries_take_and_return_what_is_promised(bank):
    for query, (parameters, result) in QUERIES.items():
        assert signature(bank, query) == (parameters, result, "s")


def test_tables_have_the_columns_that_are_promised(bank):
    for table, columns in COLUMNS.items():
        found = bank.rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        assert set(columns.split()) <= {name for (name,) in found}
