"""A month in Sherwood: credits are subscribed to, bought, sent, owed and accounted for."""

from collections.abc import Iterator

from bookingdb.demo._shared import Chapter, Stage
from bookingdb.demo._sherwood import PRICE, Sherwood, checkout, invoice

PEOPLE = ("Marian", "Prince John", "Robin", "Tuck")

DEEDS = ("who", "does", "", "credits")


def month(stage: Stage) -> Iterator[Chapter]:
    """Play the month; each chapter is told when it has happened."""
    sherwood = Sherwood(stage)
    yield stripe_tells_it_three_times(sherwood)
    yield credits_are_bought(sherwood)
    yield credits_are_sent(sherwood)
    yield a_debt_is_earned_back(sherwood)
    yield the_statement(sherwood)
    yield credits_reconcile(sherwood)


def stripe_tells_it_three_times(sherwood: Sherwood) -> Chapter:
    sherwood.settle(PEOPLE)
    sherwood.stage.sql("INSERT INTO subscription_plans VALUES ('sherwood', %s, 40)", (PRICE,))
    events = (
        invoice("evt_1", "invoice.paid"),
        checkout("evt_2", sherwood.person("Robin")),
        invoice("evt_1", "invoice.paid"),
        invoice("evt_3", "invoice.payment_succeeded"),
    )
    rows = [sherwood.deliver(event, "Robin") for event in events]
    ((allocations,),) = sherwood.stage.sql("SELECT count(*) FROM credit_allocations")
    return Chapter(
        "Stripe tells it three times",
        "Robin subscribes, and Stripe delivers the paid invoice early, again and under another name: as it may.",
        ("event", "type", "outcome", "Robin's credits"),
        rows,
        f"The invoice came 3 times; {allocations} allocation was made.",
    )


def credits_are_bought(sherwood: Sherwood) -> Chapter:
    return Chapter(
        "Credits are bought",
        "The service books them. A repeated request (same key) adds nothing, a sign that does not fit is refused.",
        DEEDS,
        [
            sherwood.post("Robin", "buys 25", 25, "credit_purchase", "Bought", key="k1"),
            sherwood.post("Robin", "buys 25", 25, "credit_purchase", "Bought", key="k1"),
            sherwood.post("Prince John", "buys 100", 100, "credit_purchase", "Bought"),
            sherwood.post("Prince John", "buys -10", -10, "credit_purchase", "Bought"),
            sherwood.post("Marian", "gets a bonus of 5", 5, "bonus", "Welcome"),
            sherwood.post("Robin", "lets 70 expire", -70, "expiry", "Expired"),
            sherwood.post("Robin", "lets 15 expire", -15, "expiry", "Expired"),
        ],
    )


def credits_are_sent(sherwood: Sherwood) -> Chapter:
    before = sherwood.send("Prince John", "Marian", 10)
    sherwood.allow_transfers()
    return Chapter(
        "Credits are sent",
        "Nobody may send any until the setting allows it. A transfer is two entries that sum to 0.",
        DEEDS,
        [
            before,
            sherwood.send("Prince John", "Robin", 60),
            sherwood.send("Robin", "Tuck", 45),
            sherwood.send("Robin", "Marian", 30),
            sherwood.send("Robin", "Marian", 300),
            sherwood.send("Prince John", "Prince John", 50, of="Robin"),
        ],
    )


def a_debt_is_earned_back(sherwood: Sherwood) -> Chapter:
    return Chapter(
        "A debt is earned back",
        "Only an earning that is taken back may lead below 0. Until it is earned again, nothing can be spent.",
        DEEDS,
        [
            sherwood.post("Tuck", "teaches the quarterstaff", 15, "session_earning", "Taught the quarterstaff"),
            sherwood.send("Tuck", "Marian", 50),
            sherwood.post("Tuck", "calls the lesson off", -15, "session_earning_reversal", "Called off"),
            sherwood.send("Tuck", "Marian", 1),
            sherwood.post("Tuck", "teaches archery", 15, "session_earning", "Taught archery"),
            sherwood.send("Tuck", "Marian", 1),
        ],
    )


def the_statement(sherwood: Sherwood) -> Chapter:
    service, robin = sherwood.stage.service, sherwood.person("Robin")
    return Chapter(
        "Robin's statement",
        "Newest first, three entries a page. balance_at() tells what there was then.",
        ("entry", "description", "amount", "before", "after", "balance_at()"),
        [
            (
                entry.entry_number,
                entry.description or entry.transaction_type,
                entry.amount,
                entry.balance_before,
                entry.balance_after,
                service.balance_at(robin, entry.created_at),
            )
            for entry in sherwood.statement("Robin", page=3)
        ],
    )


def credits_reconcile(sherwood: Sherwood) -> Chapter:
    differences = sherwood.stage.service.reconcile_credits()
    return Chapter(
        "Credits reconcile",
        "What everybody has is the sum of their entries, and what was sent was neither more nor less on the way.",
        ("account", "credits", "sum of entries", "entries", "agrees"),
        sherwood.stage.sql("""
            SELECT p.full_name, c.balance, sum(t.amount)::int, count(*), c.balance = sum(t.amount)
              FROM credits c
              JOIN profiles p ON p.user_id = c.user_id
              JOIN credit_transactions t ON t.user_id = c.user_id
             GROUP BY p.full_name, c.balance
             ORDER BY p.full_name
        """),
        f"reconcile_credits() finds {len(differences)} differences.",
    )
