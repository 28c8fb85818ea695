"""I7, one allocation per subscription period: the database stops a second one, verify_invariants() tells of one."""

import re
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from credits.bank import Bank

CONSTRAINTS = Path(__file__).parents[2] / "sql" / "constraints" / "credits"
NAMES = ["one_allocation_per_period", "allocation_periods_do_not_overlap"]
SUBSCRIBED = pytest.mark.parametrize("subscription", ["gen_random_uuid()", "NULL"])


@pytest.fixture(autouse=True)
def every_invariant_holds():
    """Not here: this is where it is broken."""


def allocate(bank: Bank, subscription: str = "NULL") -> tuple[str, str]:
    """Allocate March to somebody new; return them and the allocation."""
    person = bank.person()
    query = f"SELECT allocate_monthly_credits(%s, {subscription}, 40, 'monthly', '2026-03-01Z') ->> 'allocation_id'"
    return person, bank.value(query, [person])


def copy(connection: psycopg.Connection, bank: Bank, person: str, later: str = "0 days") -> str:
    """Insert by hand the person's allocation once more, this much later, with an entry of its own that pays it."""
    copied: str = bank.value("SELECT gen_random_uuid()::text")
    entry = bank.value(
        "SELECT update_credit_balance(%s, 40, 'session_earning', NULL, %s, 'monthly_allocation') ->> 'transaction_id'",
        [person, copied],
    )
    connection.execute(
        "INSERT INTO credit_allocations"
        " (id, user_id, subscription_id, amount, allocation_type, period_start, period_end, transaction_id)"
        " SELECT %s, user_id, subscription_id, amount, allocation_type, period_start + %s::interval,"
        " period_end + %s::interval, %s FROM credit_allocations WHERE user_id = %s",
        [copied, later, later, entry, person],
    )
    return copied


