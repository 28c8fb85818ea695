-- Row-level security: the organizations that the calling user is a client of.
CREATE OR REPLACE FUNCTION caller_client_organizations() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    RETURN ARRAY(SELECT c.organization_id FROM clients c WHERE c.user_id = caller_id());
END
$$;
REVOKE ALL ON FUNCTION caller_client_organizations FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION caller_client_organizations TO authenticated, service_role;
COMMENT ON FUNCTION caller_client_organizations IS
'The organizations that the calling user is a client of. Row-level security compares with it.
Returns: array of uuid, empty for the service. Raises: nothing.';
