-- Whether the calling end user is an active admin of the club.
CREATE OR REPLACE FUNCTION _is_gusmester_admin() RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM employees e WHERE e.user_id = caller_id() AND e.is_admin AND e.status = 'active');
END
$$;
REVOKE ALL ON FUNCTION _is_gusmester_admin FROM PUBLIC, anon, authenticated, service_role;
