-- Refusals per reason since installation: sequences, which survive the rollback of the refusing transaction.
CREATE OR REPLACE FUNCTION _core_stats(p_from timestamptz, p_to timestamptz) RETURNS TABLE (module text, metric text, value bigint)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT 'core', 'failures.' || r.reason, coalesce(pg_sequence_last_value(format('%I', 'refusals_' || r.reason)::regclass), 0)
    FROM _error_reasons() r
$$;
REVOKE ALL ON FUNCTION _core_stats FROM PUBLIC, anon, authenticated, service_role;
