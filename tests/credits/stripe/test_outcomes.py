"""What comes of an event, what is kept of it, and what another delivery of it does."""

import json

import psycopg
import pytest
from gusmester.snapshot import nothing_written
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.refusals import refused

from credits.stripe.shop import EMAIL, SHAPES, Stripe, changed, period

NOW = 1_768_471_205
"""When Stripe made an event, in its seconds."""


def text(event):
    """Return the JSON of an event as it goes over the wire."""
    return json.dumps(event, separators=(",", ":"))


@pytest.fixture
def stripe(person):
    """A subscription of the newer shape."""
    return Stripe(person)


@pytest.fixture
def other(bank):
    """Somebody else."""
    return bank.person()


class TestAnUnknownPrice:
    @pytest.fixture
    def invoice(self, desk, stripe):
        """A paid invoice of a plan that is not sold yet."""
        desk.bank.connection.execute("DELETE FROM subscription_plans")
        desk.deliver(stripe.checkout())
        return stripe.invoice()

    def test_is_put_on_record(self, desk, person, invoice):
        answer = desk.deliver(invoice)
        assert answer == {
            "success": True,
            "event_id": invoice["id"],
            "outcome": "unknown_price",
            "allocation_id": None,
        }
        assert desk.deliver(invoice) == answer
        assert desk.allocations(person) == []

    def test_is_tried_again_when_the_event_comes_again(self, desk, person, invoice):
        desk.deliver(invoice)
        desk.plan()
        assert desk.outcome(invoice) == "allocated"
        assert desk.outcome(invoice) == "allocated"
        assert desk.allocations(person) == [(40, *period(0))]
        assert desk.recorded(invoice)["outcome"] == "allocated"

    def test_is_tried_again_with_what_was_kept(self, desk, person, invoice):
        """The operator delivers what the table has, without Stripe."""
        desk.deliver(invoice)
        desk.plan()
        desk.bank.rows("SELECT process_stripe_event(payload) FROM payment_events WHERE outcome = 'unknown_price'")
        assert desk.allocations(person) == [(40, *period(0))]

    def test_of_an_invoice_that_waited_is_found_when_it_is_settled(self, desk, bank):
        person = bank.person()
        stripe = Stripe(person)
        invoice = stripe.invoice()
        invoice["data"]["object"]["lines"]["data"][0]["pricing"]["price_details"]["price"] = "price_1TExample0later"
        assert desk.outcome(invoice) == "waiting"
        assert desk.outcome(stripe.checkout()) == "bound"
        assert desk.recorded(invoice)["outcome"] == "unknown_price"
        desk.plan("price_1TExample0later", 7, "later")
        assert desk.outcome(invoice) == "allocated"
        assert desk.allocations(person) == [(7, *period(0))]


class TestAnUnknownUser:
    def test_is_put_on_record_and_the_invoice_waits(self, desk, stripe):
        desk.bank.connection.execute("DELETE FROM profiles")
        checkout, invoice = stripe.checkout(), stripe.invoice()
        assert [desk.outcome(checkout), desk.outcome(invoice)] == ["unknown_user", "waiting"]
        assert [desk.outcome(checkout), desk.outcome(invoice)] == ["unknown_user", "waiting"]

    def test_is_tried_again_when_the_checkout_comes_again(self, desk, person, stripe):
        desk.bank.connection.execute("DELETE FROM profiles")
        checkout, invoice = stripe.checkout(), stripe.invoice()
        desk.deliver(checkout)
        desk.deliver(invoice)
        desk.bank.person(user_id=person)
        answer = desk.deliver(checkout)
        assert (answer["outcome"], answer["allocation_id"]) == ("bound", desk.deliver(invoice)["allocation_id"])
        assert desk.recorded(invoice)["outcome"] == "allocated"
        assert desk.allocations(person) == [(40, *period(0))]

    def test_is_no_obstacle_to_another_checkout(self, desk, stripe, other):
        desk.bank.connection.execute("DELETE FROM profiles WHERE user_id = %s", [stripe.user])
        desk.deliver(stripe.checkout())
        stripe.user = other
        assert desk.outcome(stripe.checkout()) == "bound"
        desk.deliver(stripe.invoice())
        assert desk.allocations(other) == [(40, *period(0))]


