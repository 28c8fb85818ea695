-- Row-level security: the persons that the calling user is, one for each organization.
CREATE OR REPLACE FUNCTION caller_persons() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    RETURN ARRAY(SELECT c.person_id FROM clients c WHERE c.user_id = caller_id());
END
$$;
REVOKE ALL ON FUNCTION caller_persons FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION caller_persons TO authenticated, service_role;
COMMENT ON FUNCTION caller_persons IS
'The persons that the calling user is, one for each organization. Row-level security compares with it.
Returns: array of uuid, empty for the service. Raises: nothing.';
