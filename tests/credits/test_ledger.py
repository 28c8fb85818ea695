"""The ledger and its accounts, by hand: what follows is taken, all else is refused, and nothing is ever edited."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from credits.bank import UNKNOWN, insert_entries, insert_entry

LEDGER = "credit_transactions"
UPSERT = f"""
    INSERT INTO {LEDGER}
        (user_id, entry_number, transaction_type, amount, balance_before, balance_after, created_at)
    SELECT user_id, entry_number, transaction_type, amount, balance_before, balance_after, created_at FROM {LEDGER}
    ON CONFLICT (user_id, entry_number) DO UPDATE SET description = 'Edited'"""
MERGE = f"""
    MERGE INTO {LEDGER} t USING credits c ON t.user_id = c.user_id
    WHEN MATCHED THEN UPDATE SET description = 'Edited'"""


class TestNothingIsEdited:
    @pytest.mark.parametrize(
        "write",
        [
            f"UPDATE {LEDGER} SET amount = amount",
            f"UPDATE {LEDGER} SET description = 'Gift' WHERE false",
            f"DELETE FROM {LEDGER}",
            f"DELETE FROM {LEDGER} WHERE false",
            f"TRUNCATE {LEDGER} CASCADE",
            "TRUNCATE credits CASCADE",
            "TRUNCATE profiles CASCADE",
            UPSERT,
            MERGE,
        ],
    )
    def test_not_even_by_its_owner(self, bank, write):
        anna = bank.person(10)
        with pytest.raises(errors.RestrictViolation, match="append-only"):
            bank.connection.execute(write)
        assert bank.entries(anna) == [("credit_purchase", 10, 10)]

    @pytest.mark.parametrize("table", [LEDGER, "audit_log", "function_versions", "employee_points_history"])
    def test_not_by_way_of_a_table_that_it_inherits_from_either(self, bank, table):
        bank.person(10)
        bank.connection.execute("INSERT INTO employees (name, email) VALUES ('Anna', 'anna@example.com')")
        with bank.connection.transaction(force_rollback=True):
            bank.connection.execute(f"CREATE TABLE parent (LIKE {table} INCLUDING CONSTRAINTS)")
            bank.connection.execute(f"ALTER TABLE {table} INHERIT parent")
            for write in ("UPDATE parent SET id = id", "DELETE FROM parent", "TRUNCATE parent CASCADE"):
                with pytest.raises(errors.RestrictViolation, match="append-only"), bank.connection.transaction():
                    bank.connection.execute(write)

    @pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
    @pytest.mark.parametrize(
        "write",
        [
            f"INSERT INTO {LEDGER} DEFAULT VALUES",
            f"UPDATE {LEDGER} SET amount = 1",
            f"DELETE FROM {LEDGER}",
            f"TRUNCATE {LEDGER} CASCADE",
            "INSERT INTO credits (user_id) VALUES (gen_random_uuid())",
            "UPDATE credits SET balance = 1000",
            "DELETE FROM credits",
            "TRUNCATE credits CASCADE",
            f"SELECT nextval('{LEDGER}_id_seq')",
            f"ALTER TABLE {LEDGER} DISABLE TRIGGER ALL",
            "SET session_replication_role = replica",
        ],
    )
    def test_nor_written_by_any_caller(self, bank, connect, role, write):
        bank.person(10)
        caller = connect()
        caller.execute(f"SET ROLE {role}")
        with pytest.raises(errors.InsufficientPrivilege):
            caller.execute(write)


class TestAnEntryByHand:
    def test_that_follows_moves_the_account(self, bank):
        anna = bank.person(10)
        insert_entry(bank.connection, anna, amount=-4, transaction_type="expiry")
        assert bank.account(anna) == {"balance": 6, "current_balance": 6, "total_earned": 10, "total_spent": 4}

    def test_that_is_the_first_moves_an_empty_account(self, bank):
        anna = bank.person()
        bank.connection.execute("INSERT INTO credits (user_id) VALUES (%s)", [anna])
        insert_entry(bank.connection, anna)
        assert bank.balance(anna) == 10

    def test_is_refused_without_an_account(self, bank):
        anna = bank.person()
        with pytest.raises(psycopg.IntegrityError):
            insert_entry(bank.connection, anna)

    @pytest.mark.parametrize(
        "entry",
        [
            {"entry_number": 3},
            {"entry_number": 1, "balance_before": 0, "balance_after": 10},
            {"entry_number": 0, "balance_before": 0, "balance_after": 10},
            {"entry_number": -1},
            {"entry_number": 2**63 - 1},
            {"balance_before": 0, "balance_after": 10},
            {"balance_before": 9, "balance_after": 19},
            {"balance_after": 21},
            {"amount": -11, "transaction_type": "expiry"},
            {"created_at": "2025-12-31Z"},
            {"created_at": "-infinity"},
            {"created_at": "infinity"},
            {"created_at": "2100-01-01Z"},
        ],
    )
    def test_that_does_not_follow_the_last_one_is_refused(self, bank, entry):
        anna = bank.person(10)
        with pytest.raises(psycopg.IntegrityError):
            insert_entry(bank.connection, anna, **entry)
        assert bank.entries(anna) == [("credit_purchase", 10, 10)]
        assert bank.balance(anna) == 10

    def test_that_starts_a_ledger_with_something_is_refused(self, bank):
        anna = bank.person()
        bank.connection.execute("INSERT INTO credits (user_id) VALUES (%s)", [anna])
        for entry in ({"entry_number": 2}, {"balance_before": 5, "balance_after": 15}):
            with pytest.raises(errors.CheckViolation):
                insert_entry(bank.connection, anna, **entry)

    @pytest.mark.parametrize(
        "column", ["user_id", "entry_number", "transaction_type", "amount", "balance_before", "created_at"]
    )
    def test_says_everything(self, bank, column):
        anna = bank.person(10)
        row = {column: None} | ({"balance_after": 20} if column == "balance_before" else {})
        row |= {"balance_after": 20, "amount": None} if column == "amount" else {}
        with pytest.raises(psycopg.IntegrityError):
            bank.connection.execute(
                f"INSERT INTO {LEDGER} (user_id, entry_number, transaction_type, amount, balance_before,"
                " balance_after, created_at) VALUES (%(user_id)s, %(entry_number)s, %(transaction_type)s, %(amount)s,"
                " %(balance_before)s, %(balance_after)s, %(created_at)s)",
                {
                    "user_id": anna,
                    "entry_number": 2,
                    "transaction_type": "bonus",
                    "amount": 10,
                    "balance_before": 10,
                    "balance_after": 20,
                    "created_at": "2099-01-01Z",
                }
                | row,
            )

    def test_that_exists_is_skipped_where_conflicts_do_nothing(self, bank):
        anna = bank.person(10)
        again = {"entry_number": 1, "balance_before": 0, "balance_after": 10}
        for target in ("", "(user_id, entry_number)"):
            clause = f"ON CONFLICT {target} DO NOTHING"
            assert insert_entries(bank.connection, anna, again, clause=clause) == 0
        assert bank.balance(anna) == 10

    def test_that_follows_is_taken_where_conflicts_do_nothing(self, bank):
        anna = bank.person(10)
        assert insert_entries(bank.connection, anna, {}, clause="ON CONFLICT DO NOTHING") == 1
        assert bank.balance(anna) == 20

    def test_is_dated_by_commands_after_it(self, bank):
        """A clock that was ahead: entries after it have its time, none an earlier one."""
        anna = bank.person(10)
        insert_entry(bank.connection, anna, created_at="2090-01-01Z")
        bank.change(anna, 1)
        assert bank.value(f"SELECT count(*) FROM {LEDGER} WHERE created_at = '2090-01-01Z'") == 2


class TestEntriesOfOneStatement:
    def test_that_follow_each_other_are_taken(self, bank):
        anna = bank.person(10)
        insert_entries(bank.connection, anna, {}, {"amount": -20, "transaction_type": "expiry"}, {"amount": 5})
        assert bank.entries(anna)[1:] == [("bonus", 10, 20), ("expiry", -20, 0), ("bonus", 5, 5)]
        assert bank.account(anna) == {"balance": 5, "current_balance": 5, "total_earned": 25, "total_spent": 20}

    def test_of_several_people_are_taken(self, bank):
        people = [bank.person(10) for _ in range(3)]
        bank.connection.execute(
            f"INSERT INTO {LEDGER} (user_id, entry_number, transaction_type, amount, balance_before, balance_after,"
            " created_at) SELECT user_id, last_entry + 1, 'bonus', 7, balance, balance + 7, clock_timestamp()"
            " FROM credits"
        )
        assert [bank.balance(person) for person in people] == [17, 17, 17]

    @pytest.mark.parametrize(
        "entries",
        [
            [{}, {"entry_number": 2}],
            [{}, {"entry_number": 4}],
            [{}, {"balance_before": 10, "balance_after": 20}],
            [{}, {"created_at": "2025-12-31Z"}],
            [{}, {}, {"amount": -31, "transaction_type": "expiry"}],
            [{"entry_number": 3, "balance_before": 20, "balance_after": 30}, {"entry_number": 2}],
        ],
    )
    def test_are_all_refused_when_one_does_not_follow(self, bank, entries):
        anna = bank.person(10)
        with pytest.raises(psycopg.IntegrityError):
            insert_entries(bank.connection, anna, *entries)
        assert bank.entries(anna) == [("credit_purchase", 10, 10)]
        assert bank.balance(anna) == 10

    def test_come_by_copy_too(self, bank):
        anna = bank.person(10)
        columns = "user_id, entry_number, transaction_type, amount, balance_before, balance_after, created_at"
        with bank.connection.cursor() as cursor, cursor.copy(f"COPY {LEDGER} ({columns}) FROM STDIN") as copy:
            copy.write_row([anna, 2, "bonus", 5, 10, 15, "2099-01-01Z"])
        assert bank.balance(anna) == 15

        def copy_a_wrong_one() -> None:
            with bank.connection.cursor() as cursor, cursor.copy(f"COPY {LEDGER} ({columns}) FROM STDIN") as copy:
                copy.write_row([anna, 3, "bonus", 5, 10, 15, "2099-01-01Z"])

        with pytest.raises(errors.CheckViolation):
            copy_a_wrong_one()


class TestAnAccountByHand:
    @pytest.mark.parametrize(
        "change",
        [
            "balance = 11",
            "balance = balance + 1",
            "balance = -1",
            "total_earned = 11",
            "total_spent = 1",
            "last_entry = 2",
            "last_entry = 0",
            "balance = 11, total_earned = 11, last_entry = 2",
            "updated_at = '2099-01-01Z'",
            "updated_at = updated_at - interval '1 second'",
            "updated_at = 'infinity'",
        ],
    )
    def test_says_what_its_ledger_says(self, bank, change):
        anna = bank.person(10)
        with pytest.raises(errors.CheckViolation, match="ledger alone"):
            bank.connection.execute(f"UPDATE credits SET {change}")
        assert bank.account(anna) == {"balance": 10, "current_balance": 10, "total_earned": 10, "total_spent": 0}

    def test_is_not_moved_by_somebody_elses_trigger_either(self, bank):
        anna = bank.person(10)
        bank.connection.execute("""
            CREATE FUNCTION give() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN UPDATE credits SET balance = balance + 5 WHERE user_id = NEW.user_id; RETURN NEW; END $$;
            CREATE TRIGGER give BEFORE UPDATE ON profiles FOR EACH ROW EXECUTE FUNCTION give()
        """)
        with pytest.raises(errors.CheckViolation, match="ledger alone"):
            bank.connection.execute("UPDATE profiles SET full_name = 'Renamed'")
        assert bank.balance(anna) == 10

    def test_may_be_moved_by_a_trigger_that_makes_an_entry(self, bank):
        """A welcome gift, say."""
        bank.connection.execute("""
            CREATE FUNCTION welcome() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM update_credit_balance(NEW.user_id, 5, 'bonus'); RETURN NULL; END $$;
            CREATE TRIGGER welcome AFTER INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION welcome()
        """)
        assert bank.balance(bank.person()) == 5

    def test_is_not_given_to_somebody_else(self, bank):
        bank.person(10)
        with pytest.raises(psycopg.IntegrityError):
            bank.connection.execute("UPDATE credits SET user_id = %s", [bank.person()])

    @pytest.mark.parametrize("column", ["balance", "total_earned", "total_spent", "last_entry"])
    @pytest.mark.parametrize("number", [1, -1])
    def test_opens_at_zero(self, bank, column, number):
        anna = bank.person()
        with pytest.raises(errors.CheckViolation, match="ledger alone"):
            bank.connection.execute(f"INSERT INTO credits (user_id, {column}) VALUES (%s, %s)", [anna, number])

    def test_without_entries_is_not_ahead_of_the_clock(self, bank):
        anna = bank.person()
        with pytest.raises(errors.CheckViolation, match="ledger alone"):
            bank.connection.execute("INSERT INTO credits (user_id, updated_at) VALUES (%s, '2099-01-01Z')", [anna])
        bank.connection.execute("INSERT INTO credits (user_id, updated_at) VALUES (%s, '2020-01-01Z')", [anna])
        bank.connection.execute("UPDATE credits SET updated_at = now()")
        with pytest.raises(errors.CheckViolation, match="ledger alone"):
            bank.connection.execute("UPDATE credits SET updated_at = now() + interval '1 minute'")

    def test_has_one_balance_under_two_names(self, bank):
        bank.person(10)
        with pytest.raises(errors.GeneratedAlways):
            bank.connection.execute("UPDATE credits SET current_balance = 11")

    def test_is_of_somebody_known(self, bank):
        with pytest.raises(errors.ForeignKeyViolation):
            bank.connection.execute("INSERT INTO credits (user_id) VALUES (%s)", [UNKNOWN])

    def test_is_not_deleted_from_under_its_ledger(self, bank):
        bank.person(10)
        with pytest.raises(psycopg.IntegrityError):
            bank.connection.execute("DELETE FROM credits")

    def test_may_be_upserted_as_it_is(self, bank):
        """As one who wants to be sure that it exists."""
        anna = bank.person(10)
        bank.connection.execute("INSERT INTO credits (user_id) VALUES (%s) ON CONFLICT DO NOTHING", [anna])
        assert bank.balance(anna) == 10


class TestAPerson:
    def test_with_an_account_is_not_deleted(self, bank):
        anna = bank.person(10)
        bank.change(anna, -10)
        with pytest.raises(psycopg.IntegrityError):
            bank.connection.execute("DELETE FROM profiles WHERE user_id = %s", [anna])

    def test_without_one_is(self, bank):
        anna = bank.person()
        bank.connection.execute("DELETE FROM profiles WHERE user_id = %s", [anna])
        assert bank.account(anna)["balance"] == 0

    def test_who_is_erased_keeps_amounts_and_times(self, bank):
        anna = bank.person(10)
        before = bank.rows(f"SELECT amount, created_at FROM {LEDGER}")
        bank.connection.execute("SELECT erase_person(%s)", [anna])
        assert bank.rows(f"SELECT amount, created_at FROM {LEDGER}") == before
        assert bank.balance(anna) == 10


class TestTime:
    def test_does_not_stand_still_within_a_transaction(self, bank):
        anna = bank.person()
        with bank.connection.transaction():
            for _ in range(3):
                bank.change(anna, 1)
        assert bank.value(f"SELECT count(DISTINCT created_at) FROM {LEDGER}") > 1

    def test_of_an_entry_is_never_before_the_last_ones(self, bank, superuser):
        anna = bank.person(10)
        superuser.execute(f"UPDATE {LEDGER} SET created_at = created_at + interval '1 hour'")
        superuser.execute("UPDATE credits SET updated_at = updated_at + interval '1 hour'")
        bank.change(anna, 1)
        assert bank.value(f"SELECT count(DISTINCT created_at) FROM {LEDGER}") == 1

    def test_of_an_entry_is_not_when_its_transaction_began(self, bank, connect):
        """The later of two transactions may be the first to get the account."""
        anna = bank.person(10)
        early = connect(autocommit=False)
        early.execute("SELECT now()")
        bank.change(anna, 1)
        early.execute("SELECT update_credit_balance(%s, 2, 'bonus')", [anna])
        early.commit()
        times = [row for (row,) in bank.rows(f"SELECT created_at FROM {LEDGER} ORDER BY entry_number")]
        assert times == sorted(times)

    def test_of_both_sides_of_a_transfer_is_one(self, bank):
        anna, bob = bank.person(10), bank.person(10)
        sent = bank.transfer(anna, bob, 1)["transfer_id"]
        insert_entry(bank.connection, bob, created_at="2090-01-01Z")
        late = bank.transfer(anna, bob, 1)["transfer_id"]
        query = (
            f"SELECT count(DISTINCT created_at), max(created_at) = '2090-01-01Z' FROM {LEDGER} WHERE transfer_id = %s"
        )
        assert bank.rows(query, [sent]) == [(1, False)]
        assert bank.rows(query, [late]) == [(1, True)]


@pytest.fixture
def drained(bank) -> Iterator[str]:
    """Somebody who has spent everything."""
    anna = bank.person(10)
    bank.change(anna, -10)
    yield anna
    assert bank.balance(anna) == 0


def test_a_savepoint_that_is_rolled_back_takes_its_entry_along(bank, drained):
    with bank.connection.transaction():
        with bank.connection.transaction(force_rollback=True):
            bank.change(drained, 5)
        bank.change(drained, 7)
        bank.change(drained, -7)
    assert bank.value(f"SELECT array_agg(entry_number ORDER BY entry_number) FROM {LEDGER}") == [1, 2, 3, 4]
