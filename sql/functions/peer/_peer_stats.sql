-- What practitioners did for each other between two instants, from the audit log.
CREATE OR REPLACE FUNCTION _peer_stats(p_from timestamptz, p_to timestamptz) RETURNS TABLE (module text, metric text, value bigint)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT 'peer', m.metric, m.value
    FROM (
        SELECT count(*) FILTER (WHERE a.action = 'create_peer_booking') AS sessions_booked,
               coalesce(sum((a.details ->> 'credits')::bigint)
                   FILTER (WHERE a.action IN ('create_peer_booking', 'process_peer_booking_credits')), 0)::bigint AS credits_charged,
               count(*) FILTER (WHERE a.action = 'process_peer_booking_refund') AS sessions_refunded,
               coalesce(sum((a.details ->> 'credits')::bigint) FILTER (WHERE a.action = 'process_peer_booking_refund'), 0)::bigint
                   AS credits_refunded,
               count(*) FILTER (WHERE a.action = 'cleanup_orphaned_sessions') AS orphans_cancelled
        FROM audit_log a
        WHERE a.at >= p_from AND a.at < p_to
    ) t
    CROSS JOIN LATERAL (VALUES
        ('sessions_booked', t.sessions_booked),
        ('credits_charged', t.credits_charged),
        ('sessions_refunded', t.sessions_refunded),
        ('credits_refunded', t.credits_refunded),
        ('orphans_cancelled', t.orphans_cancelled)
    ) AS m (metric, value)
$$;
REVOKE ALL ON FUNCTION _peer_stats FROM PUBLIC, anon, authenticated, service_role;
