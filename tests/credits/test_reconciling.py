"""reconcile_credits() beyond I3, and repair_credit_account(), which adds an entry and never edits one."""

import pytest

from credits.bank import UNKNOWN, insert_entry

SESSION, LOST = "00000000-0000-4000-8000-000000000011", "00000000-0000-4000-8000-000000000012"

KNOWN_SESSIONS = """
    CREATE FUNCTION _{module}_known_sessions(uuid[]) RETURNS uuid[] LANGUAGE sql STABLE
    AS $$ SELECT array_agg(s) FROM unnest($1) AS s WHERE s = '{session}' $$"""
UNPAID_SESSIONS = """
    CREATE FUNCTION _studio_unpaid_sessions(p_user_id uuid)
    RETURNS TABLE (user_id uuid, session_id uuid, expected bigint, found bigint) LANGUAGE sql STABLE
    AS $$ SELECT u.id, '{session}'::uuid, -60::bigint, 0::bigint
          FROM (VALUES ('{user}'::uuid)) AS u (id) WHERE p_user_id IS NULL OR u.id = p_user_id $$"""


class TestSessions:
    """What modules with sessions contribute."""

    @pytest.fixture
    def anna(self, bank, superuser):
        """Somebody who paid for two sessions, one of which nobody knows."""
        person = bank.person(10)
        for session in (SESSION, LOST):
            insert_entry(bank.connection, person, amount=-1, transaction_type="session_payment", session_id=session)
        yield person
        superuser.execute("DROP FUNCTION IF EXISTS _studio_unpaid_sessions")
        for session in (SESSION, LOST):
            superuser.execute(f"UPDATE credit_transactions SET session_id = NULL WHERE session_id = '{session}'")

    def test_that_nobody_knows_are_reported_by_their_entries(self, bank, anna):
        bank.connection.execute(KNOWN_SESSIONS.format(module="studio", session=SESSION))
        lost = {
            "user_id": anna,
            "problem": "entry_without_session",
            "entry_number": 3,
            "session_id": LOST,
            "expected": None,
            "found": -1,
        }
        assert bank.differences() == [lost]
        assert bank.differences(anna) == [lost]
        assert bank.differences(bank.person()) == []

    def test_may_be_known_by_any_module(self, bank, anna):
        bank.connection.execute(KNOWN_SESSIONS.format(module="studio", session=SESSION))
        bank.connection.execute(KNOWN_SESSIONS.format(module="school", session=LOST))
        assert bank.differences() == []

    def test_are_unknown_where_no_module_has_any(self, bank, anna):
        assert [(row["problem"], row["session_id"]) for row in bank.differences()] == [
            ("entry_without_session", SESSION),
            ("entry_without_session", LOST),
        ]

    def test_that_were_paid_without_entries_are_reported(self, bank, anna):
        for module, session in {"studio": SESSION, "school": LOST}.items():
            bank.connection.execute(KNOWN_SESSIONS.format(module=module, session=session))
        bank.connection.execute(UNPAID_SESSIONS.format(session=SESSION, user=anna))
        unpaid = {
            "user_id": anna,
            "problem": "session_without_entry",
            "entry_number": None,
            "session_id": SESSION,
            "expected": -60,
            "found": 0,
        }
        assert bank.differences() == [unpaid]
        assert bank.differences(anna) == [unpaid]
        assert bank.differences(bank.person()) == []


