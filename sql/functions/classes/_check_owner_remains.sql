-- An organization that has an owner keeps one. Error: invalid_state (status).
CREATE OR REPLACE FUNCTION _check_owner_remains(p_organization_id uuid, p_without uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM user_organizations u
    WHERE u.organization_id = p_organization_id AND u.role = 'owner' AND u.user_id <> p_without;
    IF NOT FOUND THEN
        PERFORM _fail('invalid_state', 'This is the last owner', '{"status": "owner"}', 'Make somebody else owner first.');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_owner_remains FROM PUBLIC, anon, authenticated, service_role;
