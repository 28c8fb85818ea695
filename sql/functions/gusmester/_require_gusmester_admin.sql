-- What only the club's admins and the service may do. Errors: not_authenticated, not_allowed.
CREATE OR REPLACE FUNCTION _require_gusmester_admin() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM _require_caller();
    IF caller_id() IS NOT NULL AND NOT _is_gusmester_admin() THEN
        PERFORM _fail('not_allowed', 'Only an admin of the club may do this');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_gusmester_admin FROM PUBLIC, anon, authenticated, service_role;
