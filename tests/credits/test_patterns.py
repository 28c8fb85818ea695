"""credit_patterns(): what stands out among what people did with their credits."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from gusmester.calls import Json, ask, run
from gusmester.test_plans import Meter

from credits.bank import Bank
from credits.stripe.fixtures import desk
from credits.stripe.shop import Stripe, period
from credits.test_plans import BUSY, FILL

__all__ = ["desk"]

HOUR = timedelta(hours=1)


def now(bank: Bank) -> datetime:
    moment: datetime = bank.value("SELECT clock_timestamp()")
    return moment


def patterns(bank: Bank, since: datetime | None = None, until: datetime | None = None) -> list[Json]:
    """Return what is unusual between two instants: the hour until now unless said otherwise."""
    moment = now(bank)
    return ask(bank.connection, "credit_patterns", p_from=since or moment - HOUR, p_to=until or moment)


def found(bank: Bank, since: datetime | None = None, until: datetime | None = None) -> list[tuple[str, str, int]]:
    """Return the same without the details."""
    return [(row["pattern"], row["user_id"], row["value"]) for row in patterns(bank, since, until)]


def details(bank: Bank) -> Json:
    """Return the details of the one pattern that is found."""
    (row,) = patterns(bank)
    return dict(row["details"])


def times(bank: Bank, person: str, count: int, amount: int, kind: str) -> None:
    for _ in range(count):
        bank.change(person, amount, kind)


def allocate(bank: Bank, person: str, **more: object) -> Json:
    arguments = {"p_user_id": person, "p_subscription_id": None, "p_amount": 10, "p_allocation_type": str(uuid4())}
    return run(bank.connection, "allocate_monthly_credits", **arguments | more)


def test_nothing_is_unusual_where_nothing_happened(bank):
    assert found(bank) == []


def test_ordinary_business_is_not_unusual(bank):
    anna, bob = bank.person(100), bank.person(100)
    times(bank, anna, 10, -5, "session_payment")
    times(bank, bob, 10, 5, "session_earning")
    times(bank, anna, 4, 5, "refund")
    times(bank, bob, 4, -5, "session_earning_reversal")
    times(bank, bob, 4, -1, "adjustment")
    times(bank, bob, 9, 1, "bonus")
    bank.transfer(anna, bob, 3)
    assert found(bank) == []


class TestRefunds:
    @pytest.mark.parametrize(
        ("payments", "refunds", "unusual"), [(0, 4, False), (0, 5, True), (10, 5, False), (9, 5, True), (11, 6, True)]
    )
    def test_are_many_from_five_on_when_more_than_half_is_refunded(self, bank, payments, refunds, unusual):
        anna = bank.person(100)
        times(bank, anna, payments, -5, "session_payment")
        times(bank, anna, refunds, 4, "refund")
        assert found(bank) == ([("many_refunds", anna, refunds)] if unusual else [])
        if unusual:
            assert details(bank) == {"payments": payments, "credits": 4 * refunds}

    def test_are_one_persons(self, bank):
        for _ in range(3):
            times(bank, bank.person(), 3, 4, "refund")
        assert found(bank) == []

    def test_are_of_the_period(self, bank):
        anna = bank.person()
        times(bank, anna, 2, 4, "refund")
        middle = now(bank)
        times(bank, anna, 3, 4, "refund")
        end = now(bank)
        times(bank, anna, 4, 4, "refund")
        assert found(bank, until=middle) == found(bank, since=middle, until=end) == []
        assert found(bank, until=end) == [("many_refunds", anna, 5)]
        assert found(bank, since=middle) == [("many_refunds", anna, 7)]


def test_a_period_begins_with_its_first_instant_and_ends_before_its_last(bank):
    anna = bank.person()
    times(bank, anna, 5, 4, "refund")
    ((first, last),) = bank.rows("SELECT min(created_at), max(created_at) FROM credit_transactions")
    moment = timedelta(microseconds=1)
    assert found(bank, first, last + moment) == [("many_refunds", anna, 5)]
    assert found(bank, first + moment, last + moment) == found(bank, first, last) == []
    assert found(bank, last + moment, first) == []


def test_reversals_are_many_like_refunds_and_allocations_are_no_earnings(bank, desk):
    anna = bank.person(100)
    times(bank, anna, 9, 5, "session_earning")
    stripe = Stripe(anna)
    for event in (stripe.checkout(), stripe.invoice()):
        desk.deliver(event)
    times(bank, anna, 5, -5, "session_earning_reversal")
    assert found(bank) == [("many_reversals", anna, 5)]
    assert details(bank) == {"earnings": 9, "credits": 25}

    times(bank, anna, 1, 5, "session_earning")
    assert found(bank) == []


def test_adjustments_are_many_from_five_on(bank):
    anna = bank.person(100)
    times(bank, anna, 4, -5, "adjustment")
    assert found(bank) == []
    times(bank, anna, 1, 2, "adjustment")
    assert found(bank) == [("many_adjustments", anna, 5)]
    assert details(bank) == {"credits": -18}


class TestADebt:
    def test_is_unusual_while_it_grows(self, bank):
        anna, start = bank.indebted(10), now(bank)
        assert found(bank) == [("growing_debt", anna, -10)]
        assert found(bank, since=start) == []

        bank.change(anna, -5, "session_earning_reversal")
        grown = now(bank)
        assert found(bank, since=start) == [("growing_debt", anna, -15)]
        assert patterns(bank, since=start)[0]["details"] == {"balance_before": -10}

        bank.change(anna, 6, "session_earning")
        assert found(bank, since=start) == found(bank, since=grown) == []
        assert found(bank, since=start, until=grown) == [("growing_debt", anna, -15)]

    def test_is_below_zero(self, bank):
        anna = bank.person(10)
        start = now(bank)
        bank.change(anna, -10)
        assert found(bank, since=start) == []


class TestAllocations:
    def test_that_were_paid_are_usual(self, bank, desk):
        stripe = Stripe(bank.person())
        for event in (stripe.invoice(), stripe.checkout(), stripe.invoice(1), stripe.invoice(1, "invoice.updated")):
            desk.deliver(event)
        assert bank.value("SELECT count(*) FROM credit_allocations") == 2
        assert found(bank) == []

    def test_without_a_payment_are_counted_per_person(self, bank):
        anna = bank.person()
        made = [allocate(bank, anna)["allocation_id"] for _ in range(12)]
        assert found(bank) == [("allocation_without_payment", anna, 120)]
        assert details(bank) == {"allocations": 12, "allocation_ids": made[:1:-1]}

    def test_made_by_hand_and_paid_then_are_usual(self, bank, desk):
        anna = bank.person()
        stripe, (start, end) = Stripe(anna), period(0)
        desk.deliver(stripe.checkout())
        own = {"p_subscription_id": desk.subscription(stripe)["id"], "p_allocation_type": "monthly"}
        allocate(bank, anna, p_period_start=start, p_period_end=end, **own)
        assert found(bank) == [("allocation_without_payment", anna, 10)]

        assert desk.outcome(stripe.invoice()) == "already_allocated"
        assert found(bank) == []

    def test_for_what_is_canceled(self, bank, desk):
        anna = bank.person()
        stripe = Stripe(anna)
        for event in (stripe.checkout(), stripe.invoice(), stripe.status("canceled")):
            desk.deliver(event)
        assert found(bank) == []  # it was canceled later

        canceled = bank.value("SELECT status_at FROM subscriptions")
        months = {
            canceled - timedelta(seconds=1): [],
            canceled: [("allocation_after_cancellation", anna, 10)],
        }
        for start, unusual in months.items():
            before = now(bank)
            subscription = desk.subscription(stripe)["id"]
            allocate(bank, anna, p_subscription_id=subscription, p_period_start=start, p_period_end=start + HOUR)
            assert [row for row in found(bank, since=before) if row[0] != "allocation_without_payment"] == unusual

    def test_for_what_somebody_has_canceled_by_hand(self, bank):
        anna = bank.person()
        subscription = bank.value(
            "INSERT INTO subscriptions (user_id, status) VALUES (%s, 'canceled') RETURNING id", [anna]
        )
        allocate(bank, anna, p_subscription_id=subscription)
        assert found(bank) == [
            ("allocation_after_cancellation", anna, 10),
            ("allocation_without_payment", anna, 10),
        ]

    def test_are_not_entries_that_say_so(self, bank):
        bank.change(bank.person(), 5, "session_earning", p_reference_type="monthly_allocation", p_reference_id=None)
        assert found(bank) == []


def test_the_most_striking_come_first_and_every_pattern_gets_its_share(bank, superuser):
    people = "SELECT md5('p' || i)::uuid AS id, i FROM generate_series(1, 1200) AS i"
    superuser.execute(f"INSERT INTO profiles (user_id) SELECT id FROM ({people}) AS p")
    bank.connection.execute(
        f"SELECT update_credit_balance(id, i, 'bonus'), update_credit_balance(id, -i, 'session_payment'),"
        f" update_credit_balance(id, -i, 'session_earning_reversal') FROM ({people}) AS p"
    )
    anna = bank.person()
    times(bank, anna, 5, 1, "refund")

    rows = found(bank)

    assert len(rows) == 1000
    assert [row[2] for row in rows[:-1]] == list(range(-1200, -201))
    assert rows[-1] == ("many_refunds", anna, 5)


def test_it_runs_where_nothing_may_be_written(bank):
    with bank.connection.transaction():
        bank.connection.execute("SET TRANSACTION READ ONLY, ISOLATION LEVEL REPEATABLE READ")
        assert found(bank) == []


class TestManyEntries:
    """What is read is what happened in the period, however many entries there were before."""

    @pytest.fixture(autouse=True)
    def every_invariant_holds(self):
        """Not here: rows that were filled in with triggers off need not agree."""

    @pytest.mark.parametrize("analyzed", [True, False])
    def test_few_of_them_are_read(self, bank, superuser, analyzed):
        bank.person(1, user_id=BUSY)
        patterns(bank)
        superuser.execute(FILL)
        superuser.execute("UPDATE credits SET updated_at = now() - interval '1 day' WHERE user_id <> %s", [BUSY])
        superuser.execute(
            "UPDATE credit_transactions SET created_at = now() - interval '1 day' WHERE user_id <> %s", [BUSY]
        )
        if analyzed:
            superuser.execute("ANALYZE")
        meter = Meter(bank.connection)
        assert meter.measure("patterns", lambda: found(bank)) == []
        del meter.much["patterns", "credits"]  # every account is asked when it last moved
        assert set(meter.much) <= {("patterns", "credits_pkey")}
