-- How the outbox stands: what waits, is being sent and is dead now, and what was sent and could not be queued between two instants.
CREATE OR REPLACE FUNCTION _notifications_stats(p_from timestamptz, p_to timestamptz) RETURNS TABLE (module text, metric text, value bigint)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT 'notifications', m.metric, m.value
    FROM (
        SELECT count(*) FILTER (WHERE n.status = 'pending' AND n.due_at <= now()) AS due,
               count(*) FILTER (WHERE n.status = 'pending' AND n.due_at > now()) AS scheduled,
               count(*) FILTER (WHERE n.status = 'leased') AS leased,
               count(*) FILTER (WHERE n.status = 'dead') AS dead,
               count(*) FILTER (WHERE n.status = 'sent' AND n.sent_at >= p_from AND n.sent_at < p_to) AS sent
        FROM notifications n
    ) q
    CROSS JOIN (
        SELECT count(*) AS not_queued FROM notification_failures f WHERE f.created_at >= p_from AND f.created_at < p_to
    ) f
    CROSS JOIN LATERAL (VALUES
        ('queue.due', q.due),
        ('queue.scheduled', q.scheduled),
        ('queue.leased', q.leased),
        ('queue.dead', q.dead),
        ('sent', q.sent),
        ('not_queued', f.not_queued)
    ) AS m (metric, value)
$$;
REVOKE ALL ON FUNCTION _notifications_stats FROM PUBLIC, anon, authenticated, service_role;
