-- The reminders of a session whose hour has not passed: one row of each type serves both people.
CREATE OR REPLACE FUNCTION _queue_reminders(p_session client_sessions) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_a_day_before  timestamptz := p_session.starts_at - interval '24 hours';
    v_an_hour_before timestamptz := p_session.starts_at - interval '1 hour';
    v_client_id     uuid := p_session.client_id;
    v_payload       jsonb;
BEGIN
    IF v_an_hour_before <= now() THEN
        RETURN;
    END IF;
    v_payload := _session_payload(p_session);
    IF v_a_day_before > now() THEN
        PERFORM _queue_for_session(
            p_session.id, p_session.therapist_id, '{booking_reminder_24h, booking_reminder_1h}', ARRAY[v_client_id, v_client_id],
            ARRAY[v_payload, v_payload], ARRAY[v_a_day_before, v_an_hour_before]);
    ELSE
        PERFORM _queue_for_session(
            p_session.id, p_session.therapist_id, '{booking_reminder_1h}', ARRAY[v_client_id], ARRAY[v_payload], ARRAY[v_an_hour_before]);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _queue_reminders FROM PUBLIC, anon, authenticated, service_role;
