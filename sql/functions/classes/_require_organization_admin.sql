-- For who may change roles: an owner or admin of the organization, only an owner where an owner is made or unmade; the service.
-- Errors: invalid_input, not_authenticated, not_allowed, not_found (for the service).
CREATE OR REPLACE FUNCTION _require_organization_admin(p_organization_id uuid, p_about_owner boolean) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM _require_staff(p_organization_id);
    IF caller_id() IS NULL THEN
        RETURN;
    END IF;
    PERFORM FROM user_organizations u
    WHERE u.organization_id = p_organization_id AND u.user_id = caller_id()
      AND (u.role = 'owner' OR (u.role = 'admin' AND NOT p_about_owner));
    IF NOT FOUND THEN
        PERFORM _fail('not_allowed', CASE WHEN p_about_owner THEN 'Only an owner may say who owns this organization'
                                          ELSE 'Only an owner or admin may change roles' END);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_organization_admin FROM PUBLIC, anon, authenticated, service_role;
