-- I11: a session that blocks time has its reminders; moved, they move with it; taken away, what is unsent is withdrawn, leased rows included.
CREATE OR REPLACE FUNCTION keep_session_reminders() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_blocks boolean := NEW.status IN ('scheduled', 'confirmed', 'in_progress');
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF v_blocks AND OLD.status IN ('scheduled', 'confirmed', 'in_progress')
           AND (NEW.starts_at, NEW.client_id, NEW.therapist_id) = (OLD.starts_at, OLD.client_id, OLD.therapist_id) THEN
            RETURN NULL;
        END IF;
        PERFORM _withdraw_notifications(NEW.id, ARRAY['booking_reminder_24h', 'booking_reminder_1h']);
        IF NEW.status = 'cancelled' THEN
            PERFORM _withdraw_notifications(NEW.id, ARRAY['create_video_room']);
        END IF;
    END IF;
    IF v_blocks THEN
        PERFORM _queue_reminders(NEW);
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION keep_session_reminders FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION keep_session_reminders IS
'Trigger: queues, moves and withdraws the reminders of client_sessions (I11).';
CREATE OR REPLACE TRIGGER sessions_keep_reminders
    AFTER INSERT OR UPDATE OF status, starts_at, session_date, start_time, timezone, client_id, therapist_id ON client_sessions
    FOR EACH ROW EXECUTE FUNCTION keep_session_reminders();
