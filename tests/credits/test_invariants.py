"""I3 and I4: verify_invariants() and reconcile_credits() tell when something broke what triggers keep."""

import pytest
from gusmester.calls import Json

from credits.bank import UNKNOWN, Bank

TOUCHED = "UPDATE credit_transactions SET {} WHERE entry_number = {}"
GIFT = """
    INSERT INTO credit_transactions
        (user_id, entry_number, transaction_type, amount, balance_before, balance_after, created_at)
    SELECT user_id, 4, 'bonus', 5, 120, 125, clock_timestamp() FROM credits"""


@pytest.fixture(autouse=True)
def every_invariant_holds():
    """Not here: this is where they are broken."""


@pytest.fixture
def anna(bank):
    """Somebody with three entries: +100, +50, -30."""
    person = bank.person(100)
    bank.change(person, 50, "bonus")
    bank.change(person, -30)
    return person


def found(bank: Bank) -> set[tuple[str, str, int | None]]:
    """Return what reconcile_credits() finds: person, problem, entry. verify_invariants() must tell the same as I3."""
    differences = [row | {"session_id": None} for row in bank.differences()]
    broken = [row for row in bank.broken_invariants() if row["invariant"] == "I3"]
    told = [{"user_id": row["entity_id"], "session_id": None} | row["details"] for row in broken]
    assert sorted(differences, key=str_of) == sorted(told, key=str_of)
    assert {row["entity"] for row in broken} <= {"credit_account"}
    return {(row["user_id"], row["problem"], row["entry_number"]) for row in differences}


def str_of(row: Json) -> str:
    """Return a text to sort rows by."""
    return str(sorted(row.items(), key=str))


class TestAHealthyBank:
    def test_has_nothing_to_report(self, bank, anna):
        bob = bank.person()
        bank.transfer(anna, bob, 20)
        bank.change(bob, -60, "session_earning_reversal")
        bank.change(bank.person(), 2**31 - 1)
        bank.connection.execute("INSERT INTO credits (user_id) VALUES (%s)", [bank.person()])
        assert bank.broken_invariants() == []
        assert bank.differences() == []
        assert bank.differences(anna) == []

    def test_has_nothing_to_report_of_somebody_without_an_account(self, bank):
        assert bank.differences(bank.person()) == []
        assert bank.differences(UNKNOWN) == []


