-- For what only the service may do; an end user's claims make the service role an end user. Errors: not_authenticated, not_allowed.
CREATE OR REPLACE FUNCTION _require_service() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM _require_caller();
    IF caller_id() IS NOT NULL THEN
        PERFORM _fail('not_allowed', 'Only the service may do this');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_service FROM PUBLIC, anon, authenticated, service_role;
