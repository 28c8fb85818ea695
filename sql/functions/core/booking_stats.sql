-- What happened between two instants, from the audit log: calls _<module>_stats() of each module that is installed.
-- Errors: not_authenticated, not_allowed, invalid_input.
CREATE OR REPLACE FUNCTION booking_stats(p_from timestamptz, p_to timestamptz) RETURNS TABLE (module text, metric text, value bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
AS $$
DECLARE
    v_function text;
BEGIN
    PERFORM _require_service();
    PERFORM _require_instant('p_from', p_from);
    PERFORM _require_instant('p_to', p_to);
    FOREACH v_function IN ARRAY _module_functions('stats') LOOP
        RETURN QUERY EXECUTE format('SELECT s.module, s.metric, s.value FROM %I($1, $2) s', v_function) USING p_from, p_to;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION booking_stats FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION booking_stats TO service_role;
COMMENT ON FUNCTION booking_stats IS
'What was booked, cancelled, refunded and moved in [p_from, p_to), per module, and how often calls were refused. For the service.
p_from, p_to: instants within [2000-01-01, 2100-01-01).
Returns: module, metric, value (a count, or a sum of points or credits). failures.<reason> counts since installation, whatever the period.
Raises: not_authenticated, not_allowed, invalid_input.
Rule: contract, section 4.';
