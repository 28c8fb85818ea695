-- For what only the service may do; an end user's claims make the service role an end user. Errors: not_authenticated, not_allowed.
CREATE OR REPLACE FUNCTION _require_service() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    CASE _caller_kind()
        WHEN 'service' THEN RETURN;
        WHEN 'user' THEN PERFORM _fail('not_allowed', 'Only the service may do this');
        ELSE PERFORM _fail('not_authenticated', 'Only the service may do this');
    END CASE;
END
$$;
REVOKE ALL ON FUNCTION _require_service FROM PUBLIC, anon, authenticated, service_role;
