-- Who the end user is: the sub of the request's JWT claims.
-- A sub that is no uuid is nobody (NULL), never a cast error; _caller_kind() still calls such a caller a user.
CREATE OR REPLACE FUNCTION caller_id() RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN substring(
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub',
        '(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')::uuid;
END
$$;
REVOKE ALL ON FUNCTION caller_id FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION caller_id TO authenticated, service_role;
COMMENT ON FUNCTION caller_id IS
'The end user who is calling: the sub of request.jwt.claims. NULL for the service and for anonymous callers. Row-level security compares with it.
Returns: uuid or NULL. Raises: nothing.';
