"""Where in Stripe's JSON things are found, in older and newer versions of its API."""

import pytest
from gusmester.club import UNKNOWN

from credits.stripe.shop import PRICE, SHAPES, Stripe, changed, lines, period

OLD, NEW = SHAPES


@pytest.fixture(params=SHAPES)
def stripe(request, person):
    """A subscription whose events are of one shape, then of the other."""
    return Stripe(person, request.param)


def priced(event, place, price):
    """Return the invoice with another price in one of its lines."""
    line = lines(event)[place]
    if "pricing" in line:
        line["pricing"]["price_details"]["price"] = price
    else:
        line["price"]["id"] = line["plan"]["id"] = price
    return event


class TestTheSubscription:
    def test_of_an_expanded_object(self, desk, person):
        old = Stripe(person, OLD)
        expanded = {"id": old.subscription, "object": "subscription", "status": "active"}
        desk.deliver(changed(old.checkout(), "subscription", to=expanded))
        assert desk.outcome(changed(old.invoice(), "subscription", to=expanded)) == "allocated"

    def test_of_an_expanded_object_in_the_invoices_parent(self, desk, person):
        new = Stripe(person, NEW)
        desk.deliver(new.checkout())
        expanded = {"id": new.subscription, "object": "subscription", "status": "active"}
        invoice = changed(new.invoice(), "parent", "subscription_details", "subscription", to=expanded)
        assert desk.outcome(invoice) == "allocated"

    def test_of_a_parent_beside_an_empty_field_of_the_older_kind(self, desk, person):
        new = Stripe(person, NEW)
        desk.deliver(new.checkout())
        assert desk.outcome(changed(new.invoice(), "subscription", to=None)) == "allocated"

    def test_an_invoice_without_one_is_ignored(self, desk, person):
        for subscription in [None, "", "x" * 256, 7, [], {}, {"id": None}]:
            invoice = changed(Stripe(person, OLD).invoice(), "subscription", to=subscription)
            assert desk.outcome(invoice) == "ignored"
            assert desk.bank.rows("SELECT FROM subscriptions") == []


class TestTheUser:
    def bound_to(self, desk, stripe):
        return desk.subscription(stripe)["user_id"]

    def checkout(self, stripe, reference, **metadata):
        return changed(changed(stripe.checkout(), "client_reference_id", to=reference), "metadata", to=metadata)

    def test_is_the_client_reference(self, desk, person, stripe):
        assert desk.outcome(stripe.checkout()) == "bound"
        assert self.bound_to(desk, stripe) == person

    def test_in_capital_letters(self, desk, person, stripe):
        assert desk.outcome(self.checkout(stripe, person.upper())) == "bound"
        assert self.bound_to(desk, stripe) == person

    def test_else_the_one_in_the_metadata(self, desk, person, stripe):
        assert desk.outcome(self.checkout(stripe, None, user_id=person)) == "bound"
        assert self.bound_to(desk, stripe) == person

    def test_the_client_reference_before_the_metadata(self, desk, person, stripe):
        assert desk.outcome(self.checkout(stripe, person, user_id=desk.bank.person())) == "bound"
        assert self.bound_to(desk, stripe) == person

    def test_a_client_reference_to_a_cart_leaves_the_metadata(self, desk, person, stripe):
        """Stripe offers the field for the id of a customer, a cart or the like."""
        assert desk.outcome(self.checkout(stripe, "cart-1507", user_id=person)) == "bound"
        assert self.bound_to(desk, stripe) == person

    def test_a_client_reference_to_an_unknown_user_does_not(self, desk, person, stripe):
        assert desk.outcome(self.checkout(stripe, UNKNOWN, user_id=person)) == "unknown_user"
        assert self.bound_to(desk, stripe) is None

    def test_whatever_is_no_uuid_names_nobody(self, desk, stripe):
        for reference in [
            "cart-1507",
            "",
            " ",
            "7c1f5d0e",
            f"{{{UNKNOWN}}}",
            "'; --",
            "\N{SNOWMAN}",
            7,
            True,
            [],
            {},
        ]:
            for checkout in (self.checkout(stripe, reference), self.checkout(stripe, None, user_id=reference)):
                assert desk.outcome(checkout) == "unknown_user"
            assert self.bound_to(desk, stripe) is None

    def test_nor_does_metadata_of_another_kind(self, desk, stripe):
        for metadata in [None, "user_id", ["user_id"], 7]:
            checkout = changed(self.checkout(stripe, None), "metadata", to=metadata)
            assert desk.outcome(checkout) == "unknown_user"


