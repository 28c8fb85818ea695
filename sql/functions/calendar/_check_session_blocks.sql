-- Whether a session still stands: scheduled, confirmed or in progress. Error: invalid_state (status).
CREATE OR REPLACE FUNCTION _check_session_blocks(p_session client_sessions) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_session.status NOT IN ('scheduled', 'confirmed', 'in_progress') THEN
        PERFORM _fail('invalid_state', format('This session is %s', replace(p_session.status, '_', ' ')), jsonb_build_object('status', p_session.status));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_session_blocks FROM PUBLIC, anon, authenticated, service_role;
