-- A parameter that may not be left out. Error: invalid_input.
CREATE OR REPLACE FUNCTION _require_value(p_parameter text, p_value anyelement) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_value IS NULL THEN
        PERFORM _fail('invalid_input', p_parameter || ' is missing', jsonb_build_object('parameter', p_parameter));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_value FROM PUBLIC, anon, authenticated, service_role;
