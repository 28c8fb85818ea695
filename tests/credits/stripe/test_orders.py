"""Scenario 13: Stripe tells of a first month in any order and any number of times, and it is allocated once."""

from itertools import permutations

import pytest

from credits.stripe.shop import PRICE, SHAPES, Stripe, period

EVENTS = ("checkout", "invoice.paid", "invoice.payment_succeeded")
each_shape = pytest.mark.parametrize("shape", SHAPES)


def first_month(stripe):
    """Return the events of a first month by their names."""
    return {name: stripe.checkout() if name == "checkout" else stripe.invoice(kind=name) for name in EVENTS}


@each_shape
@pytest.mark.parametrize("order", list(permutations(EVENTS)), ids=" ".join)
class TestOneMonth:
    def allocated_once(self, desk, person, stripe, events):
        assert desk.allocations(person) == [(40, *period(0))]
        assert desk.bank.entries(person) == [("session_earning", 40, 40)]
        outcomes = {name: desk.recorded(event)["outcome"] for name, event in events.items()}
        assert outcomes.pop("checkout") == "bound"
        assert sorted(outcomes.values()) == ["allocated", "already_allocated"]
        assert len({desk.recorded(event)["allocation_id"] for name, event in events.items() if name != "checkout"}) == 1
        subscription = desk.subscription(stripe)
        assert (subscription["user_id"], subscription["plan"], subscription["status"]) == (person, "club", "active")

    def test_each_event_three_times_in_a_row(self, desk, person, shape, order):
        stripe = Stripe(person, shape)
        events = first_month(stripe)
        for name in order:
            for _ in range(3):
                desk.deliver(events[name])
        self.allocated_once(desk, person, stripe, events)

    def test_all_events_again_and_again(self, desk, person, shape, order):
        stripe = Stripe(person, shape)
        events = first_month(stripe)
        for _ in range(3):
            for name in order:
                desk.deliver(events[name])
        self.allocated_once(desk, person, stripe, events)

    def test_all_events_backwards_the_second_time(self, desk, person, shape, order):
        stripe = Stripe(person, shape)
        events = first_month(stripe)
        for name in (*order, *reversed(order)):
            desk.deliver(events[name])
        self.allocated_once(desk, person, stripe, events)


@each_shape
class TestWhatIsAnswered:
    def test_an_invoice_after_its_checkout_is_allocated(self, desk, person, shape):
        stripe = Stripe(person, shape)
        checkout, invoice = stripe.checkout(), stripe.invoice()
        assert desk.deliver(checkout) == {
            "success": True,
            "event_id": checkout["id"],
            "outcome": "bound",
            "allocation_id": None,
        }
        answer = desk.deliver(invoice)
        assert answer == {
            "success": True,
            "event_id": invoice["id"],
            "outcome": "allocated",
            "allocation_id": str(desk.bank.value("SELECT id FROM credit_allocations")),
        }
        assert desk.deliver(invoice) == answer

    def test_an_invoice_before_its_checkout_waits_and_is_settled_by_it(self, desk, person, shape):
        stripe = Stripe(person, shape)
        checkout, invoice = stripe.checkout(), stripe.invoice()
        assert desk.outcome(invoice) == "waiting"
        assert desk.bank.entries(person) == []
        settled = desk.deliver(checkout)
        assert settled["outcome"] == "bound"
        assert settled["allocation_id"] == str(desk.bank.value("SELECT id FROM credit_allocations"))
        assert desk.deliver(invoice) == settled | {"event_id": invoice["id"], "outcome": "allocated"}

    def test_the_second_event_of_an_invoice_finds_the_first_ones_allocation(self, desk, person, shape):
        stripe = Stripe(person, shape)
        desk.deliver(stripe.checkout())
        first = desk.deliver(stripe.invoice())
        second = desk.deliver(stripe.invoice(kind="invoice.payment_succeeded"))
        assert (first["outcome"], second["outcome"]) == ("allocated", "already_allocated")
        assert first["allocation_id"] == second["allocation_id"]

    def test_events_of_the_other_shape_are_the_same_month(self, desk, person, shape):
        stripe = Stripe(person, shape)
        desk.deliver(stripe.checkout())
        desk.deliver(stripe.invoice())
        stripe.shape = next(other for other in SHAPES if other != shape)
        assert desk.outcome(stripe.invoice(kind="invoice.payment_succeeded")) == "already_allocated"


@each_shape
class TestMoreMonths:
    def test_the_next_months_invoice_allocates_the_next_month(self, desk, person, shape):
        stripe = Stripe(person, shape)
        desk.deliver(stripe.checkout())
        for month in range(14):
            assert desk.outcome(stripe.invoice(month)) == "allocated"
            assert desk.outcome(stripe.invoice(month, "invoice.payment_succeeded")) == "already_allocated"
        assert desk.allocations(person) == [(40, *period(month)) for month in range(14)]
        assert desk.bank.balance(person) == 14 * 40

    def test_months_in_any_order(self, desk, person, shape):
        stripe = Stripe(person, shape)
        for month in (2, 0, 1):
            assert desk.outcome(stripe.invoice(month)) == "waiting"
        desk.deliver(stripe.checkout())
        assert desk.allocations(person) == [(40, *period(month)) for month in range(3)]
        assert desk.outcome(stripe.invoice(3)) == "allocated"

    def test_the_subscription_says_the_last_month(self, desk, person, shape):
        stripe = Stripe(person, shape)
        desk.deliver(stripe.checkout())
        for month in (1, 0):
            desk.deliver(stripe.invoice(month))
        query = "SELECT current_period_start, current_period_end, monthly_credits FROM subscriptions"
        assert desk.bank.rows(query) == [(*period(1), 40)]

    def test_another_plan_from_the_next_month_on(self, desk, person, shape):
        desk.plan("price_1TExample0club90", 90, "club 90")
        stripe = Stripe(person, shape)
        desk.deliver(stripe.checkout())
        desk.deliver(stripe.invoice())
        invoice = stripe.invoice(1)
        plan_line = invoice["data"]["object"]["lines"]["data"][3]
        if shape == SHAPES[0]:
            plan_line["price"]["id"] = plan_line["plan"]["id"] = "price_1TExample0club90"
        else:
            plan_line["pricing"]["price_details"]["price"] = "price_1TExample0club90"
        assert desk.outcome(invoice) == "allocated"
        assert [amount for amount, *_ in desk.allocations(person)] == [40, 90]
        assert desk.subscription(stripe)["plan"] == "club 90"

    def test_credits_are_the_plans_at_the_time(self, desk, person, shape):
        stripe = Stripe(person, shape)
        desk.deliver(stripe.checkout())
        desk.deliver(stripe.invoice())
        desk.bank.connection.execute(
            "UPDATE subscription_plans SET monthly_credits = 50 WHERE stripe_price_id = %s", [PRICE]
        )
        desk.deliver(stripe.invoice(1))
        assert [amount for amount, *_ in desk.allocations(person)] == [40, 50]


def test_two_subscriptions_of_one_person_are_two_allocations(desk, person):
    for stripe in (Stripe(person), Stripe(person)):
        desk.deliver(stripe.checkout())
        desk.deliver(stripe.invoice())
    assert desk.allocations(person) == [(40, *period(0))] * 2