class TestARepair:
    @pytest.fixture
    def anna(self, bank):
        """Somebody with two entries: +100, -30."""
        person = bank.person(100)
        bank.change(person, -30)
        return person

    def test_of_a_healthy_account_changes_nothing(self, bank, anna):
        before = bank.rows("SELECT c.*, c.xmin::text FROM credits c")
        result = bank.repair(anna)
        assert result == {
            "success": True,
            "repaired": False,
            "transaction_id": None,
            "amount": 0,
            "balance_after": 70,
        }
        assert bank.rows("SELECT c.*, c.xmin::text FROM credits c") == before
        assert bank.audits("repair_credit_account") == []

    @pytest.mark.parametrize("shown", [75, 64, 0, 2**31 + 69])
    def test_takes_the_ledger_to_the_balance_that_the_account_shows(self, bank, anna, superuser, shown):
        superuser.execute("UPDATE credits SET balance = %s", [shown])
        result = bank.repair(anna, " Cheque found \n")
        assert (result["repaired"], result["amount"], result["balance_after"]) == (True, shown - 70, shown)
        entry = bank.statement(anna)[0]
        assert (entry["id"], entry["entry_number"]) == (result["transaction_id"], 3)
        assert (entry["transaction_type"], entry["amount"]) == ("adjustment", shown - 70)
        assert (entry["balance_after"], entry["description"]) == (shown, "Cheque found")

    def test_leaves_what_is_written_as_it_is(self, bank, anna, superuser):
        before = bank.rows("SELECT t.*, t.xmin::text FROM credit_transactions t ORDER BY id")
        superuser.execute("UPDATE credits SET balance = 75")
        bank.repair(anna)
        assert bank.rows("SELECT t.*, t.xmin::text FROM credit_transactions t ORDER BY id")[:2] == before

    @pytest.mark.parametrize(
        "damage",
        [
            "total_earned = 5",
            "total_spent = 5",
            "last_entry = 7",
            "total_earned = 0, total_spent = 0",
            "updated_at = '2099-01-01Z'",
        ],
    )
    def test_counts_totals_anew_without_an_entry(self, bank, anna, superuser, damage):
        superuser.execute(f"UPDATE credits SET {damage}")
        result = bank.repair(anna)
        assert (result["repaired"], result["amount"], result["transaction_id"]) == (True, 0, None)
        assert bank.account(anna) == {"balance": 70, "current_balance": 70, "total_earned": 100, "total_spent": 30}
        assert len(bank.entries(anna)) == 2

    def test_counts_totals_anew_with_one(self, bank, anna, superuser):
        superuser.execute("UPDATE credits SET balance = 75, total_earned = 1, total_spent = 1, last_entry = 1")
        bank.repair(anna)
        assert bank.account(anna) == {"balance": 75, "current_balance": 75, "total_earned": 105, "total_spent": 30}

    def test_again_changes_nothing(self, bank, anna, superuser):
        superuser.execute("UPDATE credits SET balance = 75")
        bank.repair(anna)
        assert bank.repair(anna)["repaired"] is False
        assert len(bank.audits("repair_credit_account")) == 1

    def test_works_for_a_debt_that_is_smaller_than_shown_by_the_ledger(self, bank, superuser):
        bob = bank.indebted(60)
        superuser.execute("UPDATE credits SET balance = -40")
        assert bank.repair(bob)["amount"] == 20
        assert bank.balance(bob) == -40

    def test_is_on_record(self, bank, anna, superuser):
        superuser.execute("UPDATE credits SET balance = 75")
        result = bank.repair(anna)
        (row,) = bank.audits("repair_credit_account")
        assert (row["entity"], row["entity_id"]) == ("credit_account", anna)
        assert row["details"] == {"transaction_id": result["transaction_id"], "credits": 5}

    @pytest.mark.parametrize("debt", [0, 60])
    def test_brings_a_lost_account_back_as_its_ledger_says(self, bank, anna, superuser, debt):
        bank.change(anna, -70 - debt, "session_earning_reversal")
        before = bank.account(anna)
        superuser.execute("DELETE FROM credits")
        result = bank.repair(anna)
        assert (result["repaired"], result["amount"], result["balance_after"]) == (True, 0, -debt)
        assert bank.account(anna) == before
        assert len(bank.entries(anna)) == 3

    def test_of_somebody_without_an_account_changes_nothing(self, bank):
        bob = bank.person()
        assert bank.repair(bob)["repaired"] is False
        assert bank.balance(bob) == 0
        assert bank.audits("repair_credit_account") == []
        assert bank.rows("SELECT FROM credits") == []

    def test_of_an_account_without_entries_changes_nothing_but_its_time(self, bank, superuser):
        bob = bank.person()
        bank.connection.execute("INSERT INTO credits (user_id) VALUES (%s)", [bob])
        assert bank.repair(bob)["repaired"] is False
        superuser.execute("UPDATE credits SET updated_at = '2099-01-01Z'")
        assert bank.repair(bob)["repaired"] is True
        assert bank.differences() == []


class TestCannotBeRepaired:
    @pytest.fixture
    def anna(self, bank, superuser):
        """Somebody with three entries, whose account is well again afterwards."""
        person = bank.person(100)
        for _ in range(2):
            bank.change(person, -30)
        tables = ("credits", "credit_transactions")
        for table in tables:
            superuser.execute(f"CREATE TEMP TABLE good_{table} AS SELECT * FROM {table}")
        yield person
        superuser.execute("DELETE FROM credits; DELETE FROM credit_transactions")
        superuser.execute(
            "INSERT INTO credits (user_id, balance, total_earned, total_spent, last_entry, updated_at)"
            " SELECT user_id, balance, total_earned, total_spent, last_entry, updated_at FROM good_credits"
        )
        superuser.execute("INSERT INTO credit_transactions OVERRIDING SYSTEM VALUE TABLE good_credit_transactions")

    @pytest.mark.parametrize(
        "damage",
        [
            "DELETE FROM credit_transactions WHERE entry_number = 1",
            "DELETE FROM credit_transactions WHERE entry_number = 2",
            "UPDATE credit_transactions SET balance_before = 1, balance_after = -29,"
            " transaction_type = 'session_earning_reversal' WHERE entry_number = 2",
            "UPDATE credit_transactions SET created_at = '2001-01-01Z' WHERE entry_number = 2",
        ],
    )
    def test_a_ledger_that_is_broken_in_itself(self, bank, anna, superuser, refuses, damage):
        superuser.execute(damage)
        superuser.execute("UPDATE credits SET total_earned = 1")
        with refuses("invalid_state", user_id=anna):
            bank.repair(anna)

    @pytest.mark.parametrize("shown", [-1, 40 + 2**31, 2**62, -(2**62), 2**63 - 1, -(2**63)])
    def test_a_balance_that_no_adjustment_leads_to(self, bank, anna, superuser, refuses, shown):
        superuser.execute("UPDATE credits SET balance = %s", [shown])
        with refuses("invalid_state", user_id=anna):
            bank.repair(anna)

    def test_a_debt_that_is_greater_than_the_ledgers(self, bank, anna, superuser, refuses):
        bank.change(anna, -100, "session_earning_reversal")
        superuser.execute("UPDATE credits SET balance = -61")
        with refuses("invalid_state", user_id=anna):
            bank.repair(anna)


class TestARepairsParameters:
    def test_the_person_must_be_given_and_known(self, bank, refuses):
        with refuses("invalid_input", parameter="p_user_id"):
            bank.repair(None)
        with refuses("not_found", entity="profile", id=UNKNOWN):
            bank.repair(UNKNOWN)

    def test_there_is_a_reason(self, bank, refuses):
        anna = bank.person(10)
        for reason in (None, "", " \n", "x" * 10_001):
            with refuses("invalid_input", parameter="p_reason"):
                bank.repair(anna, reason)
