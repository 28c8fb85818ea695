-- Keeps a session's instants and its local date and time in step, whichever of them is written: instants win.
-- The trigger's name sorts before sessions_nobody_in_two_places, which reads what this one fills in.
-- Error: nonexistent_local_time.
CREATE OR REPLACE FUNCTION fill_session_times() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_local timestamp;
BEGIN
    IF NEW.timezone IS NULL THEN
        SELECT p.timezone INTO NEW.timezone FROM practitioners p WHERE p.user_id = NEW.therapist_id;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.starts_at = OLD.starts_at
           AND (NEW.session_date, NEW.start_time, NEW.timezone) <> (OLD.session_date, OLD.start_time, OLD.timezone) THEN
            NEW.starts_at := NULL;
        END IF;
    END IF;
    IF NEW.starts_at IS NULL AND NEW.session_date IS NOT NULL AND NEW.start_time IS NOT NULL THEN
        NEW.starts_at := _local_instant(NEW.session_date, NEW.start_time, NEW.timezone);
        IF NEW.starts_at IS NULL THEN
            PERFORM _fail('nonexistent_local_time', 'This local time does not exist', jsonb_build_object('timezone', NEW.timezone));
        END IF;
    END IF;
    v_local := NEW.starts_at AT TIME ZONE NEW.timezone;
    NEW.session_date := v_local::date;
    NEW.start_time := v_local::time;
    NEW.ends_at := NEW.starts_at + make_interval(mins => NEW.duration_minutes);
    IF NEW.status = 'cancelled' THEN
        NEW.cancelled_at := coalesce(NEW.cancelled_at, now());
    ELSE
        NEW.cancelled_at := NULL;
        NEW.cancelled_by := NULL;
        NEW.cancellation_reason := NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        NEW.updated_at := now();
        -- Moved, or taken up again.
        IF (NEW.starts_at, NEW.client_id, NEW.therapist_id) <> (OLD.starts_at, OLD.client_id, OLD.therapist_id)
           OR NEW.status IN ('scheduled', 'confirmed', 'in_progress')
           AND OLD.status NOT IN ('scheduled', 'confirmed', 'in_progress') THEN
            NEW.scheduled_at := now();
        END IF;
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION fill_session_times FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION fill_session_times IS
'Trigger: keeps starts_at, ends_at, session_date and start_time of client_sessions in step. Raises: nonexistent_local_time.';
CREATE OR REPLACE TRIGGER session_times_in_step
    BEFORE INSERT OR UPDATE ON client_sessions
    FOR EACH ROW EXECUTE FUNCTION fill_session_times();
CREATE OR REPLACE TRIGGER practitioners_timezone
    BEFORE INSERT OR UPDATE OF timezone ON practitioners
    FOR EACH ROW EXECUTE FUNCTION check_timezone();
