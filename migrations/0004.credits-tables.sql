-- Credits: an append-only ledger, the accounts it moves, what subscriptions allocate, and the payment events that say so.
-- depends: 0001.core-tables

ALTER TABLE settings
    ADD COLUMN allow_user_transfers boolean NOT NULL DEFAULT false,
    ADD COLUMN payment_event_payload_retention interval NOT NULL DEFAULT '366 days'
        CHECK (payment_event_payload_retention BETWEEN interval '31 days' AND interval '36600 days');
COMMENT ON COLUMN settings.allow_user_transfers IS 'Whether end users may send each other credits with credits_transfer().';
COMMENT ON COLUMN settings.payment_event_payload_retention IS
    'Payload and addresses of payment events whose outcome is final are forgotten so long after they were processed.';

CREATE TABLE credits (
    user_id         uuid        PRIMARY KEY REFERENCES profiles ON DELETE RESTRICT,
    balance         bigint      NOT NULL DEFAULT 0,
    current_balance bigint      GENERATED ALWAYS AS (balance) STORED,
    total_earned    bigint      NOT NULL DEFAULT 0,
    total_spent     bigint      NOT NULL DEFAULT 0,
    last_entry      bigint      NOT NULL DEFAULT 0,
    updated_at      timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
COMMENT ON TABLE credits IS 'Accounts: what the ledger adds up to, moved by its entries alone. No row is a balance of 0.';
COMMENT ON COLUMN credits.balance IS 'Sum of the person''s entries; below 0 only as the debt of a practitioner whose earnings were reversed.';
COMMENT ON COLUMN credits.current_balance IS 'The same as balance, under the name that older clients read.';
COMMENT ON COLUMN credits.total_earned IS 'Sum of the positive amounts.';
COMMENT ON COLUMN credits.total_spent IS 'Sum of the negative amounts, as a positive number.';
COMMENT ON COLUMN credits.last_entry IS 'Number of the person''s last entry, 0 before the first.';
COMMENT ON COLUMN credits.updated_at IS 'When the last entry was made, or the account where it has none: no later entry is dated before it.';

CREATE TABLE credit_transactions (
    id               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id          uuid        NOT NULL REFERENCES credits ON DELETE RESTRICT,
    entry_number     bigint      NOT NULL,
    transaction_type text        NOT NULL,
    amount           integer     NOT NULL,
    balance_before   bigint      NOT NULL,
    balance_after    bigint      NOT NULL,
    description      text        CHECK (length(description) <= 10000),
    session_id       uuid,
    reference_id     uuid,
    reference_type   text        CHECK (length(reference_type) <= 10000),
    transfer_id      uuid,
    created_at       timestamptz NOT NULL CHECK (created_at >= '2000-01-01Z' AND created_at < '2100-01-01Z'),
    CONSTRAINT amount_fits_the_type CHECK (
        -- Lists as one constant each: every INSERT reads its CHECKs anew, and short ones are read faster.
        CASE WHEN amount > 0 THEN transaction_type = ANY ('{session_earning,refund,credit_purchase,bonus,transfer,adjustment}')
             ELSE amount < 0 AND transaction_type = ANY ('{session_payment,session_earning_reversal,expiry,transfer,adjustment}') END),
    CONSTRAINT credits_add_up CHECK (balance_after = balance_before + amount),
    CONSTRAINT no_debt_but_by_reversal CHECK (amount > 0 OR balance_after >= 0 OR transaction_type = 'session_earning_reversal'),
    CONSTRAINT ledger_starts_at_zero CHECK (entry_number > 1 OR (entry_number = 1 AND balance_before = 0)),
    CONSTRAINT transfer_has_its_id CHECK (transaction_type <> 'transfer' OR transfer_id IS NOT NULL),
    -- get_credit_transactions(), balance_at() and the chain: a person's entries in order.
    UNIQUE (user_id, entry_number)
);
COMMENT ON TABLE credit_transactions IS
    'Append-only ledger of credits. Inserting an entry moves its account, in the same statement, and only the entry that follows the last one is taken.';
COMMENT ON COLUMN credit_transactions.amount IS 'Signed credits: + adds, - takes.';
COMMENT ON COLUMN credit_transactions.description IS 'What it is for; stays when the person is erased, so that it should name nobody.';
COMMENT ON COLUMN credit_transactions.session_id IS 'The session it pays, earns or gives back; no foreign key: sessions belong to modules that stand on this one.';
COMMENT ON COLUMN credit_transactions.reference_id IS 'What else it is about, e.g. the allocation; reference_type says what that is.';
COMMENT ON COLUMN credit_transactions.transfer_id IS 'Joins the entries that move credits from one person to another; they sum to 0.';
-- Refunds and reconcile_credits(): the entries of a session.
CREATE INDEX credit_transactions_of_session ON credit_transactions (session_id) WHERE session_id IS NOT NULL;

CREATE TABLE credit_allocations (
    id              uuid        PRIMARY KEY,
    user_id         uuid        NOT NULL REFERENCES credits ON DELETE RESTRICT,
    -- The nil uuid stands for NULL in allocation_periods_do_not_overlap.
    subscription_id uuid        CHECK (subscription_id <> '00000000-0000-0000-0000-000000000000'),
    amount          integer     NOT NULL CHECK (amount > 0),
    allocation_type text        NOT NULL CHECK (length(allocation_type) BETWEEN 1 AND 100),
    period_start    timestamptz NOT NULL,
    period_end      timestamptz NOT NULL,
    transaction_id  bigint      NOT NULL UNIQUE REFERENCES credit_transactions ON DELETE RESTRICT,
    allocated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT period_ends_after_its_start CHECK (period_end > period_start)
);
COMMENT ON TABLE credit_allocations IS 'Credits given for a period of a subscription, once each.';
COMMENT ON COLUMN credit_allocations.subscription_id IS 'NULL, a row of subscriptions, or the id of a subscription that another system keeps.';

CREATE TABLE subscription_plans (
    plan            text    PRIMARY KEY CHECK (length(plan) BETWEEN 1 AND 100),
    stripe_price_id text    UNIQUE CHECK (length(stripe_price_id) BETWEEN 1 AND 255),
    monthly_credits integer NOT NULL CHECK (monthly_credits > 0)
);
COMMENT ON TABLE subscription_plans IS 'What a plan allocates for each period, and the Stripe price by which invoices name it.';

CREATE TABLE subscriptions (
    id                     uuid        PRIMARY KEY DEFAULT gen_random_uuid() CHECK (id <> '00000000-0000-0000-0000-000000000000'),
    user_id                uuid        REFERENCES profiles ON DELETE RESTRICT,
    plan                   text        CHECK (length(plan) BETWEEN 1 AND 100),
    status                 text        NOT NULL DEFAULT 'incomplete' CHECK (length(status) BETWEEN 1 AND 100),
    monthly_credits        integer     CHECK (monthly_credits > 0),
    stripe_subscription_id text        UNIQUE CHECK (length(stripe_subscription_id) BETWEEN 1 AND 255),
    current_period_start   timestamptz,
    current_period_end     timestamptz,
    status_at              timestamptz
);
COMMENT ON TABLE subscriptions IS 'Who is subscribed to what. Stripe''s events keep the rows that have a stripe_subscription_id.';
COMMENT ON COLUMN subscriptions.user_id IS 'NULL while Stripe has told of the subscription but no checkout has bound it to a user.';
COMMENT ON COLUMN subscriptions.plan IS 'The plan last paid for, by name; it may be retired from subscription_plans while people still have it.';
COMMENT ON COLUMN subscriptions.status IS 'Stripe''s word: incomplete, trialing, active, past_due, unpaid, paused, canceled and what may come.';
COMMENT ON COLUMN subscriptions.status_at IS 'When Stripe made the event that told the status: an older event that arrives later changes nothing.';
-- Row-level security, erase_person; foreign key: people with subscriptions are not deleted.
CREATE INDEX subscriptions_of_user ON subscriptions (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE payment_events (
    provider        text        NOT NULL CHECK (provider IN ('stripe')),
    event_id        text        NOT NULL CHECK (length(event_id) BETWEEN 1 AND 255),
    event_type      text        NOT NULL CHECK (length(event_type) BETWEEN 1 AND 255),
    payload         jsonb       NOT NULL,
    payer_user_id   uuid,
    payer_emails    text[]      NOT NULL DEFAULT '{}',
    outcome         text        NOT NULL DEFAULT 'ignored' CHECK (outcome IN (
        'allocated', 'already_allocated', 'bound', 'already_bound', 'status_kept', 'outdated', 'ignored',
        'waiting', 'unknown_price', 'unknown_user', 'period_overlaps', 'malformed')),
    subscription_id uuid        REFERENCES subscriptions ON DELETE RESTRICT,
    allocation_id   uuid        REFERENCES credit_allocations ON DELETE RESTRICT,
    processed_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, event_id)
);
COMMENT ON TABLE payment_events IS 'Every payment event that was delivered, once, and what came of it.';
COMMENT ON COLUMN payment_events.payer_user_id IS 'Whom the payload names by id, known or not: erase_person finds it by that.';
COMMENT ON COLUMN payment_events.payer_emails IS 'All addresses in the payload, in lower case: erase_person finds it by each of them.';
COMMENT ON COLUMN payment_events.outcome IS
    'What came of it. waiting, unknown_price and unknown_user are not final: another delivery of the event tries again.';
COMMENT ON COLUMN payment_events.subscription_id IS 'The subscription it tells of.';
COMMENT ON COLUMN payment_events.allocation_id IS 'The allocation it made, or found made.';
-- run_maintenance(): whose payload may be forgotten.
CREATE INDEX payment_events_with_payload ON payment_events (processed_at)
    WHERE payload <> '{}' AND outcome NOT IN ('waiting', 'unknown_price', 'unknown_user');
-- The invoices that wait for their subscription to be bound; erase_person; foreign key.
CREATE INDEX payment_events_of_subscription ON payment_events (subscription_id) WHERE subscription_id IS NOT NULL;
-- erase_person finds payers by their id.
CREATE INDEX payment_events_of_payer ON payment_events (payer_user_id) WHERE payer_user_id IS NOT NULL;
-- erase_person finds payers by any of their addresses.
CREATE INDEX payment_events_of_address ON payment_events USING gin (payer_emails) WITH (fastupdate = off);
-- Foreign key: allocations that an event made are not deleted.
CREATE INDEX payment_events_of_allocation ON payment_events (allocation_id) WHERE allocation_id IS NOT NULL;

-- The constraint allocation_periods_do_not_overlap compares a uuid in a gist index.
-- In a schema of its own, so that dropping one tenant's schema leaves another's constraints; two tenants may come here at once.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'btree_gist') THEN
        IF to_regnamespace('extensions') IS NULL THEN
            CREATE SCHEMA extensions;
        END IF;
        CREATE EXTENSION btree_gist SCHEMA extensions;
    END IF;
EXCEPTION
    WHEN unique_violation OR duplicate_object OR duplicate_schema THEN
        RAISE NOTICE 'btree_gist was made by somebody else meanwhile';
END
$$;

-- Closed from the first moment; what is open is said in sql/policies.
ALTER TABLE credits ENABLE ROW LEVEL SECURITY;
ALTER TABLE credit_transactions ENABLE ROW LEVEL SECURITY;
ALTER TABLE credit_allocations ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscription_plans ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscriptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE payment_events ENABLE ROW LEVEL SECURITY;

INSERT INTO applied_migrations (migration_id) VALUES ('0004.credits-tables');
