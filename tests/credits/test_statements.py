"""What people are told of their credits: balance, statement by pages, and what they had at an instant."""

from datetime import datetime, timedelta
from itertools import chain, pairwise

import pytest
from gusmester.calls import ask

from credits.bank import UNKNOWN

ZEROS = {"balance": 0, "current_balance": 0, "total_earned": 0, "total_spent": 0}


class TestABalance:
    def test_is_all_zeros_without_an_account(self, bank, bank_as):
        anna = bank.person()
        assert bank.account(anna) == ZEROS
        assert bank.account(UNKNOWN) == ZEROS
        assert bank_as(anna).account() == ZEROS
        assert bank_as(UNKNOWN).account() == ZEROS

    def test_is_ones_own_by_default(self, bank, bank_as):
        anna = bank.person(10)
        bank.person(20)
        user = bank_as(anna)
        assert user.balance() == user.balance(anna) == 10

    def test_of_others_is_not_told(self, bank, bank_as, refuses):
        anna, bob = bank.person(10), bank.person(20)
        user = bank_as(anna)
        for other in (bob, UNKNOWN):
            with refuses("not_allowed"):
                user.account(other)
            with refuses("not_allowed"):
                user.statement(other)
            with refuses("not_allowed"):
                user.balance_at(other, "2026-01-01Z")

    def test_of_whom_the_service_must_say(self, bank, refuses):
        for query in ("get_credit_balance", "get_credit_transactions"):
            with refuses("invalid_input", parameter="p_user_id"):
                ask(bank.connection, query)
        with refuses("invalid_input", parameter="p_user_id"):
            bank.balance_at(None, "2026-01-01Z")

    def test_may_be_a_debt(self, bank):
        assert bank.balance(bank.indebted(60)) == -60


def pages(bank, person, size, between=lambda: None):
    """Return the entry numbers of each page, walking down; do something between the pages."""
    walked, before = [], {}
    while page := bank.statement(person, p_limit=size, **before):
        walked.append([entry["entry_number"] for entry in page])
        before = {"p_before": walked[-1][-1]}
        between()
    return walked


class TestAStatement:
    @pytest.fixture
    def anna(self, bank):
        """Somebody with ten entries."""
        person = bank.person()
        with bank.connection.transaction():
            for amount in range(1, 11):
                bank.change(person, amount)
        return person

    def test_has_the_newest_first(self, bank, anna):
        statement = bank.statement(anna)
        assert [entry["entry_number"] for entry in statement] == [*range(10, 0, -1)]
        assert [entry["amount"] for entry in statement] == [*range(10, 0, -1)]
        assert all(a["balance_before"] == b["balance_after"] for a, b in pairwise(statement))

    def test_is_ones_own(self, bank, anna, bank_as):
        bank.person(5)
        assert bank_as(anna).statement() == bank.statement(anna)

    def test_is_empty_without_an_account(self, bank, bank_as):
        assert bank.statement(bank.person()) == bank.statement(UNKNOWN) == bank_as(bank.person()).statement() == []

    @pytest.mark.parametrize("size", [1, 3, 5, 10, 1000])
    def test_comes_in_pages_that_join(self, bank, anna, size):
        walked = pages(bank, anna, size)
        assert [*chain.from_iterable(walked)] == [*range(10, 0, -1)]
        assert all(len(page) == size for page in walked[:-1])

    @pytest.mark.parametrize("size", [1, 3, 7])
    def test_comes_without_gap_or_repetition_while_entries_are_added(self, bank, anna, size):
        walked = pages(bank, anna, size, between=lambda: bank.change(anna, 1))
        assert [*chain.from_iterable(walked)] == [*range(10, 0, -1)]

    @pytest.mark.parametrize(("before", "rows"), [(None, 10), (11, 10), (10, 9), (2, 1), (1, 0), (0, 0), (-5, 0)])
    def test_page_ends_before_an_entry(self, bank, anna, before, rows):
        assert len(bank.statement(anna, p_before=before)) == rows

    @pytest.mark.parametrize(("before", "rows"), [(2**63 - 1, 10), (-(2**63), 0)])
    def test_page_may_end_at_the_greatest_numbers(self, bank, anna, before, rows):
        assert len(bank.statement(anna, p_before=before)) == rows

    @pytest.mark.parametrize("limit", [None, 0, -1, 1001, 2**31 - 1, -(2**31)])
    def test_page_has_1_to_1000_rows(self, bank, anna, refuses, limit):
        with refuses("invalid_input", parameter="p_limit"):
            bank.statement(anna, p_limit=limit)

    def test_page_has_50_by_default_and_1000_at_most(self, bank, anna):
        bank.connection.execute(
            f"DO $$ BEGIN FOR i IN 1..1000 LOOP PERFORM update_credit_balance('{anna}', 1, 'bonus'); END LOOP; END $$"
        )
        assert len(bank.statement(anna)) == 50
        assert len(bank.statement(anna, p_limit=1000)) == 1000

    def test_shows_both_sides_of_a_transfer_to_both(self, bank, anna, bank_as):
        bob = bank.person()
        transfer = bank.transfer(anna, bob, 5)["transfer_id"]
        assert [bank_as(person).statement()[0]["transfer_id"] for person in (anna, bob)] == [transfer, transfer]
        assert [bank_as(person).statement()[0]["amount"] for person in (anna, bob)] == [-5, 5]


