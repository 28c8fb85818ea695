-- Invoices that came before their subscription was bound to a user are allocated now that it is.
-- All but the event at hand. Returns the allocation made last, and the sum of credits. The subscription is locked by the caller, which keeps others from these events.
CREATE OR REPLACE FUNCTION _settle_waiting_invoices(p_subscription_id uuid, p_but_event_id text) RETURNS stripe_outcome
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_subscription subscriptions;
    v_event        payment_events;
    v_outcome      stripe_outcome;
    v_settled      stripe_outcome;
BEGIN
    SELECT * INTO STRICT v_subscription FROM subscriptions s WHERE s.id = p_subscription_id;
    IF v_subscription.user_id IS NULL THEN
        RETURN NULL;
    END IF;
    FOR v_event IN
        SELECT * FROM payment_events e
        WHERE e.subscription_id = p_subscription_id AND e.outcome = 'waiting' AND e.event_id <> p_but_event_id
        ORDER BY e.payload -> 'created', e.event_id
    LOOP
        v_outcome := _allocate_stripe_invoice(v_subscription, v_event.payload #> '{data,object}');
        UPDATE payment_events e
        SET outcome = v_outcome.outcome, allocation_id = v_outcome.allocation_id, processed_at = now()
        WHERE e.provider = v_event.provider AND e.event_id = v_event.event_id;
        v_settled.allocation_id := coalesce(v_outcome.allocation_id, v_settled.allocation_id);
        v_settled.credits := coalesce(v_settled.credits, 0) + coalesce(v_outcome.credits, 0);
    END LOOP;
    RETURN v_settled;
END
$$;
REVOKE ALL ON FUNCTION _settle_waiting_invoices FROM PUBLIC, anon, authenticated, service_role;
