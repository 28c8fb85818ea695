-- A class of an organization that the caller works for, a plain look. Error: not_found (also another organization's).
CREATE OR REPLACE FUNCTION _class_of_staff(p_class_session_id uuid) RETURNS class_sessions
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_class class_sessions;
BEGIN
    PERFORM _require_caller();
    PERFORM _require_value('p_class_session_id', p_class_session_id);
    SELECT * INTO v_class FROM class_sessions c WHERE c.id = p_class_session_id;
    IF NOT FOUND OR NOT _is_staff(v_class.organization_id) THEN
        PERFORM _fail('not_found', 'No such class', jsonb_build_object('entity', 'class_session', 'id', p_class_session_id));
    END IF;
    RETURN v_class;
END
$$;
REVOKE ALL ON FUNCTION _class_of_staff FROM PUBLIC, anon, authenticated, service_role;
