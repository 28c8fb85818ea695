-- A person who is there and may be booked. Errors: not_found, inactive (user_id; an erased person, too).
CREATE OR REPLACE FUNCTION _require_active_person(p_user_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM profiles p WHERE p.user_id = p_user_id AND p.is_active AND p.deleted_at IS NULL;
    IF NOT FOUND THEN
        PERFORM _require_person(p_user_id);
        PERFORM _fail('inactive', 'This person is inactive', jsonb_build_object('user_id', p_user_id));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_active_person FROM PUBLIC, anon, authenticated, service_role;
