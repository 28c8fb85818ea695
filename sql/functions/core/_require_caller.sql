-- Somebody must be calling: an end user whose sub is a uuid, or the service. Error: not_authenticated.
CREATE OR REPLACE FUNCTION _require_caller() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF caller_id() IS NULL AND _caller_kind() <> 'service' THEN
        PERFORM _fail('not_authenticated', 'Sign in to do this');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_caller FROM PUBLIC, anon, authenticated, service_role;
