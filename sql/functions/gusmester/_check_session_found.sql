-- Error: not_found.
CREATE OR REPLACE FUNCTION _check_session_found(p_session_id uuid, p_session sessions) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_session.id IS NULL THEN
        PERFORM _fail('not_found', 'No such session', jsonb_build_object('entity', 'session', 'id', p_session_id));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_session_found FROM PUBLIC, anon, authenticated, service_role;
