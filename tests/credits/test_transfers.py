"""credits_transfer(): credits go from one person to another, and nothing is minted or lost."""

import pytest
from psycopg import errors

from credits.bank import UNKNOWN, insert_entries, insert_entry


class TestATransfer:
    def test_takes_here_and_adds_there(self, bank):
        anna, bob = bank.person(100), bank.person(1)
        result = bank.transfer(anna, bob, 30)
        assert (result["from_balance_after"], result["to_balance_after"]) == (70, 31)
        assert (bank.balance(anna), bank.balance(bob)) == (70, 31)

    def test_is_two_entries_with_one_id_that_sum_to_nothing(self, bank):
        anna, bob = bank.person(100), bank.person(1)
        transfer = bank.transfer(anna, bob, 30, p_description=" Lunch ")["transfer_id"]
        assert bank.rows(
            "SELECT user_id::text, transaction_type, amount, balance_before, balance_after, description"
            " FROM credit_transactions WHERE transfer_id = %s ORDER BY amount",
            [transfer],
        ) == [(anna, "transfer", -30, 100, 70, "Lunch"), (bob, "transfer", 30, 1, 31, "Lunch")]

    def test_counts_as_spent_and_earned(self, bank):
        anna, bob = bank.person(100), bank.person(1)
        bank.transfer(anna, bob, 30)
        assert (bank.account(anna)["total_spent"], bank.account(bob)["total_earned"]) == (30, 31)

    def test_makes_the_receivers_account(self, bank):
        anna, bob = bank.person(100), bank.person()
        assert bank.transfer(anna, bob, 100)["to_balance_after"] == 100
        assert bank.entries(bob) == [("transfer", 100, 100)]

    def test_goes_either_way_whichever_id_is_lower(self, bank):
        low, high = sorted([bank.person(10), bank.person(10)])
        bank.transfer(low, high, 4)
        bank.transfer(high, low, 14)
        assert (bank.balance(low), bank.balance(high)) == (20, 0)

    def test_moves_all_there_is(self, bank):
        anna, bob = bank.person(2**31 - 1), bank.person(2**31 - 1)
        assert bank.transfer(anna, bob, 2**31 - 1)["to_balance_after"] == 2**32 - 2

    def test_is_for_people_who_have_left_too(self, bank):
        anna, bob = bank.person(5), bank.person()
        bank.connection.execute("UPDATE profiles SET is_active = false")
        assert bank.transfer(anna, bob, 5)["success"] is True

    def test_several_in_one_transaction_follow_each_other(self, bank):
        anna, bob = bank.person(5), bank.person()
        with bank.connection.transaction():
            bank.transfer(anna, bob, 5)
            bank.transfer(bob, anna, 4)
        assert [after for _, _, after in bank.entries(anna)] == [5, 0, 4]


class TestIsRefused:
    @pytest.mark.parametrize("amount", [0, -1, -(2**31), None])
    def test_of_nothing_or_less(self, bank, refuses, amount):
        anna, bob = bank.person(10), bank.person(10)
        with refuses("invalid_input", parameter="p_amount"):
            bank.transfer(anna, bob, amount)

    def test_to_oneself(self, bank, refuses):
        anna = bank.person(10)
        with refuses("invalid_input", parameter="p_to_user_id"):
            bank.transfer(anna, anna, 1)

    @pytest.mark.parametrize("amount", [11, 2**31 - 1])
    def test_of_more_than_one_has(self, bank, refuses, amount):
        anna, bob = bank.person(10), bank.person(10)
        with refuses("insufficient_credits", required=amount, available=10):
            bank.transfer(anna, bob, amount)

    def test_of_what_one_never_had(self, bank, refuses):
        anna, bob = bank.person(), bank.person(10)
        with refuses("insufficient_credits", required=1, available=0):
            bank.transfer(anna, bob, 1)

    def test_between_two_without_accounts_and_makes_none(self, bank, refuses):
        anna, bob = bank.person(), bank.person()
        with refuses("insufficient_credits", required=1, available=0):
            bank.transfer(anna, bob, 1)
        assert bank.rows("SELECT user_id FROM credits") == []

    def test_from_and_to_nobody(self, bank, refuses):
        anna = bank.person(10)
        with refuses("invalid_input", parameter="p_from_user_id"):
            bank.transfer(None, anna, 1)
        with refuses("invalid_input", parameter="p_to_user_id"):
            bank.transfer(anna, None, 1)
        with refuses("invalid_input", parameter="p_from_user_id"):
            bank.transfer(None, None, None)

    def test_from_and_to_somebody_unknown(self, bank, refuses):
        anna = bank.person(10)
        with refuses("not_found", entity="profile", id=UNKNOWN):
            bank.transfer(UNKNOWN, anna, 1)
        with refuses("not_found", entity="profile", id=UNKNOWN):
            bank.transfer(anna, UNKNOWN, 1)

    def test_with_a_description_that_is_too_long(self, bank, refuses):
        anna, bob = bank.person(10), bank.person()
        with refuses("invalid_input", parameter="p_description"):
            bank.transfer(anna, bob, 1, p_description="x" * 10_001)
        assert bank.transfer(anna, bob, 1, p_description="x" * 10_000)["success"] is True


