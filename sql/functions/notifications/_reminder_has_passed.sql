-- Whether a notification is a reminder of a session for an hour that has passed, or of one that stands no more. Lock (1): the session.
CREATE OR REPLACE FUNCTION _reminder_has_passed(p_type text, p_session_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_before   interval := CASE p_type WHEN 'booking_reminder_24h' THEN interval '24 hours' WHEN 'booking_reminder_1h' THEN interval '1 hour' END;
    v_function text;
    v_start    timestamptz;
BEGIN
    IF v_before IS NULL OR p_session_id IS NULL THEN
        RETURN false;
    END IF;
    FOREACH v_function IN ARRAY _module_functions('start_of_session') LOOP
        EXECUTE format('SELECT coalesce($2, %I($1))', v_function) INTO v_start USING p_session_id, v_start;
    END LOOP;
    RETURN coalesce(v_start - v_before <= now(), false);
END
$$;
REVOKE ALL ON FUNCTION _reminder_has_passed FROM PUBLIC, anon, authenticated, service_role;
