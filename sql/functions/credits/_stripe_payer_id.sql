-- Whom a Stripe object names by id: client_reference_id, else metadata.user_id. Stripe offers the first for carts and the like too:
-- what is no uuid names nobody.
CREATE OR REPLACE FUNCTION _stripe_payer_id(p_object jsonb) RETURNS uuid
LANGUAGE sql IMMUTABLE
SET search_path FROM CURRENT
AS $$
    SELECT coalesce(substring(p_object ->> 'client_reference_id' FROM r.uuid), substring(p_object #>> '{metadata,user_id}' FROM r.uuid))::uuid
    FROM (VALUES ('(?i)^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$')) AS r (uuid)
$$;
REVOKE ALL ON FUNCTION _stripe_payer_id FROM PUBLIC, anon, authenticated, service_role;
