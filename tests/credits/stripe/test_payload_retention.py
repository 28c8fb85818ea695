"""run_maintenance() forgets what payers typed, once nothing is to be done with an event any more."""

import pytest
from core.records import all_text
from gusmester.calls import run
from gusmester.snapshot import nothing_written

from credits.stripe.shop import EMAIL, Stripe, period


@pytest.fixture
def stripe(person):
    """A subscription."""
    return Stripe(person)


def maintain(desk, **more):
    """Run it; return how many payloads were forgotten."""
    return run(desk.bank.connection, "run_maintenance", **more)["done"]["payment_event_payloads_forgotten"]


def pass_time(desk, days):
    """Let so many days pass since the events were processed."""
    desk.bank.connection.execute(
        "UPDATE payment_events SET processed_at = processed_at - %s * interval '1 day'", [days]
    )


class TestPayloads:
    def test_are_forgotten_after_their_retention(self, desk, person, stripe):
        events = [stripe.checkout(), stripe.invoice(), stripe.status("active")]
        for event in events:
            desk.deliver(event)
        before = [desk.recorded(event) for event in events]
        pass_time(desk, 365)
        assert maintain(desk) == 0
        pass_time(desk, 2)
        assert maintain(desk) == 3
        for event, row in zip(events, before, strict=True):
            now = desk.recorded(event)
            assert now == row | {"payload": {}, "payer_emails": [], "processed_at": now["processed_at"]}
        assert EMAIL.lower() not in all_text(desk.bank.connection, "profiles").lower()
        assert maintain(desk) == 0
        assert desk.bank.rows("SELECT * FROM reconcile_credits()") == []
        assert desk.bank.rows("SELECT * FROM verify_invariants()") == []

    def test_make_no_difference_to_another_delivery(self, desk, person, stripe):
        events = [stripe.checkout(), stripe.invoice()]
        answers = [desk.deliver(event) for event in events]
        pass_time(desk, 400)
        maintain(desk)
        with nothing_written(desk.bank.connection):
            assert [desk.deliver(event) for event in events] == answers
        assert desk.allocations(person) == [(40, *period(0))]

    def test_of_an_invoice_that_waits_are_kept(self, desk, person, stripe):
        invoice = stripe.invoice()
        assert desk.outcome(invoice) == "waiting"
        pass_time(desk, 4000)
        assert maintain(desk) == 0
        assert desk.outcome(stripe.checkout()) == "bound"
        assert desk.allocations(person) == [(40, *period(0))]

    def test_of_a_price_that_nobody_knows_are_kept(self, desk, person, stripe):
        desk.bank.connection.execute("DELETE FROM subscription_plans")
        desk.deliver(stripe.checkout())
        desk.deliver(stripe.invoice())
        pass_time(desk, 4000)
        assert maintain(desk) == 1
        desk.plan()
        desk.bank.rows("SELECT process_stripe_event(payload) FROM payment_events WHERE outcome = 'unknown_price'")
        assert desk.allocations(person) == [(40, *period(0))]

    def test_are_forgotten_so_many_at_a_time(self, desk, stripe):
        for _ in range(3):
            desk.deliver(stripe.status("active"))
        pass_time(desk, 400)
        assert [maintain(desk, p_limit=2) for _ in range(3)] == [2, 1, 0]

    def test_are_no_obstacle_to_erasing_the_payer(self, desk, person, stripe):
        desk.deliver(stripe.checkout())
        pass_time(desk, 400)
        maintain(desk)
        desk.deliver(stripe.invoice())
        run(desk.bank.connection, "erase_person", p_user_id=person)
        assert EMAIL.lower() not in all_text(desk.bank.connection).lower()
