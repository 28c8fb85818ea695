-- The instant of a field in which Stripe counts seconds; NULL when it is none that the package can reckon with.
CREATE OR REPLACE FUNCTION _stripe_instant(p_field jsonb) RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT CASE WHEN jsonb_typeof(p_field) = 'number' AND p_field >= '946684800' AND p_field < '4102444800'
                THEN to_timestamp(p_field::double precision) END
$$;
REVOKE ALL ON FUNCTION _stripe_instant FROM PUBLIC, anon, authenticated, service_role;
