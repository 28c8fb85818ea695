-- A class of an organization; a plain look, before anything is locked. Error: not_found.
CREATE OR REPLACE FUNCTION _require_class(p_class_session_id uuid, p_organization_id uuid) RETURNS class_sessions
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_class class_sessions;
BEGIN
    IF p_class_session_id IS NULL THEN
        PERFORM _require_value('p_class_session_id', p_class_session_id);
    END IF;
    SELECT * INTO v_class FROM class_sessions c WHERE c.id = p_class_session_id AND c.organization_id = p_organization_id;
    IF NOT FOUND THEN
        PERFORM _fail('not_found', 'No such class', jsonb_build_object('entity', 'class_session', 'id', p_class_session_id));
    END IF;
    RETURN v_class;
END
$$;
REVOKE ALL ON FUNCTION _require_class FROM PUBLIC, anon, authenticated, service_role;
