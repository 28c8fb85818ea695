-- I5 and I11: what is broken now. No rows on a healthy database. Asks also what constraints and triggers promise, for they can be switched off.
CREATE OR REPLACE FUNCTION _calendar_invariants() RETURNS TABLE (invariant text, entity text, entity_id text, details jsonb)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
SET timezone TO 'UTC'
AS $$
    -- I5: nobody is in two sessions at once, in any role: each begins when all before it have ended.
    SELECT 'I5', 'profile', o.user_id::text, jsonb_build_object('session_id', o.id, 'starts_at', o.starts_at, 'another_ends_at', o.busy_until)
    FROM (
        SELECT p.user_id, s.id, s.starts_at,
               max(s.ends_at) OVER (PARTITION BY p.user_id ORDER BY s.starts_at, s.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS busy_until
        FROM client_sessions s
        CROSS JOIN LATERAL (VALUES (s.client_id), (s.therapist_id)) AS p (user_id)
        WHERE s.status IN ('scheduled', 'confirmed', 'in_progress')
    ) o
    WHERE o.starts_at < o.busy_until
    UNION ALL
    -- I11: a session to come has the reminders whose hour had not passed when its time was taken. What could not be queued is on record;
    -- what was to be sent to an erased person is withdrawn.
    SELECT 'I11', 'session', s.id::text, jsonb_build_object('missing', r.type, 'due_at', s.starts_at - r.before)
    FROM client_sessions s
    CROSS JOIN (VALUES ('booking_reminder_24h', interval '24 hours'), ('booking_reminder_1h', interval '1 hour')) AS r (type, before)
    WHERE s.status IN ('scheduled', 'confirmed', 'in_progress')
      AND s.starts_at > now()
      AND s.starts_at - r.before > s.scheduled_at
      AND NOT EXISTS (
          SELECT FROM notifications n
          WHERE n.session_id = s.id AND n.type = r.type AND n.status <> 'withdrawn'
            -- An attempt that failed has put it off; requeue_notification() counts attempts anew.
            AND (n.due_at = s.starts_at - r.before
                 OR n.created_at >= s.scheduled_at AND (n.attempts > 0 OR n.last_error IS NOT NULL)))
      AND NOT EXISTS (SELECT FROM notification_failures f WHERE f.session_id = s.id AND f.type = r.type)
      AND NOT EXISTS (SELECT FROM profiles c WHERE c.user_id = s.client_id AND c.deleted_at IS NOT NULL)
    UNION ALL
    SELECT 'I11', 'session', s.id::text, jsonb_build_object('status', s.status, 'unsent', n.type, 'notification_id', n.id)
    FROM client_sessions s
    JOIN notifications n ON n.session_id = s.id
    WHERE s.status = 'cancelled'
      AND n.type IN ('booking_reminder_24h', 'booking_reminder_1h') AND n.status IN ('pending', 'leased')
$$;
REVOKE ALL ON FUNCTION _calendar_invariants FROM PUBLIC, anon, authenticated, service_role;
