-- erase_person: what Stripe's events tell of a payer goes, and what still waited for them is settled as ignored. Ids, amounts and times stay.
-- Returns how many rows changed, NULL when no event is known to be of this person.
CREATE OR REPLACE FUNCTION _credits_erase_person(p_user_id uuid, p_emails text[]) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_changed integer;
BEGIN
    UPDATE payment_events e
    SET payer_email = NULL,
        payload = '{}',
        outcome = CASE WHEN e.outcome IN ('waiting', 'unknown_price', 'unknown_user') THEN 'ignored' ELSE e.outcome END
    WHERE e.payload <> '{}'
      AND (lower(e.payer_email) = ANY (p_emails)
           OR e.subscription_id IN (SELECT s.id FROM subscriptions s WHERE s.user_id = p_user_id));
    GET DIAGNOSTICS v_changed = ROW_COUNT;
    RETURN nullif(v_changed, 0);
END
$$;
REVOKE ALL ON FUNCTION _credits_erase_person FROM PUBLIC, anon, authenticated, service_role;
