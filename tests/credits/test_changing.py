"""update_credit_balance(): what may be added and taken, and what an account looks like afterwards."""

import pytest
from psycopg import errors

from credits.bank import UNKNOWN, insert_entry

ADDS = ("session_earning", "refund", "credit_purchase", "bonus")
TAKES = ("session_payment", "session_earning_reversal", "expiry")


class TestAnEntry:
    def test_says_what_was_there_before_and_after(self, bank):
        anna = bank.person(40)
        result = bank.change(anna, 2, "bonus")
        assert result == {
            "success": True,
            "transaction_id": bank.value("SELECT max(id) FROM credit_transactions"),
            "balance_before": 40,
            "balance_after": 42,
        }

    def test_keeps_what_it_is_about(self, bank):
        anna = bank.person()
        bank.change(anna, 5, "refund", p_description=" Course \n", p_reference_id=UNKNOWN, p_reference_type=" order ")
        (entry,) = bank.statement(anna)
        assert (entry["description"], entry["reference_id"], entry["reference_type"]) == ("Course", UNKNOWN, "order")
        assert (entry["session_id"], entry["transfer_id"]) == (None, None)

    def test_keeps_blank_texts_as_none(self, bank):
        anna = bank.person()
        bank.change(anna, 5, p_description=" \n", p_reference_type="")
        (entry,) = bank.statement(anna)
        assert (entry["description"], entry["reference_type"]) == (None, None)

    def test_the_first_makes_the_account(self, bank):
        anna = bank.person()
        assert bank.rows("SELECT user_id FROM credits") == []
        bank.change(anna, 7)
        assert bank.rows("SELECT user_id::text, balance, current_balance FROM credits") == [(anna, 7, 7)]

    def test_moves_balance_and_totals(self, bank):
        anna = bank.person(50)
        bank.change(anna, -20)
        bank.change(anna, 5, "refund")
        assert bank.account(anna) == {"balance": 35, "current_balance": 35, "total_earned": 55, "total_spent": 20}

    def test_those_of_one_transaction_follow_each_other(self, bank):
        anna = bank.person()
        with bank.connection.transaction():
            for amount in (10, -4, 3):
                bank.change(anna, amount)
        assert [after for _, _, after in bank.entries(anna)] == [10, 6, 9]

    def test_may_be_for_somebody_who_has_left(self, bank):
        anna = bank.person(10)
        bank.connection.execute("UPDATE profiles SET is_active = false, deleted_at = now()")
        assert bank.change(anna, -10)["balance_after"] == 0


class TestTheSignOfAType:
    @pytest.mark.parametrize("kind", [*ADDS, "adjustment"])
    def test_of_those_that_add(self, bank, kind):
        assert bank.change(bank.person(), 3, kind)["balance_after"] == 3

    @pytest.mark.parametrize("kind", [*TAKES, "adjustment"])
    def test_of_those_that_take(self, bank, kind):
        assert bank.change(bank.person(3), -3, kind)["balance_after"] == 0

    @pytest.mark.parametrize("kind", ADDS)
    def test_what_adds_takes_nothing(self, bank, refuses, kind):
        anna = bank.person(10)
        for amount in (-1, 0, None, -(2**31)):
            with refuses("invalid_input", parameter="p_amount"):
                bank.change(anna, amount, kind)

    @pytest.mark.parametrize("kind", TAKES)
    def test_what_takes_adds_nothing(self, bank, refuses, kind):
        anna = bank.person(10)
        for amount in (1, 0, None, 2**31 - 1):
            with refuses("invalid_input", parameter="p_amount"):
                bank.change(anna, amount, kind)

    @pytest.mark.parametrize("amount", [0, None])
    def test_an_adjustment_is_not_nothing(self, bank, refuses, amount):
        anna = bank.person()
        with refuses("invalid_input", parameter="p_amount"):
            bank.change(anna, amount, "adjustment")

    @pytest.mark.parametrize("kind", [None, "", "gift", "Bonus", " bonus", "x\ny", "\N{SAUROPOD}", "x" * 10_001])
    def test_a_type_is_one_of_the_ledgers(self, bank, refuses, kind):
        anna = bank.person()
        for amount in (1, -1, 0, None):
            with refuses("invalid_input", parameter="p_transaction_type"):
                bank.change(anna, amount, p_transaction_type=kind)

    @pytest.mark.parametrize("amount", [5, -5, 0, None])
    def test_a_transfer_has_two_sides(self, bank, refuses, amount):
        anna = bank.person(10)
        with refuses("invalid_input", parameter="p_transaction_type"):
            bank.change(anna, amount, "transfer")

    @pytest.mark.parametrize("kind", ADDS)
    def test_the_table_refuses_one_that_takes(self, bank, kind):
        anna = bank.person(10)
        for amount in (-1, 0):
            with pytest.raises(errors.CheckViolation, match="amount_fits_the_type"):
                insert_entry(bank.connection, anna, transaction_type=kind, amount=amount)

    @pytest.mark.parametrize("kind", TAKES)
    def test_the_table_refuses_one_that_adds(self, bank, kind):
        anna = bank.person(10)
        for amount in (1, 0):
            with pytest.raises(errors.CheckViolation, match="amount_fits_the_type"):
                insert_entry(bank.connection, anna, transaction_type=kind, amount=amount)

    @pytest.mark.parametrize("kind", ["adjustment", "transfer"])
    def test_the_table_refuses_nothing(self, bank, kind):
        anna = bank.person(10)
        with pytest.raises(errors.CheckViolation, match="amount_fits_the_type"):
            insert_entry(bank.connection, anna, transaction_type=kind, amount=0, transfer_id=UNKNOWN)

    @pytest.mark.parametrize("kind", ["gift", "", "BONUS"])
    def test_the_table_refuses_other_types(self, bank, kind):
        anna = bank.person(10)
        with pytest.raises(errors.CheckViolation, match="amount_fits_the_type"):
            insert_entry(bank.connection, anna, transaction_type=kind)


