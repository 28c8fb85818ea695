-- Lock (1) without waiting: a class and its organization. Whether nobody else held them.
CREATE OR REPLACE FUNCTION _try_lock_class(p_class_session_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM organizations o
    WHERE o.id = (SELECT c.organization_id FROM class_sessions c WHERE c.id = p_class_session_id)
    FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM FROM class_sessions c WHERE c.id = p_class_session_id FOR NO KEY UPDATE SKIP LOCKED;
    RETURN FOUND;
END
$$;
REVOKE ALL ON FUNCTION _try_lock_class FROM PUBLIC, anon, authenticated, service_role;