class TestABalanceAt:
    FIRST = datetime.fromisoformat("2026-03-01T12:00:00Z")
    HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)

    @pytest.fixture
    def anna(self, bank, superuser):
        """Somebody with an entry at each hour from FIRST on: +1, +2, …, +100."""
        person = bank.person()
        with bank.connection.transaction():
            for amount in range(1, 101):
                bank.change(person, amount)
        superuser.execute(
            "UPDATE credit_transactions SET created_at = %s + (entry_number - 1) * interval '1 hour'", [self.FIRST]
        )
        superuser.execute("UPDATE credits SET updated_at = %s + (last_entry - 1) * interval '1 hour'", [self.FIRST])
        return person

    def test_is_nothing_before_the_first_entry(self, bank, anna):
        assert bank.balance_at(anna, self.FIRST - self.INSTANT) == 0
        assert bank.balance_at(anna, "2000-01-01Z") == 0

    def test_counts_an_entry_from_its_very_instant(self, bank, anna):
        for number in (1, 2, 3, 50, 99, 100):
            moment = self.FIRST + (number - 1) * self.HOUR
            assert bank.balance_at(anna, moment - self.INSTANT) == (number - 1) * number / 2
            assert bank.balance_at(anna, moment) == number * (number + 1) / 2

    def test_stays_between_two_entries(self, bank, anna):
        for number in range(1, 101):
            moment = self.FIRST + (number - 1) * self.HOUR + self.HOUR / 2
            assert bank.balance_at(anna, moment) == number * (number + 1) / 2

    def test_stays_after_the_last(self, bank, anna):
        assert bank.balance_at(anna, "2099-12-31 23:59:59.999999Z") == 5050

    def test_counts_all_entries_of_one_instant(self, bank, anna, superuser):
        superuser.execute("UPDATE credit_transactions SET created_at = %s WHERE entry_number <= 60", [self.FIRST])
        assert bank.balance_at(anna, self.FIRST) == 60 * 61 / 2
        assert bank.balance_at(anna, self.FIRST - self.INSTANT) == 0

    def test_is_nothing_without_an_account(self, bank, bank_as):
        anna = bank.person()
        assert bank.balance_at(anna, self.FIRST) == bank.balance_at(UNKNOWN, self.FIRST) == 0
        assert bank_as(anna).balance_at(anna, self.FIRST) == 0

    def test_is_told_to_whom_it_belongs(self, bank, anna, bank_as, refuses):
        assert bank_as(anna).balance_at(anna, self.FIRST) == 1
        with refuses("invalid_input", parameter="p_user_id"):
            bank_as(anna).balance_at(None, self.FIRST)

    @pytest.mark.parametrize(
        "instant", [None, "infinity", "-infinity", "1999-12-31 23:59:59.999999Z", "2100-01-01Z", "4713-01-01 BC"]
    )
    def test_needs_an_instant_of_the_century(self, bank, anna, refuses, instant):
        with refuses("invalid_input", parameter="p_at"):
            bank.balance_at(anna, instant)

    def test_agrees_with_the_statement_entry_by_entry(self, bank, anna):
        for entry in bank.statement(anna, p_limit=100):
            assert bank.balance_at(anna, entry["created_at"]) == entry["balance_after"]


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_queries_run_in_every_transaction_and_write_nothing(bank, level):
    anna = bank.person(10)
    with bank.connection.transaction():
        bank.connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level} READ ONLY")
        assert bank.balance(anna) == 10
        assert len(bank.statement(anna)) == 1
        assert bank.balance_at(anna, "2099-12-31Z") == 10
        assert bank.differences() == bank.differences(anna) == []