class TestI3:
    @pytest.mark.parametrize(
        ("write", "problems"),
        [
            # An account
            ("UPDATE credits SET balance = balance + 1", {("balance", None), ("last_balance", None)}),
            ("UPDATE credits SET balance = -1", {("balance", None), ("last_balance", None)}),
            ("UPDATE credits SET total_earned = 0", {("total_earned", None)}),
            ("UPDATE credits SET total_spent = 29", {("total_spent", None)}),
            ("UPDATE credits SET last_entry = 4", {("last_entry", None)}),
            ("UPDATE credits SET last_entry = 2", {("last_entry", None)}),
            ("UPDATE credits SET updated_at = '2099-01-01Z'", {("account_time", None)}),
            ("UPDATE credits SET updated_at = updated_at - interval '1 hour'", {("account_time", None)}),
            (
                "DELETE FROM credits",
                {
                    ("balance", None),
                    ("last_balance", None),
                    ("total_earned", None),
                    ("total_spent", None),
                    ("last_entry", None),
                },
            ),
            # An entry that is gone
            (
                "DELETE FROM credit_transactions",
                {
                    ("balance", None),
                    ("last_balance", None),
                    ("total_earned", None),
                    ("total_spent", None),
                    ("last_entry", None),
                },
            ),
            (
                "DELETE FROM credit_transactions WHERE entry_number = 1",
                {
                    ("balance", None),
                    ("total_earned", None),
                    ("entry_number", 2),
                    ("entry_number", 3),
                    ("entry_before", 2),
                },
            ),
            (
                "DELETE FROM credit_transactions WHERE entry_number = 2",
                {("balance", None), ("total_earned", None), ("entry_number", 3), ("entry_before", 3)},
            ),
            (
                "DELETE FROM credit_transactions WHERE entry_number = 3",
                {
                    ("balance", None),
                    ("last_balance", None),
                    ("total_spent", None),
                    ("last_entry", None),
                    ("account_time", None),
                },
            ),
            # One that nobody earned
            (
                GIFT,
                {
                    ("balance", None),
                    ("last_balance", None),
                    ("total_earned", None),
                    ("last_entry", None),
                    ("account_time", None),
                },
            ),
            # One that was edited
            (TOUCHED.format("entry_number = 4", 3), {("last_entry", None), ("entry_number", 4)}),
            (
                TOUCHED.format("amount = amount + 1, balance_after = balance_after + 1", 2),
                {("balance", None), ("total_earned", None), ("entry_before", 3)},
            ),
            (
                TOUCHED.format("amount = amount + 1, balance_after = balance_after + 1", 3),
                {("balance", None), ("last_balance", None), ("total_spent", None)},
            ),
            (
                TOUCHED.format("balance_before = balance_before + 1, balance_after = balance_after + 1", 2),
                {("entry_before", 2), ("entry_before", 3)},
            ),
            (
                TOUCHED.format("balance_before = balance_before + 1, balance_after = balance_after + 1", 3),
                {("last_balance", None), ("entry_before", 3)},
            ),
            (TOUCHED.format("created_at = created_at - interval '1 hour'", 2), {("entry_time", 2)}),
            (TOUCHED.format("created_at = created_at + interval '1 hour'", 1), {("entry_time", 2)}),
        ],
    )
    def test_an_account_that_is_not_its_ledger_is_reported(self, bank, anna, superuser, write, problems):
        superuser.execute(write)
        assert found(bank) == {(anna, *problem) for problem in problems}

    def test_an_account_without_entries_that_is_ahead_of_the_clock_is_reported(self, bank, superuser):
        bob = bank.person()
        bank.connection.execute("INSERT INTO credits (user_id) VALUES (%s)", [bob])
        assert found(bank) == set()
        superuser.execute("UPDATE credits SET updated_at = '2099-01-01Z'")
        assert found(bank) == {(bob, "account_time", None)}

    def test_an_entry_that_does_not_add_up_is_reported(self, bank, anna, superuser):
        superuser.execute("ALTER TABLE credit_transactions DROP CONSTRAINT credits_add_up")
        superuser.execute(TOUCHED.format("amount = 49", 2))
        assert found(bank) == {(anna, "balance", None), (anna, "total_earned", None), (anna, "entry_after", 2)}

    def test_an_entry_that_exists_twice_is_reported(self, bank, anna, superuser):
        superuser.execute(
            "ALTER TABLE credit_transactions DROP CONSTRAINT credit_transactions_user_id_entry_number_key"
        )
        superuser.execute(
            "INSERT INTO credit_transactions"
            " (user_id, entry_number, transaction_type, amount, balance_before, balance_after, created_at)"
            " SELECT user_id, entry_number, transaction_type, amount, balance_before, balance_after, created_at"
            " FROM credit_transactions WHERE entry_number = 3"
        )
        assert (anna, "balance", None) in found(bank)

    def test_the_one_account_it_is_about_is_reported(self, bank, anna, superuser):
        bob = bank.person(10)
        superuser.execute("UPDATE credits SET total_spent = 1 WHERE user_id = %s", [bob])
        assert found(bank) == {(bob, "total_spent", None)}
        assert bank.differences(anna) == []
        assert [row["user_id"] for row in bank.differences(bob)] == [bob]

    def test_what_was_found_is_told(self, bank, anna, superuser):
        superuser.execute("UPDATE credits SET total_spent = 29")
        (row,) = bank.broken_invariants()
        assert row == {
            "invariant": "I3",
            "entity": "credit_account",
            "entity_id": anna,
            "details": {"problem": "total_spent", "entry_number": None, "expected": 30, "found": 29},
        }
        assert bank.differences() == [
            {
                "user_id": anna,
                "problem": "total_spent",
                "entry_number": None,
                "session_id": None,
                "expected": 30,
                "found": 29,
            }
        ]


class TestI4:
    @pytest.fixture
    def transfer(self, bank, anna):
        """The id of a transfer of 20."""
        return bank.transfer(anna, bank.person(10), 20)["transfer_id"]

    def broken(self, bank):
        """Return the transfers that are broken."""
        return [
            (row["entity"], row["entity_id"], row["details"])
            for row in bank.broken_invariants()
            if row["invariant"] == "I4"
        ]

    @pytest.mark.parametrize(("side", "left"), [("amount < 0", 20), ("amount > 0", -20)])
    def test_a_transfer_that_lost_a_side_is_reported(self, bank, transfer, superuser, side, left):
        superuser.execute(f"DELETE FROM credit_transactions WHERE transfer_id IS NOT NULL AND {side}")
        assert self.broken(bank) == [("credit_transfer", transfer, {"sum": left, "entries": 1})]
        assert found(bank)

    def test_a_side_of_another_amount_is_reported(self, bank, transfer, superuser):
        superuser.execute(
            "UPDATE credit_transactions SET amount = 21, balance_after = balance_after + 1"
            " WHERE transfer_id IS NOT NULL AND amount > 0"
        )
        assert self.broken(bank) == [("credit_transfer", transfer, {"sum": 1, "entries": 2})]
        assert found(bank)

    def test_a_gift_within_a_transfer_is_reported_though_every_account_agrees(self, bank, anna, superuser):
        superuser.execute("SET session_replication_role = origin")
        superuser.execute("ALTER TABLE credit_transactions DISABLE TRIGGER ledger_transfers_balanced")
        superuser.execute(
            "INSERT INTO credit_transactions (user_id, entry_number, transaction_type, amount, balance_before,"
            " balance_after, transfer_id, created_at) VALUES (%s, 4, 'transfer', 5, 120, 125, %s, clock_timestamp())",
            [anna, UNKNOWN],
        )
        assert self.broken(bank) == [("credit_transfer", UNKNOWN, {"sum": 5, "entries": 1})]
        assert found(bank) == set()
