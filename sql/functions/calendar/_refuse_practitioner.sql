-- Says why somebody cannot be booked. Errors: not_found, not_a_practitioner, inactive (each with user_id or id).
CREATE OR REPLACE FUNCTION _refuse_practitioner(p_user_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM _require_person(p_user_id);
    IF NOT EXISTS (SELECT FROM practitioners p WHERE p.user_id = p_user_id) THEN
        PERFORM _fail('not_a_practitioner', 'This person is not a practitioner', jsonb_build_object('user_id', p_user_id));
    END IF;
    PERFORM _require_active_person(p_user_id);
    PERFORM _fail('inactive', 'This practitioner is inactive', jsonb_build_object('user_id', p_user_id));
END
$$;
REVOKE ALL ON FUNCTION _refuse_practitioner FROM PUBLIC, anon, authenticated, service_role;
