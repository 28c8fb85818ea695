-- run_maintenance(): forgets notifications and recorded failures that are older than settings.notification_retention.
CREATE OR REPLACE FUNCTION _notifications_maintenance(p_limit integer) RETURNS TABLE (task text, done bigint)
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_before timestamptz := now() - (SELECT s.notification_retention FROM settings s WHERE s.id);
BEGIN
    task := 'notifications_forgotten';
    DELETE FROM notifications n WHERE n.id IN (
        SELECT o.id FROM notifications o
        WHERE o.status IN ('sent', 'withdrawn', 'dead') AND o.due_at < v_before
        ORDER BY o.due_at
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED);
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
