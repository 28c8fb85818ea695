-- run_maintenance(): forgets idempotency keys that have expired.
CREATE OR REPLACE FUNCTION _core_maintenance(p_limit integer) RETURNS TABLE (task text, done bigint)
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    task := 'idempotency_keys_forgotten';
    DELETE FROM idempotency_keys k WHERE (k.caller, k.function_name, k.key) IN (
        SELECT o.caller, o.function_name, o.key FROM idempotency_keys o
        WHERE o.created_at < now() - (SELECT s.idempotency_key_ttl FROM settings s WHERE s.id)
        ORDER BY o.created_at
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED);
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN NEXT;
END
$$;
REVOKE ALL ON FUNCTION _core_maintenance FROM PUBLIC, anon, authenticated, service_role;
