"""What a call reads stays small however many accounts and entries there are, for connections old and new."""

import json
from uuid import uuid4

import pytest
from gusmester.calls import ask, run
from gusmester.test_plans import ENOUGH_TO_KEEP_A_PLAN, Meter

MANY = 100_000
"""Rows of every table: an account each for as many people, one of them with as many entries."""

BUSY = "00000000-0000-4000-8000-0000000000b1"
"""Who has many entries."""

# No temporary table: making a session's first one throws away the plans that every connection keeps.
FILL = f"""
    INSERT INTO profiles (user_id) SELECT md5('person' || i)::uuid FROM generate_series(1, {MANY}) AS i;
    INSERT INTO credits (user_id, balance, total_earned, last_entry)
        SELECT md5('person' || i)::uuid, 1000000, 1000000, 1 FROM generate_series(1, {MANY}) AS i;
    INSERT INTO credit_transactions
            (user_id, entry_number, transaction_type, amount, balance_before, balance_after, transfer_id, created_at)
        SELECT md5('person' || i)::uuid, 1, 'bonus', 1000000, 0, 1000000, NULL, now()
        FROM generate_series(1, {MANY}) AS i;
    DELETE FROM credit_transactions WHERE user_id = '{BUSY}';
    INSERT INTO credit_transactions
            (user_id, entry_number, transaction_type, amount, balance_before, balance_after, session_id, created_at)
        SELECT '{BUSY}', i, 'bonus', 1, i - 1, i, md5('session' || i)::uuid, now() - ({MANY} - i) * interval '1 minute'
        FROM generate_series(1, {MANY}) AS i;
    UPDATE credits SET balance = {MANY}, total_earned = {MANY}, total_spent = 0, last_entry = {MANY}, updated_at = now()
    WHERE user_id = '{BUSY}';
    INSERT INTO credit_allocations
            (id, user_id, amount, allocation_type, period_start, period_end, transaction_id)
        SELECT md5('allocation' || i)::uuid, md5('person' || i)::uuid, 1, 'monthly', '2026-01-01Z', '2026-02-01Z', -i
        FROM generate_series(1, {MANY}) AS i;
    INSERT INTO subscriptions (user_id, stripe_subscription_id, plan)
        SELECT md5('person' || i)::uuid, 'sub_' || i, 'many' FROM generate_series(1, {MANY}) AS i;
    INSERT INTO payment_events
            (provider, event_id, event_type, payload, payer_user_id, payer_emails, outcome, subscription_id)
        SELECT 'stripe', 'evt_' || s.stripe_subscription_id, 'invoice.paid', '{{"kept": true}}', s.user_id,
               ARRAY[s.stripe_subscription_id || '@home.example', s.id || '@work.example'], 'waiting', s.id
        FROM subscriptions s;
    INSERT INTO idempotency_keys (caller, function_name, key, arguments_hash)
        SELECT 'service', f.name, i, ''
        FROM generate_series(1, {MANY // 4}) AS i,
             (VALUES ('credits_transfer'), ('update_credit_balance'), ('allocate_monthly_credits'),
                     ('repair_credit_account')) AS f (name);
    INSERT INTO audit_log (action, entity, entity_id)
        SELECT 'many', 'many', i FROM generate_series(1, {MANY}) AS i"""


def commands(bank, meter):
    """Let the service run every command, for people new and old, with few entries and with many."""
    new = bank.person()
    key = {"p_idempotency_key": str(uuid4())}
    calls = {
        "first": ("update_credit_balance", {"p_user_id": new, "p_amount": 50, "p_transaction_type": "bonus"} | key),
        "change": ("update_credit_balance", {"p_user_id": BUSY, "p_amount": 9, "p_transaction_type": "bonus"}),
        "spend": ("update_credit_balance", {"p_user_id": BUSY, "p_amount": -9, "p_transaction_type": "expiry"}),
        "transfer": ("credits_transfer", {"p_from_user_id": BUSY, "p_to_user_id": new, "p_amount": 1} | key),
        "return": ("credits_transfer", {"p_from_user_id": new, "p_to_user_id": BUSY, "p_amount": 1}),
        "repair": ("repair_credit_account", {"p_user_id": new, "p_reason": "Found"} | key),
        "allocate": (
            "allocate_monthly_credits",
            {"p_user_id": new, "p_subscription_id": None, "p_amount": 1, "p_allocation_type": str(uuid4())} | key,
        ),
    }
    for name, (function, arguments) in calls.items():
        meter.measure(name, lambda f=function, a=arguments: run(bank.connection, f, **a))


