-- run_maintenance(): forgets payloads, then whole notifications and recorded failures, after the retentions of settings; archives where it is to.
-- No reminder that I11 asks for is old enough: its session is to come, so that it was due a day ago at most, and a retention is two days at least.
CREATE OR REPLACE FUNCTION _notifications_maintenance(p_limit integer) RETURNS TABLE (task text, done bigint)
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_settings settings;
    v_before   timestamptz;
    v_left     bigint;
BEGIN
    SELECT * INTO STRICT v_settings FROM settings s WHERE s.id;
    v_before := now() - v_settings.notification_retention;

    WITH old AS (
        DELETE FROM notifications n WHERE n.id IN (
            SELECT o.id FROM notifications o
            WHERE NOT o.is_open AND o.due_at < v_before
            ORDER BY o.due_at
            LIMIT p_limit
            FOR NO KEY UPDATE SKIP LOCKED)
        RETURNING n.id, n.type, n.user_id, n.therapist_id, n.session_id, n.due_at, n.status, n.attempts, n.created_at, n.sent_at
    ), archived AS (
        INSERT INTO notification_archive (id, type, user_id, therapist_id, session_id, due_at, status, attempts, created_at, sent_at)
        SELECT o.id, o.type, o.user_id, o.therapist_id, o.session_id, o.due_at, o.status, o.attempts, o.created_at, o.sent_at
        FROM old o
        WHERE v_settings.notification_archive
        -- Somebody may have put an archived one back into the queue.
        ON CONFLICT (id) DO NOTHING
    )
    SELECT count(*) INTO v_left FROM old;
    task := 'notifications_forgotten';
    done := CASE WHEN v_settings.notification_archive THEN 0 ELSE v_left END;
    RETURN NEXT;
    task := 'notifications_archived';
    done := v_left - done;
    RETURN NEXT;

    task := 'archived_notifications_forgotten';
    DELETE FROM notification_archive n WHERE n.id IN (
        SELECT o.id FROM notification_archive o
        WHERE o.due_at < now() - v_settings.notification_archive_retention
        ORDER BY o.due_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED);
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN NEXT;

    task := 'notification_payloads_forgotten';
    UPDATE notifications n SET payload = '{}', last_error = NULL WHERE n.id IN (
        SELECT o.id FROM notifications o
        WHERE NOT o.is_open AND (o.payload <> '{}' OR o.last_error IS NOT NULL)
          AND o.due_at < now() - v_settings.notification_payload_retention
          -- requeue_notification() has dead ones tried again.
          AND o.status <> 'dead'
        ORDER BY o.due_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED);
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN NEXT;

    task := 'notification_failures_forgotten';
    DELETE FROM notification_failures f WHERE f.id IN (
        SELECT o.id FROM notification_failures o WHERE o.created_at < v_before
          -- I11 asks for them as long as their session is to come.
          AND coalesce(o.type !~ '^booking_reminder_', true)
        ORDER BY o.id LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED);
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN NEXT;
END
$$;
REVOKE ALL ON FUNCTION _notifications_maintenance FROM PUBLIC, anon, authenticated, service_role;
