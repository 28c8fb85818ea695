-- A class that somebody has booked or waits for is cancelled by cancel_class_session(), which gives everything back, or not at all.
CREATE OR REPLACE FUNCTION keep_booked_class() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    PERFORM FROM bookings b WHERE b.class_session_id = NEW.id AND b.booking_status <> 'cancelled'
    UNION ALL
    SELECT FROM class_waitlist w WHERE w.class_session_id = NEW.id AND w.status = 'waiting';
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'This class is booked or waited for',
            HINT = 'Cancel it with cancel_class_session(), which gives everything back and tells everybody.';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION keep_booked_class FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION keep_booked_class IS 'Trigger: refuses to cancel a class by hand while somebody has booked it or waits for it.';
CREATE OR REPLACE TRIGGER booked_classes_stay
    BEFORE UPDATE OF status ON class_sessions
    FOR EACH ROW WHEN (OLD.status <> 'cancelled' AND NEW.status = 'cancelled') EXECUTE FUNCTION keep_booked_class();