class TestABoundSubscription:
    def test_stays_with_its_first_user(self, desk, person, stripe, other):
        desk.deliver(stripe.checkout())
        stripe.user = other
        checkout = stripe.checkout()
        assert desk.outcome(checkout) == "already_bound"
        assert desk.outcome(checkout) == "already_bound"
        assert desk.subscription(stripe)["user_id"] == person
        desk.deliver(stripe.invoice())
        assert (desk.allocations(person), desk.allocations(other)) == ([(40, *period(0))], [])

    def test_is_bound_to_the_same_user_by_a_second_checkout(self, desk, stripe):
        assert [desk.outcome(stripe.checkout()), desk.outcome(stripe.checkout())] == ["bound", "bound"]

    def test_may_have_been_bound_by_the_service(self, desk, person, stripe, as_service):
        invoices = [stripe.invoice(0), stripe.invoice(1)]
        for invoice in invoices:
            assert desk.outcome(invoice) == "waiting"
        as_service().execute("UPDATE subscriptions SET user_id = %s", [person])
        assert desk.outcome(invoices[1]) == "allocated"
        assert [desk.recorded(invoice)["outcome"] for invoice in invoices] == ["allocated"] * 2
        assert desk.bank.balance(person) == 80

    def test_pays_somebody_who_has_left_in_the_meantime(self, desk, person, stripe):
        desk.deliver(stripe.checkout())
        desk.bank.connection.execute("UPDATE profiles SET is_active = false, deleted_at = now()")
        assert desk.outcome(stripe.invoice()) == "allocated"


class TestAStatus:
    def statuses(self, desk, *events):
        return [desk.outcome(event) for event in events]

    def test_is_the_last_that_stripe_told(self, desk, stripe):
        assert self.statuses(
            desk, stripe.status("active", created=NOW), stripe.status("past_due", created=NOW + 1)
        ) == ["status_kept", "status_kept"]
        assert desk.subscription(stripe)["status"] == "past_due"

    def test_told_before_and_delivered_after_changes_nothing(self, desk, stripe):
        late = stripe.status("incomplete", month=5, created=NOW - 1)
        assert self.statuses(desk, stripe.status("active", created=NOW), late) == ["status_kept", "outdated"]
        row = desk.subscription(stripe)
        assert row["status"] == "active"
        assert desk.bank.rows("SELECT current_period_start, current_period_end FROM subscriptions") == [period(0)]
        assert desk.outcome(late) == "outdated"

    def test_of_the_same_second_is_the_one_that_comes_last(self, desk, stripe):
        self.statuses(desk, stripe.status("incomplete", created=NOW), stripe.status("active", created=NOW))
        assert desk.subscription(stripe)["status"] == "active"

    def test_canceled_stays(self, desk, stripe):
        deleted = stripe.status("canceled", created=NOW)
        for later in (NOW - 1, NOW, NOW + 1, NOW + 86_400):
            assert self.statuses(desk, deleted, stripe.status("active", created=later)) == ["status_kept", "outdated"]
        assert desk.subscription(stripe)["status"] == "canceled"

    def test_canceled_keeps_the_later_period_when_it_comes_late(self, desk, stripe):
        desk.deliver(stripe.status("active", month=5, created=NOW + 1))
        late = stripe.event("subscription_updated", created=NOW)
        assert desk.outcome(changed(late, "status", to="canceled")) == "status_kept"
        assert desk.subscription(stripe)["status"] == "canceled"
        assert desk.bank.rows("SELECT current_period_start, current_period_end FROM subscriptions") == [period(5)]

    def test_canceled_counts_though_it_comes_late(self, desk, stripe):
        desk.deliver(stripe.status("active", created=NOW + 1))
        assert desk.outcome(stripe.status("canceled", created=NOW)) == "status_kept"
        assert desk.subscription(stripe)["status"] == "canceled"

    def test_canceled_is_not_undone_by_a_late_invoice_or_checkout(self, desk, person, stripe):
        desk.deliver(stripe.status("canceled"))
        desk.deliver(stripe.invoice())
        desk.deliver(stripe.checkout())
        assert desk.subscription(stripe)["status"] == "canceled"
        assert desk.allocations(person) == [(40, *period(0))]

    def test_of_stripe_is_not_undone_by_an_invoice(self, desk, stripe):
        desk.deliver(stripe.checkout())
        desk.deliver(stripe.status("trialing"))
        desk.deliver(stripe.invoice())
        assert desk.subscription(stripe)["status"] == "trialing"

    def test_lets_waiting_invoices_be_once_the_service_has_bound_it(self, desk, person, stripe):
        desk.deliver(stripe.invoice())
        desk.bank.connection.execute("UPDATE subscriptions SET user_id = %s", [person])
        answer = desk.deliver(stripe.status("active"))
        assert answer["outcome"] == "status_kept"
        assert answer["allocation_id"] == str(desk.bank.value("SELECT id FROM credit_allocations"))

    @pytest.mark.parametrize("shape", SHAPES)
    def test_knows_no_user(self, desk, person, shape):
        stripe = Stripe(person, shape)
        desk.deliver(stripe.status("active"))
        assert desk.subscription(stripe)["user_id"] is None
        desk.deliver(stripe.checkout())
        assert desk.subscription(stripe)["user_id"] == person