class TestAnEndUser:
    @pytest.fixture
    def open_bank(self, bank):
        """The bank, where users may send each other credits."""
        bank.connection.execute("UPDATE settings SET allow_user_transfers = true")
        return bank

    def test_sends_nothing_unless_the_setting_lets_them(self, bank, bank_as, refuses):
        anna, bob = bank.person(10), bank.person()
        with refuses("not_allowed"):
            bank_as(anna).transfer(anna, bob, 1)

    def test_is_not_told_more_while_it_does_not(self, bank, bank_as, refuses):
        """Whatever is wrong besides: nobody learns who exists or what they have."""
        anna, bob = bank.person(10), bank.person(5)
        user, wrong = bank_as(anna), [(anna, UNKNOWN, 1), (anna, anna, 1), (bob, anna, 1), (anna, bob, 11)]
        told = set()
        for transfer in [*wrong, (anna, bob, 0), (None, None, None)]:
            with refuses("not_allowed") as caught:
                user.transfer(*transfer)
            told.add((caught.value.diag.message_primary, caught.value.diag.message_detail))
        assert len(told) == 1

    def test_sends_their_own_where_it_does(self, open_bank, bank_as):
        anna, bob = open_bank.person(10), open_bank.person()
        assert bank_as(anna).transfer(anna, bob, 4)["from_balance_after"] == 6
        assert open_bank.balance(bob) == 4

    def test_takes_nothing_from_others(self, open_bank, bank_as, refuses):
        anna, bob = open_bank.person(10), open_bank.person(10)
        for receiver in (anna, open_bank.person(), UNKNOWN):
            with refuses("not_allowed"):
                bank_as(anna).transfer(bob, receiver, 1)

    def test_says_that_it_is_their_own(self, open_bank, bank_as, refuses):
        anna, bob = open_bank.person(10), open_bank.person(10)
        with refuses("invalid_input", parameter="p_from_user_id"):
            bank_as(anna).transfer(None, bob, 1)

    def test_sends_no_more_than_they_have(self, open_bank, bank_as, refuses):
        anna, bob = open_bank.person(10), open_bank.person(10)
        with refuses("insufficient_credits", required=11, available=10):
            bank_as(anna).transfer(anna, bob, 11)

    def test_sends_no_more_once_it_was_switched_off_again(self, open_bank, bank_as, refuses):
        anna, bob = open_bank.person(10), open_bank.person()
        user = bank_as(anna)
        user.transfer(anna, bob, 1)
        open_bank.connection.execute("UPDATE settings SET allow_user_transfers = false")
        with refuses("not_allowed"):
            user.transfer(anna, bob, 1)

    def test_is_still_answered_with_what_was_done_under_a_key(self, open_bank, bank_as):
        anna, bob = open_bank.person(10), open_bank.person()
        user = bank_as(anna)
        first = user.transfer(anna, bob, 1, p_idempotency_key="lunch")
        open_bank.connection.execute("UPDATE settings SET allow_user_transfers = false")
        assert user.transfer(anna, bob, 1, p_idempotency_key="lunch") == first
        assert open_bank.balance(bob) == 1


class TestByHand:
    """I4, kept by the table: what one statement inserts under a transfer_id sums to 0."""

    def test_both_sides_in_one_statement_are_taken(self, bank):
        anna, bob = bank.person(10), bank.person(10)
        bank.connection.execute(
            "INSERT INTO credit_transactions (user_id, entry_number, transaction_type, amount, balance_before,"
            " balance_after, transfer_id, created_at)"
            " SELECT user_id, last_entry + 1, 'transfer', CASE WHEN user_id = %(anna)s THEN -3 ELSE 3 END, balance,"
            " balance + CASE WHEN user_id = %(anna)s THEN -3 ELSE 3 END, %(id)s, clock_timestamp() FROM credits",
            {"anna": anna, "id": UNKNOWN},
        )
        assert (bank.balance(anna), bank.balance(bob)) == (7, 13)

    @pytest.mark.parametrize("kind", ["transfer", "bonus", "session_earning"])
    def test_one_side_alone_is_refused(self, bank, kind):
        anna = bank.person(10)
        with pytest.raises(errors.CheckViolation, match="sum to 0"):
            insert_entry(bank.connection, anna, transaction_type=kind, transfer_id=UNKNOWN)
        assert bank.balance(anna) == 10

    def test_two_sides_that_do_not_match_are_refused(self, bank):
        anna = bank.person(10)
        pair = [{"transaction_type": "transfer", "amount": amount, "transfer_id": UNKNOWN} for amount in (-3, 4)]
        with pytest.raises(errors.CheckViolation, match="sum to 0"):
            insert_entries(bank.connection, anna, *pair)

    def test_a_transfer_without_its_id_is_refused(self, bank):
        anna = bank.person(10)
        with pytest.raises(errors.CheckViolation, match="transfer_has_its_id"):
            insert_entry(bank.connection, anna, transaction_type="transfer")
