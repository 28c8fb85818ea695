-- Lock (1), first the thing: the session's row. NULL when there is none.
CREATE OR REPLACE FUNCTION _lock_session(p_session_id uuid) RETURNS sessions
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_session sessions;
BEGIN
    SELECT * INTO v_session FROM sessions s WHERE s.id = p_session_id FOR NO KEY UPDATE;
    RETURN v_session;
END
$$;
REVOKE ALL ON FUNCTION _lock_session FROM PUBLIC, anon, authenticated, service_role;
