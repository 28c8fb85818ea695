-- Which subscription a Stripe event tells of, by Stripe's id; NULL when it is not about one.
CREATE OR REPLACE FUNCTION _stripe_subscription_of(p_event jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_object jsonb := p_event #> '{data,object}';
    v_id     text;
BEGIN
    CASE p_event ->> 'type'
        WHEN 'checkout.session.completed' THEN
            IF v_object ->> 'mode' = 'subscription' THEN
                v_id := _stripe_id(v_object -> 'subscription');
            END IF;
        WHEN 'invoice.payment_succeeded', 'invoice.paid' THEN
            IF v_object ->> 'billing_reason' IN ('subscription_create', 'subscription_cycle') THEN
                v_id := coalesce(_stripe_id(v_object -> 'subscription'),
                                 _stripe_id(v_object #> '{parent,subscription_details,subscription}'));
            END IF;
        WHEN 'customer.subscription.updated', 'customer.subscription.deleted' THEN
            v_id := _stripe_id(v_object);
        ELSE
            NULL;
    END CASE;
    RETURN v_id;
END
$$;
REVOKE ALL ON FUNCTION _stripe_subscription_of FROM PUBLIC, anon, authenticated, service_role;
