-- A completed checkout binds its subscription to the user whom client_reference_id, else metadata.user_id names: once and for good.
-- Stripe offers the first for carts and the like too: what is no uuid names nobody. Returns the outcome. The subscription is locked by the caller.
CREATE OR REPLACE FUNCTION _bind_stripe_checkout(p_subscription subscriptions, p_checkout jsonb) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_uuid    text := '(?i)^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
    v_named   text := coalesce(substring(p_checkout ->> 'client_reference_id' FROM v_uuid),
                               substring(p_checkout #>> '{metadata,user_id}' FROM v_uuid));
    v_user_id uuid;
BEGIN
    SELECT p.user_id INTO v_user_id FROM profiles p WHERE p.user_id = v_named::uuid;
    IF NOT FOUND THEN
        RETURN 'unknown_user';
    END IF;
    IF p_subscription.user_id <> v_user_id THEN
        RETURN 'already_bound';
    END IF;
    UPDATE subscriptions s SET user_id = v_user_id WHERE s.id = p_subscription.id AND s.user_id IS NULL;
    RETURN 'bound';
END
$$;
REVOKE ALL ON FUNCTION _bind_stripe_checkout FROM PUBLIC, anon, authenticated, service_role;
