-- A completed checkout binds its subscription to the user whom it names: once and for good. Nobody binds one to who was erased.
-- Returns the outcome. Lock (2): the person, so that erase_person finds what is bound. The subscription is locked by the caller.
CREATE OR REPLACE FUNCTION _bind_stripe_checkout(p_subscription subscriptions, p_payer_id uuid) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM profiles p WHERE p.user_id = p_payer_id AND p.deleted_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown_user';
    END IF;
    IF p_subscription.user_id <> p_payer_id THEN
        RETURN 'already_bound';
    END IF;
    UPDATE subscriptions s SET user_id = p_payer_id WHERE s.id = p_subscription.id AND s.user_id IS NULL;
    RETURN 'bound';
END
$$;
REVOKE ALL ON FUNCTION _bind_stripe_checkout FROM PUBLIC, anon, authenticated, service_role;
