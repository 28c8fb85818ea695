-- An instant the package can reckon with: given, finite, within [2000-01-01, 2100-01-01) UTC. Error: invalid_input.
CREATE OR REPLACE FUNCTION _require_instant(p_parameter text, p_value timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM _require_value(p_parameter, p_value);
    IF p_value < '2000-01-01 00:00:00+00' OR p_value >= '2100-01-01 00:00:00+00' THEN
        PERFORM _fail('invalid_input', p_parameter || ' is not between the years 2000 and 2100',
                      jsonb_build_object('parameter', p_parameter));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_instant FROM PUBLIC, anon, authenticated, service_role;
