-- erase_person: the subscriptions whose events tell of this person.
CREATE OR REPLACE FUNCTION _credits_person_rows(p_user_id uuid, p_emails text[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN ARRAY(
        SELECT s.id FROM subscriptions s WHERE s.user_id = p_user_id
        UNION
        SELECT e.subscription_id FROM payment_events e WHERE lower(e.payer_email) = ANY (p_emails) AND e.subscription_id IS NOT NULL);
END
$$;
REVOKE ALL ON FUNCTION _credits_person_rows FROM PUBLIC, anon, authenticated, service_role;
