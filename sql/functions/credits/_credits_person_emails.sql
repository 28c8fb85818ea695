-- erase_person: the addresses a person has paid with, but those that have paid for others too: an employer's, say.
-- Planned anew for each call: a plan made while there were few events would read all of them for ever.
CREATE OR REPLACE FUNCTION _credits_person_emails(p_user_id uuid) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET plan_cache_mode TO force_custom_plan
AS $$
BEGIN
    RETURN ARRAY(
        SELECT DISTINCT a.address
        FROM payment_events e
        CROSS JOIN LATERAL unnest(e.payer_emails) AS a (address)
        WHERE (e.payer_user_id = p_user_id
               OR e.subscription_id = ANY (ARRAY(SELECT s.id FROM subscriptions s WHERE s.user_id = p_user_id)))
          AND NOT EXISTS (
              SELECT FROM payment_events o
              LEFT JOIN subscriptions s ON s.id = o.subscription_id
              WHERE o.payer_emails @> ARRAY[a.address] AND (o.payer_user_id <> p_user_id OR s.user_id <> p_user_id)));
END
$$;
REVOKE ALL ON FUNCTION _credits_person_emails FROM PUBLIC, anon, authenticated, service_role;
