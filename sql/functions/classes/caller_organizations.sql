-- Row-level security: the organizations that the calling user works for, as owner, admin or staff.
CREATE OR REPLACE FUNCTION caller_organizations() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    RETURN ARRAY(SELECT u.organization_id FROM user_organizations u WHERE u.user_id = caller_id() AND u.role IN ('owner', 'admin', 'staff'));
END
$$;
REVOKE ALL ON FUNCTION caller_organizations FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION caller_organizations TO authenticated, service_role;
COMMENT ON FUNCTION caller_organizations IS
'The organizations that the calling user works for, as owner, admin or staff. Row-level security compares with it.
Returns: array of uuid, empty for the service. Raises: nothing.';
