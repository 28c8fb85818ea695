-- Lock (1): the subscription a Stripe event tells of, made when Stripe tells of it for the first time, bound to nobody.
-- All events of one subscription follow each other here, so that an invoice does not wait for a checkout that has just looked for it.
CREATE OR REPLACE FUNCTION _lock_stripe_subscription(p_stripe_subscription_id text) RETURNS subscriptions
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_subscription subscriptions;
BEGIN
    INSERT INTO subscriptions (stripe_subscription_id) VALUES (p_stripe_subscription_id)
    ON CONFLICT (stripe_subscription_id) DO NOTHING;
    SELECT * INTO STRICT v_subscription FROM subscriptions s
    WHERE s.stripe_subscription_id = p_stripe_subscription_id
    FOR NO KEY UPDATE;
    RETURN v_subscription;
END
$$;
REVOKE ALL ON FUNCTION _lock_stripe_subscription FROM PUBLIC, anon, authenticated, service_role;