class TestTheRecord:
    def test_is_one_row_per_event(self, desk, stripe):
        events = [stripe.checkout(), stripe.invoice(), stripe.status("active"), stripe.event("charge_succeeded")]
        for event in events * 3:
            desk.deliver(event)
        rows = desk.bank.rows("SELECT provider, event_id, event_type FROM payment_events ORDER BY event_type")
        assert rows == sorted((("stripe", e["id"], e["type"]) for e in events), key=lambda row: row[2])

    def test_has_the_event_as_stripe_sent_it(self, desk, stripe):
        events = [stripe.checkout(), stripe.invoice(4), stripe.event("customer_created")]
        for event in events:
            desk.deliver(event)
            assert desk.recorded(event)["payload"] == event

    def test_has_the_outcome_and_what_it_led_to(self, desk, stripe):
        checkout, invoice = stripe.checkout(), stripe.invoice()
        for event in (checkout, invoice):
            answer, row = desk.deliver(event), desk.recorded(event)
            assert (row["outcome"], row["allocation_id"]) == (answer["outcome"], answer["allocation_id"])
            assert row["subscription_id"] == desk.subscription(stripe)["id"]

    def test_has_the_payers_address(self, desk, stripe):
        names = ("checkout_subscription", "checkout_payment", "invoice_first", "charge_succeeded")
        for name in (*names, "customer_created", "payment_intent_succeeded"):
            event = stripe.event(name)
            desk.deliver(event)
            assert desk.recorded(event)["payer_emails"] == [EMAIL.lower()], name

    def test_has_every_address(self, desk, stripe):
        event = changed(stripe.event("charge_succeeded"), "receipt_email", to=" Office@Example.com")
        event = changed(event, "metadata", to={"email": "third@example.com", "mail": "not@example.com"})
        event["data"]["previous_attributes"] = {"email": "former@example.com"}
        desk.deliver(event)
        found = {"former@example.com", "office@example.com", EMAIL.lower(), "third@example.com"}
        assert set(desk.recorded(event)["payer_emails"]) == found

    def test_has_whom_it_names(self, desk, person, stripe, other):
        named = stripe.event("customer_created")
        for reference, metadata, found in [
            (None, {"user_id": person}, person),
            ("cart", {"user_id": person.upper()}, person),
            (other, {"user_id": person}, other),
            (other, None, other),
            ("cart", {"user_id": 7}, None),
            (7, "cart", None),
        ]:
            event = changed(named, "client_reference_id", to=reference) | {"id": f"evt_{reference}{metadata}"}
            event = changed(event, "metadata", to=metadata)
            desk.deliver(event)
            assert desk.recorded(event)["payer_user_id"] == found

    def test_of_an_event_whose_address_is_nonsense(self, desk, stripe):
        for address in (7, "", "x" * 5000, "x@" * 5000, {"email": EMAIL}, ["@"]):
            assert desk.outcome(changed(stripe.event("customer_created"), "email", to=address)) == "ignored"
        assert desk.bank.rows("SELECT FROM payment_events WHERE '' = ANY (payer_emails)") == []

    def test_stays_when_the_same_id_comes_with_another_content(self, desk, person, stripe):
        desk.deliver(stripe.checkout())
        invoice = stripe.invoice()
        first = desk.deliver(invoice)
        forged = stripe.invoice(1) | {"id": invoice["id"]}
        assert desk.deliver(forged) == first
        assert desk.deliver(stripe.status("canceled") | {"id": invoice["id"]}) == first
        assert desk.recorded(invoice)["payload"] == invoice
        assert desk.allocations(person) == [(40, *period(0))]

    def test_that_waits_is_settled_by_what_came_first(self, desk, person, stripe):
        invoice = stripe.invoice()
        desk.deliver(invoice)
        desk.deliver(stripe.invoice(1) | {"id": invoice["id"]})
        desk.deliver(stripe.checkout())
        assert desk.allocations(person) == [(40, *period(0))]


