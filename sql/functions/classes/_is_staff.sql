-- Whether the caller may do what an organization's staff may: its owner, admin or staff, or the service.
CREATE OR REPLACE FUNCTION _is_staff(p_organization_id uuid) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN CASE WHEN caller_id() IS NULL THEN _caller_kind() = 'service'
                ELSE coalesce(p_organization_id = ANY (caller_organizations()), false) END;
END
$$;
REVOKE ALL ON FUNCTION _is_staff FROM PUBLIC, anon, authenticated, service_role;
