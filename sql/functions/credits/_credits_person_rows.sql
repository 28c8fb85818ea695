-- erase_person: the subscriptions whose events tell of this person.
-- Planned anew for each call: a plan made while there were few events would read all of them for ever.
CREATE OR REPLACE FUNCTION _credits_person_rows(p_user_id uuid, p_emails text[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode TO force_custom_plan
AS $$
BEGIN
    RETURN ARRAY(
        SELECT s.id FROM subscriptions s WHERE s.user_id = p_user_id
        UNION
        SELECT e.subscription_id FROM payment_events e
        WHERE (e.payer_user_id = p_user_id OR e.payer_emails && p_emails) AND e.subscription_id IS NOT NULL);
END
$$;
REVOKE ALL ON FUNCTION _credits_person_rows FROM PUBLIC, anon, authenticated, service_role;
