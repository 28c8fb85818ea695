-- A text that must say something: trimmed, not empty, not too long. Returns it trimmed. Error: invalid_input.
CREATE OR REPLACE FUNCTION _require_text(p_parameter text, p_value text, p_most integer DEFAULT 10000) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_value text := _optional_text(p_parameter, p_value, p_most);
BEGIN
    IF v_value IS NULL THEN
        PERFORM _fail('invalid_input', p_parameter || ' is missing or empty', jsonb_build_object('parameter', p_parameter));
    END IF;
    RETURN v_value;
END
$$;
REVOKE ALL ON FUNCTION _require_text FROM PUBLIC, anon, authenticated, service_role;