class TestTheAuditLog:
    def audits(self, desk):
        return [
            (row["entity"], row["details"]["outcome"], row["details"]["credits"])
            for row in desk.bank.audits("process_stripe_event")
        ]

    def test_has_a_row_per_event_that_tells_of_a_subscription(self, desk, stripe):
        for event in [stripe.checkout(), stripe.invoice(), stripe.status("active"), stripe.event("charge_succeeded")]:
            for _ in range(3):
                desk.deliver(event)
        assert self.audits(desk) == [
            ("subscription", "bound", 0),
            ("subscription", "allocated", 40),
            ("subscription", "status_kept", 0),
        ]

    def test_counts_what_a_checkout_settled(self, desk, stripe):
        for event in [stripe.invoice(0), stripe.invoice(1), stripe.checkout()]:
            desk.deliver(event)
        assert self.audits(desk)[-1] == ("subscription", "bound", 80)

    def test_has_one_more_when_another_try_comes_to_something(self, desk, stripe):
        desk.bank.connection.execute("DELETE FROM subscription_plans")
        desk.deliver(stripe.checkout())
        invoice = stripe.invoice()
        for _ in range(3):
            desk.deliver(invoice)
        desk.plan()
        desk.deliver(invoice)
        assert [outcome for _, outcome, _ in self.audits(desk)] == ["bound", "unknown_price", "allocated"]

    def test_has_one_where_only_what_waited_was_settled(self, desk, person, stripe):
        """An event comes again in vain, but meanwhile the service has bound the subscription."""
        waiting, in_vain = stripe.invoice(1), stripe.checkout()
        in_vain["data"]["object"]["client_reference_id"] = None
        desk.deliver(waiting)
        assert desk.outcome(in_vain) == "unknown_user"
        desk.bank.connection.execute("UPDATE subscriptions SET user_id = %s", [person])
        desk.deliver(in_vain)
        assert desk.recorded(waiting)["outcome"] == "allocated"
        assert self.audits(desk)[-1] == ("subscription", "unknown_user", 40)

    def test_adds_up_to_what_was_allocated(self, desk, stripe):
        for event in [stripe.invoice(0), stripe.checkout(), stripe.invoice(1), stripe.invoice(1)]:
            desk.deliver(event)
        query = (
            "SELECT value FROM booking_stats(now() - interval '1 day', now() + interval '1 day')"
            " WHERE module = 'credits' AND metric = 'credits_allocated'"
        )
        assert desk.bank.value(query) == 80


