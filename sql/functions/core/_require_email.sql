-- A plausible e-mail address: something@something, no spaces, at most 320 characters. Returns it trimmed. Error: invalid_input.
CREATE OR REPLACE FUNCTION _require_email(p_parameter text, p_value text) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_value text := _require_text(p_parameter, p_value, 320);
BEGIN
    IF v_value !~ '^[^@[:space:]]+@[^@[:space:]]+$' THEN
        PERFORM _fail('invalid_input', p_parameter || ' is not an e-mail address', jsonb_build_object('parameter', p_parameter));
    END IF;
    RETURN v_value;
END
$$;
REVOKE ALL ON FUNCTION _require_email FROM PUBLIC, anon, authenticated, service_role;
