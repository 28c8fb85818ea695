-- Who is calling: 'user' (claims with a sub, whatever the role), 'service' or 'anonymous'.
-- The role is read from the setting, not from current_user, which is the owner inside a definer function.
CREATE OR REPLACE FUNCTION _caller_kind() RETURNS text
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_claims text := nullif(current_setting('request.jwt.claims', true), '');
    v_role   text := coalesce(nullif(current_setting('role', true), 'none'), session_user);
BEGIN
    IF v_claims::jsonb ->> 'sub' IS NOT NULL THEN
        RETURN 'user';
    END IF;
    IF pg_has_role(v_role, to_regrole('service_role'), 'USAGE') THEN
        RETURN 'service';
    END IF;
    IF pg_has_role(v_role, (SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = current_schema()), 'USAGE') THEN
        RETURN 'service';
    END IF;
    RETURN 'anonymous';
END
$$;
REVOKE ALL ON FUNCTION _caller_kind FROM PUBLIC, anon, authenticated, service_role;
