-- One step of a session's life, by its therapist or the service: from one of the statuses p_from to p_to. Returns p_to.
-- Lock (1): the session. Errors: not_found, not_allowed (the client), invalid_state (another status, or before the start).
CREATE OR REPLACE FUNCTION _step_session(p_session_id uuid, p_action text, p_from text[], p_to text, p_after_start boolean) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_session client_sessions := _lock_session_of_caller(p_session_id);
BEGIN
    IF caller_id() = v_session.client_id THEN
        PERFORM _fail('not_allowed', 'Only the therapist may do this');
    END IF;
    IF NOT v_session.status = ANY (p_from) THEN
        PERFORM _fail('invalid_state', format('This session is %s', replace(v_session.status, '_', ' ')),
                      jsonb_build_object('status', v_session.status));
    END IF;
    IF p_after_start AND v_session.starts_at > now() THEN
        PERFORM _fail('invalid_state', 'This session has not started', jsonb_build_object('status', v_session.status, 'starts_at', v_session.starts_at),
                      'Wait for its start.');
    END IF;
    UPDATE client_sessions s SET status = p_to WHERE s.id = v_session.id;
    PERFORM _audit(p_action, 'session', v_session.id);
    RETURN p_to;
END
$$;
REVOKE ALL ON FUNCTION _step_session FROM PUBLIC, anon, authenticated, service_role;