def stripe(bank, meter):
    """Let Stripe tell of a new subscription: its status, its checkout, and the invoice that waited for it."""
    person, subscription = bank.person(), f"sub_{uuid4()}"
    bank.connection.execute(
        "INSERT INTO subscription_plans (plan, stripe_price_id, monthly_credits) VALUES ('few', 'price_few', 60)"
        " ON CONFLICT DO NOTHING"
    )
    checkout = {"mode": "subscription", "subscription": subscription, "client_reference_id": person}
    for kind, thing in {
        "customer.subscription.updated": {"id": subscription, "status": "active"},
        "checkout.session.completed": checkout | {"customer_details": {"email": "new@home.example"}},
    }.items():
        event = {"id": f"evt_{uuid4()}", "type": kind, "created": 1790000000, "data": {"object": thing}}
        for delivery in ("first", "again"):
            meter.measure(
                (kind, delivery), lambda e=event: run(bank.connection, "process_stripe_event", p_event=json.dumps(e))
            )


def erasures(bank, meter):
    """Erase somebody who paid, and somebody of whom nothing is known."""
    payer, stranger = bank.person(email=f"{uuid4()}@home.example"), bank.person()
    thing = {"client_reference_id": payer, "email": "paid@home.example", "receipt_email": "paid@work.example"}
    event = {"id": f"evt_{uuid4()}", "type": "customer.created", "created": 1790000000, "data": {"object": thing}}
    run(bank.connection, "process_stripe_event", p_event=json.dumps(event))
    for name, person in {"erase a payer": payer, "erase a stranger": stranger}.items():
        meter.measure(name, lambda p=person: run(bank.connection, "erase_person", p_user_id=p))


def queries(bank, meter):
    """Ask every query of the one with many entries, the newest and the oldest ones."""
    for name, arguments in {
        "get_credit_balance": {"p_user_id": BUSY},
        "get_credit_transactions": {"p_user_id": BUSY, "p_limit": 50},
    }.items():
        meter.measure(name, lambda n=name, a=arguments: ask(bank.connection, n, **a))
    meter.measure("an old page", lambda: ask(bank.connection, "get_credit_transactions", p_user_id=BUSY, p_before=100))
    for age in ("0", "10 days", "60 days", "10 years"):
        meter.measure(
            ("balance_at", age), lambda a=age: bank.value("SELECT balance_at(%s, now() - %s::interval)", [BUSY, a])
        )
    new = bank.person(5)
    meter.measure("reconcile_credits", lambda: bank.differences(new))


def an_evening_of_a_user(bank, meter):
    """Let the one with many entries look at their credits and send some."""
    other = bank.person()
    for query in ("get_credit_balance", "get_credit_transactions"):
        meter.measure(query, lambda q=query: ask(meter.connection, q))
    meter.measure(
        "transfer",
        lambda: run(meter.connection, "credits_transfer", p_from_user_id=BUSY, p_to_user_id=other, p_amount=1),
    )
    for table in ("credits", "credit_allocations", "subscriptions"):
        meter.measure(table, lambda t=table: meter.connection.execute(f"SELECT * FROM {t}", prepare=False))


EVERYTHING = (commands, stripe, erasures, queries)


@pytest.fixture(autouse=True)
def every_invariant_holds():
    """Not here: rows that were filled in with triggers off need not agree."""


@pytest.fixture(autouse=True)
def busy(bank):
    """Somebody who will have many entries, in a bank where users may send each other credits."""
    bank.connection.execute("UPDATE settings SET allow_user_transfers = true")
    bank.person(1000, user_id=BUSY)


class TestANewConnection:
    @pytest.fixture(autouse=True)
    def many_rows(self, superuser, busy):
        """The bank after some years, its statistics up to date."""
        superuser.execute(FILL)
        superuser.execute("ANALYZE")

    def test_of_the_service_reads_few_rows_of_many(self, bank):
        meter = Meter(bank.connection)
        for work in EVERYTHING:
            work(bank, meter)
        assert meter.much == {}

    def test_of_a_user_reads_few_rows_of_many(self, bank, as_user):
        meter = Meter(as_user(BUSY))
        an_evening_of_a_user(bank, meter)
        assert meter.much == {}

    def test_finds_the_entries_of_a_session_by_their_index(self, bank):
        (plan,) = bank.rows(
            "EXPLAIN (FORMAT JSON) SELECT * FROM credit_transactions WHERE session_id = md5('session7')::uuid"
        )[0]
        assert "credit_transactions_of_session" in json.dumps(plan)


class TestAConnectionAsOldAsTheEmptyDatabase:
    """Plans are kept per connection: one made while a table was empty must do when it is full."""

    def test_of_the_service_reads_few_rows_of_many(self, bank, superuser):
        superuser.execute("VACUUM")
        for _ in range(ENOUGH_TO_KEEP_A_PLAN):
            for work in reversed(EVERYTHING):
                work(bank, Meter(bank.connection))
        superuser.execute(FILL)
        meter = Meter(bank.connection)
        for work in EVERYTHING:
            work(bank, meter)
        assert meter.much == {}

    def test_of_a_user_reads_few_rows_of_many(self, bank, as_user, superuser):
        superuser.execute("VACUUM")
        connection = as_user(BUSY)
        for _ in range(ENOUGH_TO_KEEP_A_PLAN):
            an_evening_of_a_user(bank, Meter(connection))
        superuser.execute(FILL)
        meter = Meter(connection)
        an_evening_of_a_user(bank, meter)
        assert meter.much == {}