class TestMoreThanThereIs:
    @pytest.mark.parametrize("kind", ["session_payment", "expiry", "adjustment"])
    def test_is_not_taken(self, bank, refuses, kind):
        anna = bank.person(10)
        with refuses("insufficient_credits", required=11, available=10):
            bank.change(anna, -11, kind)

    def test_is_told_in_the_words_of_the_product(self, bank, refuses):
        anna = bank.person(10)
        with refuses("insufficient_credits") as caught:
            bank.change(anna, -11)
        assert caught.value.diag.message_primary == "Insufficient credits. Required: 11, available: 10"

    @pytest.mark.parametrize("kind", ["session_payment", "expiry", "adjustment"])
    def test_is_nothing_for_somebody_without_an_account(self, bank, refuses, kind):
        anna = bank.person()
        with refuses("insufficient_credits", required=1, available=0):
            bank.change(anna, -1, kind)

    @pytest.mark.parametrize("kind", ["session_payment", "expiry", "adjustment"])
    def test_is_refused_by_the_table_too(self, bank, kind):
        anna = bank.person(10)
        with pytest.raises(errors.CheckViolation, match="no_debt_but_by_reversal"):
            insert_entry(bank.connection, anna, transaction_type=kind, amount=-11)


class TestADebt:
    def test_comes_from_the_reversal_of_an_earning(self, bank):
        anna = bank.person(10)
        assert bank.change(anna, -70, "session_earning_reversal")["balance_after"] == -60
        assert bank.account(anna) == {"balance": -60, "current_balance": -60, "total_earned": 10, "total_spent": 70}

    def test_grows_with_the_next_reversal(self, bank):
        anna = bank.indebted(60)
        assert bank.change(anna, -60, "session_earning_reversal")["balance_after"] == -120

    def test_may_be_the_first_entry_of_an_account(self, bank):
        anna = bank.person()
        assert bank.change(anna, -60, "session_earning_reversal")["balance_after"] == -60

    def test_is_repaid_in_part_by_the_next_earning(self, bank, refuses):
        anna = bank.indebted(60)
        assert bank.change(anna, 50, "session_earning")["balance_after"] == -10
        with refuses("insufficient_credits", required=1, available=0):
            bank.change(anna, -1)

    def test_is_repaid_in_whole_and_the_rest_can_be_spent(self, bank, refuses):
        anna = bank.indebted(60)
        assert bank.change(anna, 61, "session_earning")["balance_after"] == 1
        with refuses("insufficient_credits", required=2, available=1):
            bank.change(anna, -2)
        assert bank.change(anna, -1)["balance_after"] == 0

    @pytest.mark.parametrize("kind", [*ADDS, "adjustment"])
    def test_is_repaid_by_whatever_adds(self, bank, kind):
        assert bank.change(bank.indebted(60), 20, kind)["balance_after"] == -40

    @pytest.mark.parametrize("kind", ["session_payment", "expiry", "adjustment"])
    def test_blocks_whatever_else_takes(self, bank, refuses, kind):
        anna = bank.indebted(60)
        with refuses("insufficient_credits", required=1, available=0):
            bank.change(anna, -1, kind)

    def test_blocks_what_the_debtor_sends(self, bank, refuses):
        anna, bob = bank.indebted(60), bank.person()
        with refuses("insufficient_credits", required=1, available=0):
            bank.transfer(anna, bob, 1)

    def test_is_repaid_by_what_others_send(self, bank):
        anna, bob = bank.indebted(60), bank.person(100)
        assert bank.transfer(bob, anna, 25)["to_balance_after"] == -35

    @pytest.mark.parametrize("kind", ["session_payment", "expiry", "adjustment", "transfer"])
    def test_is_deepened_by_nothing_else_in_the_table_either(self, bank, kind):
        anna = bank.indebted(60)
        with pytest.raises(errors.CheckViolation, match="no_debt_but_by_reversal"):
            insert_entry(bank.connection, anna, transaction_type=kind, amount=-1, transfer_id=UNKNOWN)