class TestErasingThePayer:
    @pytest.fixture
    def erase(self, bank):
        """Erase somebody."""
        return lambda person: bank.value("SELECT erase_person(%s)", [person])

    def test_empties_the_events_of_their_subscriptions(self, desk, bank, person, stripe, erase):
        events = [stripe.checkout(), stripe.invoice(), stripe.status("active")]
        answers = [desk.deliver(event) for event in events]
        erase(person)
        for event, answer in zip(events, answers, strict=True):
            row = desk.recorded(event)
            assert (row["payload"], row["payer_emails"], row["outcome"]) == ({}, [], answer["outcome"])
            assert row["allocation_id"] == answer["allocation_id"]
        assert bank.balance(person) == 40

    @pytest.mark.parametrize("address", [EMAIL, EMAIL.lower(), EMAIL.upper()])
    def test_finds_them_by_their_address_in_any_letters(self, desk, bank, stripe, erase, address):
        payer = bank.person(email=address)
        names = ("customer_created", "charge_succeeded", "payment_intent_succeeded", "checkout_payment")
        events = [stripe.event(name) for name in names]
        for event in events:
            desk.deliver(event)
        erase(payer)
        assert [desk.recorded(event)["payload"] for event in events] == [{}] * len(events)

    def test_settles_what_waited_for_them(self, desk, bank, stripe, erase):
        payer = bank.person(email=EMAIL)
        invoice = stripe.invoice()
        assert desk.outcome(invoice) == "waiting"
        erase(payer)
        assert desk.outcome(invoice) == "ignored"
        assert desk.recorded(invoice)["payload"] == {}
        assert desk.outcome(stripe.checkout()) == "bound"
        assert bank.rows("SELECT FROM credit_allocations") == []

    def test_leaves_other_payers_alone(self, desk, bank, stripe, erase, other):
        desk.deliver(stripe.checkout())
        erase(other)
        erase(bank.person(email="other@example.com"))
        assert bank.value("SELECT payer_emails FROM payment_events") == [EMAIL.lower()]

    def test_again_changes_nothing(self, desk, bank, person, stripe, erase):
        desk.deliver(stripe.checkout())
        assert erase(person)["erased"]
        assert not erase(person)["erased"]

    def test_leaves_nothing_of_the_address(self, desk, bank, person, stripe, erase):
        bank.connection.execute("UPDATE profiles SET email = %s WHERE user_id = %s", [EMAIL, person])
        for event in [stripe.checkout(), stripe.invoice(1), stripe.event("charge_succeeded"), stripe.status("active")]:
            desk.deliver(event)
        erase(person)
        found = bank.rows("SELECT FROM payment_events e WHERE e::text ILIKE '%%sigrid%%' OR e::text ILIKE '%%bergen%%'")
        assert found == []

    @pytest.mark.parametrize("outcome", ["ignored", "already_bound", "unknown_user"])
    def test_empties_what_names_them_by_id(self, desk, bank, person, stripe, erase, other, outcome):
        named = changed(stripe.checkout(), "customer_details", to={"email": "unknown@example.com"})
        match outcome:
            case "ignored":
                named = changed(named, "mode", to="payment")
            case "already_bound":
                stripe.user = other
                desk.deliver(stripe.checkout())
            case "unknown_user":
                bank.connection.execute("DELETE FROM profiles WHERE user_id = %s", [person])
        assert desk.outcome(named) == outcome
        bank.connection.execute("INSERT INTO profiles (user_id) VALUES (%s) ON CONFLICT DO NOTHING", [person])
        assert erase(person)["erased"]
        row = desk.recorded(named)
        assert (row["payload"], row["payer_emails"], row["payer_user_id"]) == ({}, [], person)
        assert row["outcome"] == ("ignored" if outcome == "unknown_user" else outcome)

    def test_finds_them_by_any_of_several_addresses(self, desk, bank, stripe, erase):
        payer = bank.person(email="Office@example.com")
        event = changed(stripe.event("charge_succeeded"), "receipt_email", to="office@Example.com")
        desk.deliver(event)
        erase(payer)
        assert desk.recorded(event)["payload"] == {}

    def test_finds_them_by_an_address_that_only_stripe_knows(self, desk, bank, person, stripe, erase):
        events = [stripe.checkout(), stripe.event("charge_succeeded"), stripe.event("customer_created")]
        for event in events:
            desk.deliver(event)
        erase(person)
        assert [desk.recorded(event)["payload"] for event in events] == [{}] * 3

    def test_leaves_others_alone_whom_the_same_address_pays_for(self, desk, person, stripe, erase, other):
        theirs = Stripe(other)
        kept = [theirs.checkout(), theirs.invoice()]
        for event in [stripe.checkout(), *kept, stripe.event("charge_succeeded")]:
            desk.deliver(event)
        erase(person)
        assert [desk.recorded(event)["payload"] for event in kept] == kept
        assert desk.allocations(other) == [(40, *period(0))]

    def test_is_not_undone_by_a_checkout_that_comes_again(self, desk, bank, person, stripe, erase):
        erase(person)
        checkout, invoice = stripe.checkout(), stripe.invoice()
        for _ in range(2):
            assert desk.outcome(checkout) == "ignored"
        row = desk.recorded(checkout)
        assert (row["payload"], row["payer_emails"], row["payer_user_id"]) == ({}, [], person)
        assert desk.outcome(invoice) == "waiting"
        assert desk.subscription(stripe)["user_id"] is None
        assert bank.balance(person) == 0

    def test_is_not_undone_by_what_stripe_still_tells(self, desk, bank, person, stripe, erase):
        desk.deliver(stripe.checkout())
        erase(person)
        bank.connection.execute("DELETE FROM subscription_plans")
        unknown = stripe.invoice(1)
        assert desk.outcome(unknown) == "ignored"
        desk.plan()
        paid, status = stripe.invoice(2), stripe.status("past_due")
        assert [desk.outcome(paid), desk.outcome(status)] == ["allocated", "status_kept"]
        for event in (unknown, paid, status):
            row = desk.recorded(event)
            assert (row["payload"], row["payer_emails"]) == ({}, [])
        assert desk.allocations(person) == [(40, *period(2))]

    def test_waits_for_the_checkout_that_binds_them(self, desk, bank, person, stripe, connect):
        checkout = stripe.checkout()
        first, second = connect(autocommit=False), connect()
        first.execute("SELECT process_stripe_event(%s)", [text(checkout)])
        later = execute_in_thread(second, "SELECT erase_person(%s)", [person])
        wait_until_blocked(bank.connection, second.info.backend_pid)
        first.commit()
        later.result(TIMEOUT)
        row = desk.recorded(checkout)
        assert (row["payload"], row["payer_emails"], row["outcome"]) == ({}, [], "bound")

    def test_is_waited_for_by_a_checkout(self, desk, bank, person, stripe, connect):
        checkout = stripe.checkout()
        first, second = connect(autocommit=False), connect()
        first.execute("SELECT erase_person(%s)", [person])
        later = execute_in_thread(second, "SELECT process_stripe_event(%s) ->> 'outcome'", [text(checkout)])
        wait_until_blocked(bank.connection, second.info.backend_pid)
        first.commit()
        assert later.result(TIMEOUT) == [("ignored",)]
        assert desk.recorded(checkout)["payload"] == {}