class TestThePlansLine:
    @pytest.fixture(autouse=True)
    def _bound(self, desk, stripe):
        desk.deliver(stripe.checkout())

    def test_is_found_among_prorations_free_lines_and_goods(self, desk, person, stripe):
        invoice = stripe.invoice(3)
        assert len(lines(invoice)) == 5
        assert desk.outcome(invoice) == "allocated"
        assert desk.allocations(person) == [(40, *period(3))]

    def test_whose_period_it_is_and_not_the_invoices(self, desk, person, stripe):
        """An invoice's own period is the one in which its items were collected."""
        invoice = stripe.invoice(3)
        assert (
            invoice["data"]["object"]["period_end"] - invoice["data"]["object"]["period_start"]
            != lines(invoice)[3]["period"]["end"] - lines(invoice)[3]["period"]["start"]
        )
        invoice = changed(changed(invoice, "period_start", to=0), "period_end", to=0)
        assert desk.outcome(invoice) == "allocated"
        assert desk.allocations(person) == [(40, *period(3))]

    def test_is_that_of_a_known_plan_before_that_of_another_price(self, desk, person, stripe):
        desk.plan("price_1TExample0newsletter", 1, "newsletter")
        desk.bank.connection.execute("DELETE FROM subscription_plans WHERE plan = 'club'")
        assert desk.outcome(stripe.invoice(1)) == "allocated"
        assert desk.allocations(person) == [(1, *period(1))]

    def test_of_two_known_plans_is_the_first(self, desk, person, stripe):
        desk.plan("price_1TExample0newsletter", 1, "newsletter")
        assert desk.outcome(stripe.invoice(1)) == "allocated"
        assert desk.allocations(person) == [(1, *period(1))]

    def test_allocates_the_plan_once_whatever_its_quantity(self, desk, person, stripe):
        invoice = stripe.invoice()
        lines(invoice)[0]["quantity"] = 3
        desk.deliver(invoice)
        assert desk.allocations(person) == [(40, *period(0))]

    def test_counts_though_a_discount_or_a_trial_made_it_free(self, desk, person, stripe):
        invoice = stripe.invoice()
        lines(invoice)[0]["amount"] = 0
        invoice = changed(changed(invoice, "amount_paid", to=0), "total", to=0)
        assert desk.outcome(invoice) == "allocated"

    def test_may_have_its_price_expanded(self, desk, stripe):
        invoice = stripe.invoice()
        line = lines(invoice)[0]
        if stripe.shape == NEW:
            line["pricing"]["price_details"]["price"] = {"id": PRICE, "object": "price"}
        else:
            line["price"] = None  # and a plan, as before there were prices
        assert desk.outcome(invoice) == "allocated"

    def test_may_say_nothing_of_prorations(self, desk, stripe):
        invoice = stripe.invoice()
        line = lines(invoice)[0]
        del (line["parent"]["subscription_item_details"] if stripe.shape == NEW else line)["proration"]
        assert desk.outcome(invoice) == "allocated"

    def test_is_known_by_its_details_alone(self, desk, person):
        new = Stripe(person, NEW)
        desk.deliver(new.checkout())
        invoice = new.invoice()
        del lines(invoice)[0]["parent"]["type"]
        assert desk.outcome(invoice) == "allocated"

    def test_counts_only_where_a_period_begins(self, desk, stripe):
        for reason in ["subscription_update", "manual", "subscription_threshold", "upcoming", None, 7]:
            assert desk.outcome(changed(stripe.invoice(), "billing_reason", to=reason)) == "ignored"

    def test_is_missing_in_an_invoice_of_prorations(self, desk, stripe):
        upgrade = stripe.event("invoice_upgrade")
        assert desk.outcome(upgrade) == "ignored"
        again = changed(stripe.event("invoice_upgrade"), "billing_reason", to="subscription_cycle")
        assert desk.outcome(again) == "ignored"

    def test_is_missing_in_an_invoice_of_goods(self, desk, stripe):
        invoice = stripe.invoice(1)
        lines(invoice)[:] = lines(invoice)[-1:]
        assert desk.outcome(invoice) == "ignored"

    def test_that_an_event_has_no_room_for_is_not_forgotten(self, desk, person, stripe):
        """Stripe sends ten lines, prorations first."""
        invoice = stripe.invoice(1)
        lines(invoice)[:] = lines(invoice)[:2] * 5
        invoice = changed(invoice, "lines", "has_more", to=True)
        assert desk.outcome(invoice) == "unknown_price"
        assert desk.outcome(invoice) == "unknown_price"
        assert desk.allocations(person) == []

    def test_is_looked_for_in_a_list(self, desk, stripe):
        for listed in [None, {}, [], "lines", {"data": None}, {"data": {}}, {"data": "x"}, {"data": 7}]:
            assert desk.outcome(changed(stripe.invoice(), "lines", to=listed)) == "malformed"

    def test_is_not_one_that_says_nothing(self, desk, person, stripe):
        invoice = stripe.invoice()
        lines(invoice)[:0] = [None, 7, "line", [], {}, {"parent": None}, {"type": None}, {"type": "subscription"}]
        assert desk.outcome(invoice) == "allocated"
        assert desk.allocations(person) == [(40, *period(0))]

    def test_needs_a_period(self, desk, person, stripe):
        for end in ["start", "end"]:
            for instant in [
                None,
                "1768471200",
                "2026-01-15",
                -1,
                0,
                946684799,
                4102444800,
                10**30,
                1e308,
                True,
                [],
                {},
            ]:
                invoice = stripe.invoice()
                lines(invoice)[0]["period"][end] = instant
                assert desk.outcome(invoice) == "malformed"
                assert desk.allocations(person) == []

    def test_needs_a_period_of_two_instants(self, desk, stripe):
        for whole in [None, 7, "month", [], {}]:
            invoice = stripe.invoice()
            lines(invoice)[0]["period"] = whole
            assert desk.outcome(invoice) == "malformed"

    def test_needs_a_period_that_ends_after_its_start(self, desk, stripe):
        invoice = stripe.invoice()
        span = lines(invoice)[0]["period"]
        span["end"] = span["start"]
        assert desk.outcome(invoice) == "malformed"

    def test_of_a_period_that_overlaps_another_allocates_nothing(self, desk, person, stripe):
        desk.deliver(stripe.invoice())
        invoice = stripe.invoice(1)
        lines(invoice)[3]["period"]["start"] -= 1
        assert desk.deliver(invoice) == {
            "success": True,
            "event_id": invoice["id"],
            "outcome": "period_overlaps",
            "allocation_id": None,
        }
        assert desk.allocations(person) == [(40, *period(0))]


