-- Users change a session before its start only, the service at any time. Error: too_late (deadline).
CREATE OR REPLACE FUNCTION _check_before_start(p_session client_sessions) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF caller_id() IS NOT NULL AND p_session.starts_at <= now() THEN
        PERFORM _fail('too_late', 'This session has started', jsonb_build_object('deadline', p_session.starts_at));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_before_start FROM PUBLIC, anon, authenticated, service_role;
