-- What happened in calendars between two instants, from the audit log.
CREATE OR REPLACE FUNCTION _calendar_stats(p_from timestamptz, p_to timestamptz) RETURNS TABLE (module text, metric text, value bigint)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT 'calendar', m.metric, m.value
    FROM (
        SELECT count(*) FILTER (WHERE a.action = 'cancel_session') AS sessions_cancelled,
               coalesce(sum((a.details ->> 'credits')::bigint) FILTER (WHERE a.action = 'cancel_session'), 0)::bigint AS credits_refunded,
               count(*) FILTER (WHERE a.action = 'reschedule_session') AS sessions_rescheduled,
               count(*) FILTER (WHERE a.action = 'complete_session') AS sessions_completed,
               count(*) FILTER (WHERE a.action = 'mark_session_no_show') AS no_shows,
               count(*) FILTER (WHERE a.action = 'hold_slot') AS slots_held
        FROM audit_log a
        WHERE a.at >= p_from AND a.at < p_to
    ) t
    CROSS JOIN LATERAL (VALUES
        ('sessions_cancelled', t.sessions_cancelled),
        ('credits_refunded', t.credits_refunded),
        ('sessions_rescheduled', t.sessions_rescheduled),
        ('sessions_completed', t.sessions_completed),
        ('no_shows', t.no_shows),
        ('slots_held', t.slots_held)
    ) AS m (metric, value)
$$;
REVOKE ALL ON FUNCTION _calendar_stats FROM PUBLIC, anon, authenticated, service_role;
