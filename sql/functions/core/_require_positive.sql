-- A whole number above 0. Error: invalid_input.
CREATE OR REPLACE FUNCTION _require_positive(p_parameter text, p_value integer) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_value IS NULL OR p_value <= 0 THEN
        PERFORM _fail('invalid_input', p_parameter || ' is not a whole number above 0', jsonb_build_object('parameter', p_parameter));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_positive FROM PUBLIC, anon, authenticated, service_role;
