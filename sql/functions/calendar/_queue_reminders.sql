-- The reminders of a session whose hour has not passed: one row of each type serves both people.
CREATE OR REPLACE FUNCTION _queue_reminders(p_session client_sessions) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_reminder jsonb := jsonb_build_object(
        'user_id', p_session.client_id, 'therapist_id', p_session.therapist_id, 'session_id', p_session.id,
        'payload', _session_payload(p_session));
    v_rows     jsonb := jsonb '[]';
BEGIN
    IF p_session.starts_at - interval '24 hours' > now() THEN
        v_rows := v_rows || (v_reminder || jsonb_build_object(
            'type', 'booking_reminder_24h', 'due_at', p_session.starts_at - interval '24 hours'));
    END IF;
    IF p_session.starts_at - interval '1 hour' > now() THEN
        v_rows := v_rows || (v_reminder || jsonb_build_object(
            'type', 'booking_reminder_1h', 'due_at', p_session.starts_at - interval '1 hour'));
        PERFORM _queue_notifications(v_rows);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _queue_reminders FROM PUBLIC, anon, authenticated, service_role;
