-- enqueue_notification(): when a session of the calendar starts: never again when it does not stand any more; NULL when it is none.
-- Lock (1): the session, so that it is not being cancelled meanwhile.
CREATE OR REPLACE FUNCTION _calendar_start_of_session(p_session_id uuid) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_session client_sessions;
BEGIN
    SELECT * INTO v_session FROM client_sessions s WHERE s.id = p_session_id FOR NO KEY UPDATE;
    RETURN CASE WHEN v_session.status NOT IN ('scheduled', 'confirmed', 'in_progress') THEN '-infinity' ELSE v_session.starts_at END;
END
$$;
REVOKE ALL ON FUNCTION _calendar_start_of_session FROM PUBLIC, anon, authenticated, service_role;
