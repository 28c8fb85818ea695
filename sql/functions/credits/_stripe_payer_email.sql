-- The payer's address, wherever this type of Stripe object holds it.
CREATE OR REPLACE FUNCTION _stripe_payer_email(p_event jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path FROM CURRENT
AS $$
    SELECT left(coalesce(o ->> 'customer_email', o #>> '{customer_details,email}', o #>> '{billing_details,email}',
                         o ->> 'receipt_email', o ->> 'email'), 320)
    FROM (VALUES (p_event #> '{data,object}')) AS v (o)
$$;
REVOKE ALL ON FUNCTION _stripe_payer_email FROM PUBLIC, anon, authenticated, service_role;
