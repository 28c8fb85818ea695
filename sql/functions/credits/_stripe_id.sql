-- The id that a field of a Stripe object holds: the field is the id, or the whole object when Stripe was asked to expand it.
CREATE OR REPLACE FUNCTION _stripe_id(p_field jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path FROM CURRENT
AS $$
    SELECT CASE jsonb_typeof(p_field) WHEN 'string' THEN p_field #>> '{}' WHEN 'object' THEN p_field ->> 'id' END
$$;
REVOKE ALL ON FUNCTION _stripe_id FROM PUBLIC, anon, authenticated, service_role;