class TestTheGreatestAmounts:
    MOST, LEAST = 2**31 - 1, -(2**31)

    def test_are_added_and_taken(self, bank):
        anna = bank.person()
        assert bank.change(anna, self.MOST)["balance_after"] == self.MOST
        assert bank.change(anna, -self.MOST)["balance_after"] == 0

    def test_add_up_to_more_than_an_integer(self, bank):
        anna = bank.person()
        for _ in range(3):
            bank.change(anna, self.MOST)
        assert bank.account(anna)["total_earned"] == 3 * self.MOST
        assert bank.balance_at(anna, bank.value("SELECT clock_timestamp()")) == 3 * self.MOST

    @pytest.mark.parametrize("kind", ["session_payment", "expiry", "adjustment"])
    def test_are_refused_where_there_are_fewer(self, bank, refuses, kind):
        anna = bank.person(self.MOST)
        with refuses("insufficient_credits", required=2**31, available=self.MOST):
            bank.change(anna, self.LEAST, kind)

    @pytest.mark.parametrize("kind", ["session_payment", "expiry", "adjustment", "session_earning_reversal"])
    def test_the_least_integer_is_taken_where_there_is_more(self, bank, kind):
        anna = bank.person(self.MOST)
        bank.change(anna, 1)
        assert bank.change(anna, self.LEAST, kind)["balance_after"] == 0

    def test_the_least_integer_is_owed(self, bank):
        anna = bank.person()
        for debt in (2**31, 2**32):
            assert bank.change(anna, self.LEAST, "session_earning_reversal")["balance_after"] == -debt


class TestParameters:
    def test_the_person_must_be_given_and_known(self, bank, refuses):
        with refuses("invalid_input", parameter="p_user_id"):
            bank.change(None, 1)
        with refuses("not_found", entity="profile", id=UNKNOWN):
            bank.change(UNKNOWN, 1)

    @pytest.mark.parametrize("parameter", ["p_description", "p_reference_type"])
    def test_texts_have_10_000_characters(self, bank, refuses, parameter):
        anna = bank.person()
        with refuses("invalid_input", parameter=parameter):
            bank.change(anna, 1, **{parameter: "x" * 10_001})
        assert bank.change(anna, 1, **{parameter: "\N{SAUROPOD}" * 10_000})["success"] is True

    def test_nothing_given_at_all_is_refused_by_name(self, bank, refuses):
        with refuses("invalid_input", parameter="p_user_id"):
            bank.change(None, None, p_transaction_type=None)

    @pytest.mark.parametrize("column", ["description", "reference_type"])
    def test_the_table_keeps_texts_short_too(self, bank, column):
        anna = bank.person()
        bank.change(anna, 1)
        with pytest.raises(errors.CheckViolation):
            insert_entry(bank.connection, anna, **{column: "x" * 10_001})
