"""Scenario 13 with real connections: whatever comes at once, a month is allocated once and nothing is left waiting."""

import json
from collections import Counter
from itertools import chain, permutations
from random import Random

import pytest
from gusmester.calls import run
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.race import race

from credits.stripe.shop import SHAPES, Stripe, period

DELIVER = "SELECT process_stripe_event(%s) ->> 'outcome'"


def at_once(connections, events):
    """Deliver each event on a connection of its own, all at the same moment; return the outcomes."""
    answers = race(
        len(events),
        lambda i: connections[i],
        lambda connection, i: run(connection, "process_stripe_event", p_event=json.dumps(events[i])),
    )
    for answer in answers:
        assert not isinstance(answer, Exception), answer
    return [answer["outcome"] for answer in answers]


@pytest.fixture
def crowd(connect):
    """Connections to deliver on."""
    return [connect() for _ in range(10)]


def left_waiting(desk):
    """Return how many events wait for a checkout."""
    return desk.bank.value("SELECT count(*) FROM payment_events WHERE outcome = 'waiting'")


@pytest.mark.parametrize("shape", SHAPES)
def test_checkout_and_invoice_fifty_times(desk, bank, crowd, shape):
    for _ in range(50):
        stripe = Stripe(bank.person(), shape)
        outcomes = at_once(crowd, [stripe.checkout(), stripe.invoice()])
        assert outcomes in (["bound", "allocated"], ["bound", "waiting"])
        assert left_waiting(desk) == 0
        assert desk.allocations(stripe.user) == [(40, *period(0))]
        assert bank.entries(stripe.user) == [("session_earning", 40, 40)]


def test_both_events_of_an_invoice_fifty_times(desk, bank, crowd):
    for _ in range(50):
        stripe = Stripe(bank.person())
        desk.deliver(stripe.checkout())
        outcomes = at_once(crowd, [stripe.invoice(), stripe.invoice(kind="invoice.payment_succeeded")])
        assert sorted(outcomes) == ["allocated", "already_allocated"]
        assert desk.allocations(stripe.user) == [(40, *period(0))]


def test_each_event_three_times_at_once(desk, bank, crowd):
    for _ in range(20):
        stripe = Stripe(bank.person())
        events = [stripe.checkout(), stripe.invoice(), stripe.invoice(kind="invoice.payment_succeeded")]
        at_once(crowd, events * 3)
        assert left_waiting(desk) == 0
        assert desk.allocations(stripe.user) == [(40, *period(0))]
        outcomes = Counter(desk.recorded(event)["outcome"] for event in events)
        assert outcomes == {"bound": 1, "allocated": 1, "already_allocated": 1}


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_two_deliveries_at_once_of_one_event_after_the_other(desk, person, crowd, order):
    stripe = Stripe(person)
    events = [stripe.checkout(), stripe.invoice(), stripe.invoice(kind="invoice.payment_succeeded")]
    for place in order:
        first, second = at_once(crowd, [events[place]] * 2)
        assert first == second
    assert left_waiting(desk) == 0
    assert desk.allocations(person) == [(40, *period(0))]
    assert len(desk.bank.rows("SELECT FROM payment_events")) == 3


def test_ten_deliveries_of_one_invoice(desk, person, crowd):
    stripe = Stripe(person)
    desk.deliver(stripe.checkout())
    assert at_once(crowd, [stripe.invoice()] * 10) == ["allocated"] * 10
    assert desk.bank.entries(person) == [("session_earning", 40, 40)]
    assert len(desk.bank.audits("process_stripe_event")) == 2


def test_ten_deliveries_of_an_invoice_whose_plan_has_just_been_added(desk, person, crowd):
    stripe = Stripe(person)
    desk.bank.connection.execute("DELETE FROM subscription_plans")
    desk.deliver(stripe.checkout())
    invoice = stripe.invoice()
    desk.deliver(invoice)
    desk.plan()
    assert at_once(crowd, [invoice] * 10) == ["allocated"] * 10
    assert desk.bank.entries(person) == [("session_earning", 40, 40)]


def test_checkouts_of_ten_users_bind_one(desk, bank, crowd):
    stripe = Stripe(bank.person())
    checkouts = []
    for _ in range(10):
        stripe.user = bank.person()
        checkouts.append(stripe.checkout())
    outcomes = at_once(crowd, checkouts)
    assert Counter(outcomes) == {"bound": 1, "already_bound": 9}
    winner = checkouts[outcomes.index("bound")]["data"]["object"]["client_reference_id"]
    assert desk.subscription(stripe)["user_id"] == winner