class TestWhatIsNoEvent:
    @pytest.mark.parametrize("part", ["id", "type", "data"])
    def test_without_id_type_or_object(self, desk, stripe, refuses, part):
        event = stripe.invoice()
        for wrong in (None, "", [], {}, 7, True, "x" * 256) if part != "data" else (None, {}, [], "x", {"object": []}):
            with refuses("invalid_input", parameter="p_event"):
                desk.deliver(event | {part: wrong})
        del event[part]
        with refuses("invalid_input", parameter="p_event"):
            desk.deliver(event)

    def test_json_of_another_kind(self, desk, refuses):
        for wrong in (None, [], {}, "evt_1T", 7, True, [{"id": "evt_1T"}]):
            with refuses("invalid_input", parameter="p_event"):
                desk.deliver(wrong)
        with refuses("invalid_input", parameter="p_event"):
            desk.bank.value("SELECT process_stripe_event(NULL)")

    def test_that_is_too_large(self, desk, stripe, refuses):
        with refuses("invalid_input", parameter="p_event"):
            desk.deliver(changed(stripe.invoice(), "description", to="x" * 1_000_000))

    def test_as_large_as_one_may_be(self, desk, stripe):
        event = stripe.event("charge_succeeded")
        assert desk.outcome(changed(event, "description", to="x" * 990_000)) == "ignored"

    def test_numbers_beyond_any_measure(self, desk, stripe):
        """JSON has them, and Python would not write them."""
        desk.deliver(stripe.checkout())
        for number in ("1e400", "-1e400", "1e-400", "1" * 500, "0.1e3"):
            events = [stripe.invoice(), stripe.status("active"), stripe.checkout(), stripe.event("customer_created")]
            for event in events:
                written = text(event).replace(str(event["created"]), number).replace("4000", number)
                outcome = desk.bank.value("SELECT process_stripe_event(%s) ->> 'outcome'", [written])
                assert outcome in {"allocated", "already_allocated", "malformed", "bound", "ignored", "unknown_user"}

    def test_what_is_nested_thousands_of_times(self, desk, stripe):
        """It is ordinary work, not minutes of it."""
        deep = '{"a":' * 5000 + "1" + "}" * 5000
        event = text(changed(stripe.event("customer_created"), "name", to="deep")).replace('"deep"', deep)
        desk.bank.connection.execute("SET statement_timeout = '5s'")
        assert desk.bank.value("SELECT process_stripe_event(%s) ->> 'outcome'", [event]) == "ignored"

    def test_letters_of_all_kinds(self, desk, stripe):
        odd = "\N{SNOWMAN} \\ ' \" %s $1 {} \x7f \u202e"
        event = changed(stripe.event("customer_created"), "name", to=odd)
        desk.deliver(event)
        assert desk.recorded(event)["payload"]["data"]["object"]["name"] == odd


