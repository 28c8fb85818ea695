-- Writes that the caller cancels a session; its time is free from then on, its reminders are withdrawn by their trigger. Returns the session.
CREATE OR REPLACE FUNCTION _mark_session_cancelled(p_session_id uuid, p_reason text) RETURNS client_sessions
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_session client_sessions;
BEGIN
    UPDATE client_sessions s
    SET status = 'cancelled', cancelled_at = now(), cancelled_by = caller_id(), cancellation_reason = p_reason
    WHERE s.id = p_session_id
    RETURNING * INTO STRICT v_session;
    RETURN v_session;
END
$$;
REVOKE ALL ON FUNCTION _mark_session_cancelled FROM PUBLIC, anon, authenticated, service_role;
