-- A text that may be left out: trimmed, NULL when nothing remains. Error: invalid_input when too long.
CREATE OR REPLACE FUNCTION _optional_text(p_parameter text, p_value text, p_most integer DEFAULT 10000) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF length(p_value) > p_most THEN
        PERFORM _fail('invalid_input', format('%s is longer than %s characters', p_parameter, p_most),
                      jsonb_build_object('parameter', p_parameter, 'most', p_most));
    END IF;
    RETURN nullif(btrim(p_value, E' \t\r\n'), '');
END
$$;
REVOKE ALL ON FUNCTION _optional_text FROM PUBLIC, anon, authenticated, service_role;
