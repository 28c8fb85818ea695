-- What Stripe still tells of somebody who was erased is kept without payload and addresses, as erase_person leaves it.
-- Returns the event as it then is.
CREATE OR REPLACE FUNCTION _forget_erased_payer(p_event payment_events) RETURNS payment_events
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_event payment_events := p_event;
    v_users uuid[] := ARRAY[p_event.payer_user_id, (SELECT s.user_id FROM subscriptions s WHERE s.id = p_event.subscription_id)];
BEGIN
    PERFORM FROM profiles p WHERE p.user_id = ANY (v_users) AND p.deleted_at IS NOT NULL;
    IF FOUND THEN
        UPDATE payment_events e
        SET payload = '{}', payer_emails = '{}', outcome = _outcome_when_erased(e.outcome)
        WHERE e.provider = p_event.provider AND e.event_id = p_event.event_id
        RETURNING * INTO v_event;
    END IF;
    RETURN v_event;
END
$$;
REVOKE ALL ON FUNCTION _forget_erased_payer FROM PUBLIC, anon, authenticated, service_role;
