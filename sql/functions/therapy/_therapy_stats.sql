-- What therapy sold between two instants, from the audit log.
CREATE OR REPLACE FUNCTION _therapy_stats(p_from timestamptz, p_to timestamptz) RETURNS TABLE (module text, metric text, value bigint)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT 'therapy', m.metric, m.value
    FROM (
        SELECT count(*) AS sessions_booked, coalesce(sum((a.details ->> 'credits')::bigint), 0)::bigint AS credits_charged
        FROM audit_log a
        WHERE a.at >= p_from AND a.at < p_to AND a.action = 'create_session_with_credit_deduction'
    ) t
    CROSS JOIN LATERAL (VALUES ('sessions_booked', t.sessions_booked), ('credits_charged', t.credits_charged)) AS m (metric, value)
$$;
REVOKE ALL ON FUNCTION _therapy_stats FROM PUBLIC, anon, authenticated, service_role;