def section(name: str, part: str) -> str:
    """Return one part of a constraint's file."""
    text = (CONSTRAINTS / f"{name}.sql").read_text(encoding="utf-8")
    found = re.search(rf"^-- {part}:\n(.*?)(?=^-- \w+:$|\Z)", text, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def drop(connection: psycopg.Connection, *names: str) -> None:
    """Take constraints away."""
    for name in names:
        connection.execute(f"ALTER TABLE credit_allocations DROP CONSTRAINT {name}")


class TestTheDatabaseStops:
    """Also a superuser for whom every trigger is off."""

    @SUBSCRIBED
    @pytest.mark.parametrize("later", ["0 days", "1 day", "-30 days"])
    def test_a_period_that_overlaps(self, bank, superuser, subscription, later):
        person, _ = allocate(bank, subscription)
        for connection in (bank.connection, superuser):
            with pytest.raises(errors.ExclusionViolation) as caught:
                copy(connection, bank, person, later)
            assert caught.value.diag.constraint_name == "allocation_periods_do_not_overlap"

    @SUBSCRIBED
    def test_the_same_period_by_its_unique_constraint_alone(self, bank, superuser, subscription):
        person, _ = allocate(bank, subscription)
        drop(bank.connection, "allocation_periods_do_not_overlap")
        for connection in (bank.connection, superuser):
            with pytest.raises(errors.UniqueViolation) as caught:
                copy(connection, bank, person)
            assert caught.value.diag.constraint_name == "one_allocation_per_period"

    @SUBSCRIBED
    def test_nothing_that_only_touches(self, bank, subscription):
        person, _ = allocate(bank, subscription)
        copy(bank.connection, bank, person, "31 days")
        assert bank.broken_invariants() == []

    def test_an_entry_that_pays_two_allocations(self, bank):
        allocate(bank)
        with pytest.raises(errors.UniqueViolation):
            bank.connection.execute(
                "INSERT INTO credit_allocations SELECT gen_random_uuid(), user_id, gen_random_uuid(), amount,"
                " allocation_type, period_start, period_end, transaction_id FROM credit_allocations"
            )

    def test_every_caller_from_writing_them(self, bank, as_service, as_user):
        person, _ = allocate(bank)
        for connection in (as_service(), as_user(person)):
            for write in ("UPDATE credit_allocations SET amount = 1", "DELETE FROM credit_allocations"):
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(write)


class TestItIsTold:
    def broken(self, bank: Bank) -> list[tuple[str, str, str]]:
        return [(row["invariant"], row["entity"], row["entity_id"]) for row in bank.broken_invariants()]

    @SUBSCRIBED
    @pytest.mark.parametrize("later", ["0 days", "1 day"])
    def test_when_periods_overlap(self, bank, subscription, later):
        drop(bank.connection, *NAMES)
        person, first = allocate(bank, subscription)
        assert bank.broken_invariants() == []
        second = copy(bank.connection, bank, person, later)
        (row,) = bank.broken_invariants()
        assert (row["invariant"], row["entity"]) == ("I7", "credit_allocation")
        assert {row["entity_id"], row["details"]["overlaps"]} == {first, second}

    @pytest.mark.parametrize("later", ["0 days", "1 day"])
    def test_when_a_subscription_is_allocated_to_two_people(self, bank, superuser, later):
        person, first = allocate(bank, "gen_random_uuid()")
        other, second = allocate(bank)
        superuser.execute(
            "UPDATE credit_allocations o SET subscription_id = a.subscription_id,"
            " period_start = o.period_start + %s::interval FROM credit_allocations a"
            " WHERE a.user_id = %s AND o.user_id = %s",
            [later, person, other],
        )
        assert bank.broken_invariants() == []  # the id is another system's
        superuser.execute(
            "INSERT INTO subscriptions (id, user_id)"
            " SELECT subscription_id, user_id FROM credit_allocations WHERE user_id = %s",
            [person],
        )
        (row,) = bank.broken_invariants()
        assert (row["invariant"], row["entity"]) == ("I7", "credit_allocation")
        assert {row["entity_id"], row["details"]["overlaps"]} == {first, second}

    @pytest.mark.parametrize(
        "write",
        [
            "UPDATE credit_allocations SET amount = 41",
            "UPDATE credit_allocations SET transaction_id = transaction_id + 1",
            "UPDATE credit_transactions SET reference_id = NULL",
            "UPDATE credit_transactions SET reference_id = gen_random_uuid()",
        ],
    )
    def test_when_the_entry_does_not_pay_it(self, bank, superuser, write):
        _, allocation = allocate(bank)
        superuser.execute(write)
        assert self.broken(bank) == [("I7", "credit_allocation", allocation)]

    def test_when_its_entry_is_gone_or_somebody_elses(self, bank, superuser):
        _, allocation = allocate(bank)
        superuser.execute("UPDATE credit_allocations SET user_id = gen_random_uuid()")
        assert self.broken(bank) == [("I7", "credit_allocation", allocation)]
        superuser.execute("DELETE FROM credit_transactions")
        assert ("I7", "credit_allocation", allocation) in self.broken(bank)


class TestTheFiles:
    @SUBSCRIBED
    @pytest.mark.parametrize(("name", "later"), [(NAMES[0], "0 days"), (NAMES[1], "0 days"), (NAMES[1], "1 day")])
    def test_find_what_violates_a_constraint(self, bank, subscription, name, later):
        drop(bank.connection, *NAMES)
        person, _ = allocate(bank, subscription)
        assert bank.rows(section(name, "violations")) == []
        copy(bank.connection, bank, person, later)
        assert len(bank.rows(section(name, "violations"))) == 1
        with pytest.raises(psycopg.IntegrityError):
            bank.connection.execute(section(name, "add"))

    def test_say_how_it_is_repaired(self, bank):
        drop(bank.connection, *NAMES)
        person, first = allocate(bank)
        second = copy(bank.connection, bank, person)
        bank.connection.execute(
            "INSERT INTO payment_events (provider, event_id, event_type, payload, outcome, allocation_id)"
            " VALUES ('stripe', 'evt_1', 'invoice.paid', '{}', 'allocated', %s)",
            [second],
        )
        repair = section(NAMES[0], "repair").replace("--  ", "").replace("'...'", f"'{second}'")
        repair = repair.replace("'(kept)'", f"'{first}'")
        statements = re.findall(r"(?:SELECT|UPDATE|DELETE)[^;]*;", repair.replace("--", ""))
        assert len(statements) == 3
        for statement in statements:
            bank.connection.execute(statement)
        assert bank.value("SELECT allocation_id::text FROM payment_events") == first
        for name in NAMES:
            bank.connection.execute(section(name, "add"))
        assert bank.balance(person) == 40
        assert bank.broken_invariants() == []
