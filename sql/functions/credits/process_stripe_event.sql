-- A Stripe event, as Stripe sent it: kept once with its outcome, acted upon once, in any order and however often it is delivered.
-- Locks: the event (its new row, before anything is looked up), the subscription, the person whom a checkout binds, the account.
DROP TYPE IF EXISTS process_stripe_event_result;
CREATE TYPE process_stripe_event_result AS (
    success       boolean,
    event_id      text,
    outcome       text,
    allocation_id uuid
);
CREATE OR REPLACE FUNCTION process_stripe_event(p_event jsonb) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_result process_stripe_event_result;
    v_event  payment_events;
    v_is_new boolean;
BEGIN
    PERFORM _begin_command('process_stripe_event', NULL, NULL);
    PERFORM _require_service();
    PERFORM _check_stripe_event(p_event);

    -- Of two deliveries at once the second waits here for the first one's commit.
    INSERT INTO payment_events (provider, event_id, event_type, payload, payer_user_id, payer_emails)
    VALUES ('stripe', p_event ->> 'id', p_event ->> 'type', p_event, _stripe_payer_id(p_event #> '{data,object}'), _stripe_payer_emails(p_event))
    ON CONFLICT (provider, event_id) DO NOTHING;
    v_is_new := FOUND;
    SELECT * INTO STRICT v_event FROM payment_events e WHERE e.provider = 'stripe' AND e.event_id = p_event ->> 'id';
    IF v_is_new OR v_event.outcome IN ('waiting', 'unknown_price', 'unknown_user') THEN
        v_event := _forget_erased_payer(_act_on_stripe_event(v_event, v_is_new));
    END IF;

    v_result.success := true;
    v_result.event_id := v_event.event_id;
    v_result.outcome := v_event.outcome;
    v_result.allocation_id := v_event.allocation_id;
    RETURN to_json(v_result);
END
$$;
REVOKE ALL ON FUNCTION process_stripe_event FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION process_stripe_event TO service_role;
COMMENT ON FUNCTION process_stripe_event IS
'Takes a Stripe event: checkouts bind subscriptions to users, paid invoices allocate their plan''s credits once per period, subscription events keep the status, others are kept and ignored. Deliver it as often and in any order as Stripe does. For the service.
p_event: the JSON that Stripe sent, whole, after its signature was verified.
Returns: {success, event_id, outcome (payment_events.outcome), allocation_id (may be NULL)}. waiting (nobody is bound to the subscription yet), unknown_price and unknown_user are tried again when the event is delivered again; any other outcome is final.
Raises: invalid_input, not_authenticated, not_allowed.
Rule: contract, section 6.';
