-- Does what a recorded Stripe event says and puts the outcome on record; returns the event as it then is.
-- An event that tells of no subscription stays ignored. Locks: the subscription (1), then the account (2).
CREATE OR REPLACE FUNCTION _act_on_stripe_event(p_event payment_events, p_is_new boolean) RETURNS payment_events
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_stripe_id    text := _stripe_subscription_of(p_event.payload);
    v_event        payment_events;
    v_subscription subscriptions;
    v_outcome      stripe_outcome;
    v_settled      stripe_outcome;
BEGIN
    IF v_stripe_id IS NULL OR length(v_stripe_id) NOT BETWEEN 1 AND 255 THEN
        RETURN p_event;
    END IF;
    v_subscription := _lock_stripe_subscription(v_stripe_id);
    -- A checkout may have settled it while this call waited for the subscription.
    SELECT * INTO STRICT v_event FROM payment_events e WHERE e.provider = p_event.provider AND e.event_id = p_event.event_id;
    IF v_event.outcome <> p_event.outcome THEN
        RETURN v_event;
    END IF;

    CASE v_event.event_type
        WHEN 'checkout.session.completed' THEN
            v_outcome.outcome := _bind_stripe_checkout(v_subscription, v_event.payer_user_id);
        WHEN 'customer.subscription.updated', 'customer.subscription.deleted' THEN
            v_outcome.outcome := _keep_stripe_status(v_subscription, v_event.payload);
        ELSE
            v_outcome := _allocate_stripe_invoice(v_subscription, v_event.payload #> '{data,object}');
    END CASE;
    v_settled := _settle_waiting_invoices(v_subscription.id, v_event.event_id);

    IF p_is_new OR v_outcome.outcome <> v_event.outcome OR v_settled.allocation_id IS NOT NULL THEN
        UPDATE payment_events e
        SET outcome = v_outcome.outcome,
            subscription_id = v_subscription.id,
            allocation_id = coalesce(v_outcome.allocation_id, v_settled.allocation_id),
            processed_at = now()
        WHERE e.provider = v_event.provider AND e.event_id = v_event.event_id
        RETURNING * INTO v_event;
        PERFORM _audit('process_stripe_event', 'subscription', v_subscription.id, jsonb_build_object(
            'event_id', v_event.event_id, 'outcome', v_event.outcome, 'allocation_id', v_event.allocation_id,
            'credits', coalesce(v_outcome.credits, 0) + coalesce(v_settled.credits, 0)));
    END IF;
    RETURN v_event;
END
$$;
REVOKE ALL ON FUNCTION _act_on_stripe_event FROM PUBLIC, anon, authenticated, service_role;