class TestWhoMayDeliver:
    def test_the_service(self, bank, as_service, desk, stripe):
        event = text(stripe.checkout())
        assert as_service().execute("SELECT process_stripe_event(%s) ->> 'outcome'", [event]).fetchone() == ("bound",)

    def test_no_user_and_nobody_who_is_not_signed_in(self, desk, bank, person, stripe, as_user, as_anon):
        for connection in (as_user(person), as_anon()):
            with nothing_written(bank.connection), pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT process_stripe_event(%s)", [text(stripe.checkout())])

    def test_not_the_service_as_a_user(self, desk, bank, person, stripe, as_service):
        connection = as_service()
        connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [f'{{"sub": "{person}"}}'])
        with nothing_written(bank.connection), refused("not_allowed"):
            connection.execute("SELECT process_stripe_event(%s)", [text(stripe.checkout())])

    def test_not_in_another_isolation_level_whatever_the_state(self, desk, stripe, connect):
        event = stripe.checkout()
        for level in ("REPEATABLE READ", "SERIALIZABLE"):
            connection = connect()
            connection.execute(f"BEGIN ISOLATION LEVEL {level}")
            with nothing_written(desk.bank.connection), refused("invalid_input", parameter="transaction_isolation"):
                connection.execute("SELECT process_stripe_event(%s)", [text(event)])
            connection.execute("ROLLBACK")
            desk.deliver(event)

    def test_not_in_a_transaction_that_only_reads(self, desk, stripe, connect):
        connection = connect()
        connection.execute("BEGIN READ ONLY")
        with refused("invalid_input", parameter="transaction_read_only"):
            connection.execute("SELECT process_stripe_event(%s)", [text(stripe.checkout())])

    def test_users_see_their_subscription_and_no_events(self, desk, person, stripe, other, as_user):
        desk.deliver(stripe.checkout())
        query = "SELECT count(*) FROM subscriptions"
        assert as_user(person).execute(query).fetchone() == (1,)
        assert as_user(other).execute(query).fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_user(person).execute("SELECT FROM payment_events")

    def test_nobody_writes_events_by_hand(self, as_service):
        for statement in (
            "INSERT INTO payment_events (provider, event_id, event_type, payload) VALUES ('stripe', 'e', 't', '{}')",
            "UPDATE payment_events SET outcome = 'ignored'",
            "DELETE FROM payment_events",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                as_service().execute(statement)
