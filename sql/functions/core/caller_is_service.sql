-- For the policies of service_role: a sub in the claims makes anyone an end user, the service included.
CREATE OR REPLACE FUNCTION caller_is_service() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN _caller_kind() = 'service';
END
$$;
REVOKE ALL ON FUNCTION caller_is_service FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION caller_is_service TO service_role;
COMMENT ON FUNCTION caller_is_service IS
'Whether the service is calling: role service_role, or a role that has it or owns the schema, without an end user''s claims.
Returns: boolean. Raises: nothing.';
