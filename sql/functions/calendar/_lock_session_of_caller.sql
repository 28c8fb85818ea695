-- Lock (1), first the thing: a session that the caller is a party of; the service's any. Error: not_found, for strangers as for unknown ids.
CREATE OR REPLACE FUNCTION _lock_session_of_caller(p_session_id uuid) RETURNS client_sessions
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_session client_sessions;
BEGIN
    PERFORM _require_value('p_session_id', p_session_id);
    SELECT * INTO v_session FROM client_sessions s
    WHERE s.id = p_session_id AND (caller_id() IS NULL OR caller_id() IN (s.client_id, s.therapist_id))
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM _fail('not_found', 'No such session', jsonb_build_object('entity', 'session', 'id', p_session_id));
    END IF;
    RETURN v_session;
END
$$;
REVOKE ALL ON FUNCTION _lock_session_of_caller FROM PUBLIC, anon, authenticated, service_role;
