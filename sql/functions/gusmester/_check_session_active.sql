-- Error: invalid_state.
CREATE OR REPLACE FUNCTION _check_session_active(p_session sessions) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_session.status <> 'active' THEN
        PERFORM _fail('invalid_state', format('This session is %s', p_session.status),
                      jsonb_build_object('status', p_session.status));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_session_active FROM PUBLIC, anon, authenticated, service_role;
