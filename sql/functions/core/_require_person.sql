-- A person with a profile. Error: not_found.
CREATE OR REPLACE FUNCTION _require_person(p_user_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM profiles p WHERE p.user_id = p_user_id;
    IF NOT FOUND THEN
        PERFORM _fail('not_found', 'No such person', jsonb_build_object('entity', 'profile', 'id', p_user_id));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_person FROM PUBLIC, anon, authenticated, service_role;