class TestTheStatus:
    def test_and_the_period_are_kept(self, desk, stripe):
        assert desk.outcome(stripe.status("past_due", month=2)) == "status_kept"
        query = "SELECT status, current_period_start, current_period_end, user_id FROM subscriptions"
        assert desk.bank.rows(query) == [("past_due", *period(2), None)]

    def test_of_a_deleted_subscription_is_canceled(self, desk, stripe):
        deleted = changed(stripe.status("canceled"), "status", to="active")
        assert desk.outcome(deleted) == "status_kept"
        assert desk.subscription(stripe)["status"] == "canceled"

    def test_is_kept_without_items(self, desk, stripe):
        for items in [None, [], {}, {"data": None}, {"data": []}, {"data": [None]}, {"data": "x"}]:
            assert desk.outcome(changed(stripe.status("unpaid"), "items", to=items)) == "status_kept"
            assert desk.subscription(stripe)["status"] == "unpaid"

    def test_must_be_a_word(self, desk, stripe):
        for status in [None, "", "x" * 101]:
            assert desk.outcome(stripe.status(status)) == "malformed"
            assert desk.subscription(stripe)["status"] == "incomplete"

    def test_must_have_its_time(self, desk, stripe):
        for created in [None, "1768471205", -1, 10**30, [], {}]:
            assert desk.outcome(stripe.status("active", created=created)) == "malformed"
            assert desk.subscription(stripe)["status"] == "incomplete"


class TestOtherTypes:
    def test_are_kept_and_ignored(self, desk, stripe):
        for name in ["charge_succeeded", "customer_created", "payment_intent_succeeded"]:
            event = stripe.event(name)
            assert desk.outcome(event) == "ignored"
            assert desk.recorded(event)["payload"] == event
            assert desk.bank.rows("SELECT FROM subscriptions") == []

    def test_are_ignored_though_they_tell_of_a_subscription(self, desk, stripe):
        for kind in [
            "invoice.created",
            "invoice.payment_failed",
            "customer.subscription.created",
            "checkout.session.expired",
            "a.b",
        ]:
            assert desk.outcome(stripe.invoice(kind=kind)) == "ignored"
            assert desk.bank.rows("SELECT FROM subscriptions") == []

    def test_a_checkout_that_is_no_subscription_is_ignored(self, desk, person, stripe):
        checkout = stripe.event("checkout_payment")
        assert checkout["data"]["object"]["client_reference_id"] == person
        assert desk.outcome(checkout) == "ignored"
        assert desk.bank.rows("SELECT FROM subscriptions") == []

    def test_a_checkout_of_another_mode_binds_nothing(self, desk, stripe):
        for mode in ("setup", "payment", None, 7):
            assert desk.outcome(changed(stripe.checkout(), "mode", to=mode)) == "ignored"
        assert desk.bank.rows("SELECT FROM subscriptions") == []