def test_ten_months_at_once(desk, person, crowd):
    stripe = Stripe(person)
    desk.deliver(stripe.checkout())
    at_once(crowd, [stripe.invoice(month) for month in range(10)])
    assert desk.allocations(person) == [(40, *period(month)) for month in range(10)]
    assert [after for _, _, after in desk.bank.entries(person)] == list(range(40, 440, 40))


def test_the_last_status_stays_whatever_comes_first(desk, person, crowd):
    for _ in range(10):
        stripe = Stripe(person)
        told = [stripe.status(f"status {n}", created=1_768_471_205 + n) for n in range(9)]
        at_once(crowd, [*told, stripe.checkout()])
        assert desk.subscription(stripe)["status"] == "status 8"


def test_an_invoice_waits_for_the_checkout_that_is_being_processed(desk, person, connect):
    stripe = Stripe(person)
    checkout, invoice = json.dumps(stripe.checkout()), json.dumps(stripe.invoice())
    first, second = connect(autocommit=False), connect()
    first.execute(DELIVER, [checkout])
    later = execute_in_thread(second, DELIVER, [invoice])
    wait_until_blocked(desk.bank.connection, second.info.backend_pid)
    first.commit()
    assert later.result(TIMEOUT) == [("allocated",)]


def test_a_checkout_waits_for_the_invoice_that_is_being_processed_and_settles_it(desk, person, connect):
    stripe = Stripe(person)
    checkout, invoice = stripe.checkout(), stripe.invoice()
    first, second = connect(autocommit=False), connect()
    assert first.execute(DELIVER, [json.dumps(invoice)]).fetchone() == ("waiting",)
    later = execute_in_thread(second, DELIVER, [json.dumps(checkout)])
    wait_until_blocked(desk.bank.connection, second.info.backend_pid)
    first.commit()
    assert later.result(TIMEOUT) == [("bound",)]
    assert desk.recorded(invoice)["outcome"] == "allocated"


def test_a_delivery_that_fails_leaves_the_event_to_the_next(desk, person, connect):
    stripe = Stripe(person)
    checkout = json.dumps(stripe.checkout())
    first, second = connect(autocommit=False), connect()
    first.execute(DELIVER, [checkout])
    later = execute_in_thread(second, DELIVER, [checkout])
    wait_until_blocked(desk.bank.connection, second.info.backend_pid)
    first.rollback()
    assert later.result(TIMEOUT) == [("bound",)]


def test_nobody_deadlocks_whatever_comes(desk, bank, crowd):
    """Eight deliverers, four subscriptions of two people, everything again and again in any order."""
    people = [bank.person(), bank.person()]
    events = []
    for n in range(4):
        stripe = Stripe(people[n % 2], SHAPES[n % 2])
        events += [stripe.checkout(), stripe.checkout(), stripe.status("active"), stripe.status("past_due")]
        for month in range(3):
            events += [stripe.invoice(month), stripe.invoice(month, "invoice.payment_succeeded")]

    def deliver(connection, i):
        met = []
        for event in Random(i).sample(events, len(events)):
            try:
                run(connection, "process_stripe_event", p_event=json.dumps(event))
            except Exception as error:
                met.append(error)
        return met

    assert list(chain.from_iterable(race(8, lambda i: crowd[i], deliver))) == []
    assert left_waiting(desk) == 0
    for person in people:
        assert desk.bank.balance(person) == 2 * 3 * 40


def test_erasing_a_payer_meets_their_events(desk, bank, crowd):
    """Erasure and settlement both write the events that wait: neither ends the other's transaction."""
    for n in range(20):
        stripe = Stripe(bank.person())
        events = [stripe.invoice(month) for month in range(8)]
        for event in Random(n).sample(events, len(events)):
            desk.deliver(event)
        checkout = json.dumps(stripe.checkout())
        bank.connection.execute(
            "UPDATE profiles SET email = (SELECT max(payer_emails[1]) FROM payment_events) WHERE user_id = %s",
            [stripe.user],
        )

        def work(connection, i, stripe=stripe, checkout=checkout):
            if i:
                return run(connection, "process_stripe_event", p_event=checkout)
            return run(connection, "erase_person", p_user_id=stripe.user)

        for answer in race(2, lambda i: crowd[i], work):
            assert not isinstance(answer, Exception), answer
        bank.connection.execute("UPDATE profiles SET email = NULL")
        assert left_waiting(desk) == 0
