-- erase_person: what Stripe's events tell of a payer goes, and what still waited for them is settled as ignored. Ids, amounts and times stay.
-- Returns how many rows changed, NULL when no event is known to be of this person.
-- Planned anew for each call: a plan made while there were few events would read all of them for ever.
CREATE OR REPLACE FUNCTION _credits_erase_person(p_user_id uuid, p_emails text[]) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
SET plan_cache_mode TO force_custom_plan
AS $$
DECLARE
    v_changed integer;
BEGIN
    UPDATE payment_events e
    SET payload = '{}', payer_emails = '{}', outcome = _outcome_when_erased(e.outcome)
    WHERE e.payload <> '{}'
      AND (e.payer_user_id = p_user_id
           OR e.payer_emails && p_emails
           -- An array: with a sub-select no index serves the OR.
           OR e.subscription_id = ANY (ARRAY(SELECT s.id FROM subscriptions s WHERE s.user_id = p_user_id)));
    GET DIAGNOSTICS v_changed = ROW_COUNT;
    RETURN nullif(v_changed, 0);
END
$$;
REVOKE ALL ON FUNCTION _credits_erase_person FROM PUBLIC, anon, authenticated, service_role;
