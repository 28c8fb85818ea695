"""Scenario 39 in the bank: who may call what, whatever their claims say."""

import json
from datetime import UTC, datetime

import psycopg
import pytest
from gusmester.calls import ask, run
from psycopg import errors
from support.refusals import refused

from credits.bank import UNKNOWN, Bank

CALLS = {
    "update_credit_balance": {"p_user_id": UNKNOWN, "p_amount": 1, "p_transaction_type": "bonus"},
    "repair_credit_account": {"p_user_id": UNKNOWN, "p_reason": "Found"},
    "reconcile_credits": {},
    "credits_transfer": {"p_from_user_id": UNKNOWN, "p_to_user_id": UNKNOWN, "p_amount": 1},
    "get_credit_balance": {},
    "get_credit_transactions": {},
    "balance_at": {"p_user_id": UNKNOWN, "p_at": datetime(2026, 1, 1, tzinfo=UTC)},
}
FOR_THE_SERVICE = ("update_credit_balance", "repair_credit_account", "reconcile_credits")
FOR_USERS = ("credits_transfer", "get_credit_balance", "get_credit_transactions", "balance_at")
ODD_CLAIMS = [
    "",
    "{}",
    '{"role": "authenticated"}',
    '{"sub": null}',
    '{"sub": ""}',
    '{"sub": "anna"}',
    '{"sub": "00000000-0000-4000-8000-00000000000"}',
    '{"sub": 7}',
    '{"sub": {"id": "00000000-0000-4000-8000-000000000001"}}',
    '{"user_metadata": {"sub": "00000000-0000-4000-8000-000000000001"}}',
]


def call(connection: psycopg.Connection, function: str) -> None:
    """Make a call whose arguments have the right types."""
    named = ", ".join(f"{name} => %({name})s" for name in CALLS[function])
    connection.execute(f"SELECT FROM {function}({named})", CALLS[function])


@pytest.mark.parametrize("function", CALLS)
def test_anonymous_callers_may_call_nothing(bank, as_anon, function):
    with pytest.raises(errors.InsufficientPrivilege):
        call(as_anon(), function)


@pytest.mark.parametrize("function", FOR_THE_SERVICE)
def test_users_are_shut_out_of_what_is_for_the_service(bank, as_user, function):
    with pytest.raises(errors.InsufficientPrivilege):
        call(as_user(bank.person(10)), function)


@pytest.mark.parametrize("function", FOR_USERS)
@pytest.mark.parametrize("claims", ODD_CLAIMS)
def test_odd_claims_are_nobodys(bank, connect, function, claims):
    bank.person(10)
    connection = connect()
    connection.execute("SET ROLE authenticated")
    connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
    with refused("not_authenticated"):
        call(connection, function)
    assert connection.execute("SELECT * FROM credits").fetchall() == []
    assert connection.execute("SELECT * FROM credit_transactions").fetchall() == []


@pytest.mark.parametrize("claims", ["", "{}", '{"role": "service_role"}'])
def test_the_service_needs_no_claims(bank, connect, claims):
    anna = bank.person()
    service = connect()
    service.execute("SET ROLE service_role")
    service.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
    Bank(service).change(anna, 10)
    assert (Bank(service).balance(anna), Bank(service).differences()) == (10, [])


class TestAServiceWithASub:
    """Is that end user, whatever its role."""

    @pytest.fixture
    def anna(self, bank):
        """Somebody with 10 credits."""
        return bank.person(10)

    @pytest.fixture
    def as_anna(self, anna, as_service):
        """The service role with Anna's claims."""
        connection = as_service()
        connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [json.dumps({"sub": anna})])
        return Bank(connection)

    def test_mints_nothing(self, anna, as_anna, refuses):
        with refuses("not_allowed"):
            as_anna.change(anna, 1000)
        with refuses("not_allowed"):
            as_anna.repair(anna)
        with refuses("not_allowed"):
            as_anna.differences()

    def test_takes_nothing_from_others(self, bank, anna, as_anna, refuses):
        bank.connection.execute("UPDATE settings SET allow_user_transfers = true")
        bob = bank.person(10)
        with refuses("not_allowed"):
            as_anna.transfer(bob, anna, 1)

    def test_reads_nothing_of_others(self, bank, anna, as_anna, refuses):
        bob = bank.person(10)
        assert as_anna.balance() == 10
        with refuses("not_allowed"):
            as_anna.balance(bob)
        assert as_anna.rows("SELECT user_id FROM credits") == []


class TestRows:
    """Row-level security of accounts and ledger."""

    TABLES = ("credits", "credit_transactions")

    @pytest.fixture
    def anna(self, bank):
        """One of two people who have sent each other credits."""
        person, other = bank.person(10), bank.person(20)
        bank.transfer(person, other, 1)
        bank.transfer(other, person, 2)
        return person

    @pytest.mark.parametrize("table", TABLES)
    def test_are_seen_by_whom_they_belong_to(self, bank, anna, as_user, table):
        own = bank.rows(f"SELECT t::text FROM {table} t WHERE user_id = %s ORDER BY 1", [anna])
        assert own
        assert as_user(anna).execute(f"SELECT t::text FROM {table} t ORDER BY 1").fetchall() == own

    @pytest.mark.parametrize("table", TABLES)
    def test_are_seen_by_the_service(self, bank, anna, as_service, table):
        everything = bank.rows(f"SELECT t::text FROM {table} t ORDER BY 1")
        assert as_service().execute(f"SELECT t::text FROM {table} t ORDER BY 1").fetchall() == everything

    @pytest.mark.parametrize("table", TABLES)
    def test_are_not_seen_by_strangers_nor_without_signing_in(self, bank, anna, as_user, as_anon, table):
        assert as_user(UNKNOWN).execute(f"SELECT * FROM {table}").fetchall() == []
        with pytest.raises(errors.InsufficientPrivilege):
            as_anon().execute(f"SELECT * FROM {table}")

    @pytest.mark.parametrize(
        "table", [*TABLES, "credit_allocations", "subscriptions", "subscription_plans", "payment_events"]
    )
    def test_are_written_by_nobody_who_is_signed_in(self, bank, anna, as_user, as_anon, table):
        for connection in (as_user(anna), as_anon()):
            for write in (
                f"INSERT INTO {table} DEFAULT VALUES",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
            ):
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(write)


def test_a_caller_who_names_nobody_is_themself(bank, bank_as):
    anna = bank.person(10)
    assert ask(bank_as(anna).connection, "get_credit_balance", p_user_id=None)[0]["balance"] == 10
    assert run(bank.connection, "update_credit_balance", p_user_id=anna, p_amount=1, p_transaction_type="bonus")
