-- Every rule that is broken now: calls _<module>_invariants() of each module that is installed.
-- Errors: not_authenticated, not_allowed.
CREATE OR REPLACE FUNCTION verify_invariants() RETURNS TABLE (invariant text, entity text, entity_id text, details jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
AS $$
DECLARE
    v_function text;
BEGIN
    PERFORM _require_service();
    FOREACH v_function IN ARRAY _module_functions('invariants') LOOP
        RETURN QUERY EXECUTE format('SELECT i.invariant, i.entity, i.entity_id, i.details FROM %I() i', v_function);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION verify_invariants FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION verify_invariants TO service_role;
COMMENT ON FUNCTION verify_invariants IS
'Lists every invariant that is broken now; no rows on a healthy database. For the service.
Returns: invariant (its number, e.g. I2), entity, entity_id, details (what was found).
Raises: not_authenticated, not_allowed.
Rule: contract, section 9.';
