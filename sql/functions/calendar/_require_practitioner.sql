-- A practitioner who may be booked. Errors: not_found, not_a_practitioner, inactive (each with user_id or id).
CREATE OR REPLACE FUNCTION _require_practitioner(p_user_id uuid) RETURNS practitioners
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_practitioner practitioners;
BEGIN
    SELECT * INTO v_practitioner FROM practitioners p WHERE p.user_id = p_user_id;
    IF NOT FOUND THEN
        PERFORM _require_person(p_user_id);
        PERFORM _fail('not_a_practitioner', 'This person is not a practitioner', jsonb_build_object('user_id', p_user_id));
    END IF;
    PERFORM _require_active_person(p_user_id);
    IF NOT v_practitioner.is_active THEN
        PERFORM _fail('inactive', 'This practitioner is inactive', jsonb_build_object('user_id', p_user_id));
    END IF;
    RETURN v_practitioner;
END
$$;
REVOKE ALL ON FUNCTION _require_practitioner FROM PUBLIC, anon, authenticated, service_role;
