-- How long a session lasts: 15 to 180 minutes. Error: invalid_input.
CREATE OR REPLACE FUNCTION _require_session_minutes(p_duration_minutes integer) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_duration_minutes IS NULL OR p_duration_minutes NOT BETWEEN 15 AND 180 THEN
        PERFORM _fail('invalid_input', 'p_duration_minutes is not between 15 and 180', '{"parameter": "p_duration_minutes"}');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_session_minutes FROM PUBLIC, anon, authenticated, service_role;
