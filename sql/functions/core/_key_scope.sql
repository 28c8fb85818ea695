-- Whose idempotency key it is: keys of two callers never meet. Anonymous callers are told apart by what they ask for.
CREATE OR REPLACE FUNCTION _key_scope(p_arguments_hash bytea) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN CASE
        WHEN caller_id() IS NOT NULL THEN 'user:' || caller_id()
        WHEN _caller_kind() = 'service' THEN 'service'
        ELSE 'anonymous:' || encode(p_arguments_hash, 'hex')
    END;
END
$$;
REVOKE ALL ON FUNCTION _key_scope FROM PUBLIC, anon, authenticated, service_role;
