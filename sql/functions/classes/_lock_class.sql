-- Lock (1): a class that exists.
CREATE OR REPLACE FUNCTION _lock_class(p_class_session_id uuid) RETURNS class_sessions
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_class class_sessions;
BEGIN
    SELECT * INTO STRICT v_class FROM class_sessions c WHERE c.id = p_class_session_id FOR NO KEY UPDATE;
    RETURN v_class;
END
$$;
REVOKE ALL ON FUNCTION _lock_class FROM PUBLIC, anon, authenticated, service_role;
