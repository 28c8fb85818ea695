-- I8: a class counts its confirmed and attended bookings, whoever writes them; class_not_overbooked stops the one too many.
-- Lock (1): the class.
CREATE OR REPLACE FUNCTION count_class_places() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.booking_status IN ('confirmed', 'attended')) THEN
        UPDATE class_sessions c SET taken = c.taken + 1 WHERE c.id = NEW.class_session_id;
    ELSE
        UPDATE class_sessions c SET taken = c.taken - 1 WHERE c.id = OLD.class_session_id;
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION count_class_places FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION count_class_places IS 'Trigger: keeps class_sessions.taken, the confirmed and attended bookings of a class (I8).';
CREATE OR REPLACE TRIGGER bookings_take_places
    AFTER INSERT ON bookings
    FOR EACH ROW WHEN (NEW.booking_status IN ('confirmed', 'attended')) EXECUTE FUNCTION count_class_places();
CREATE OR REPLACE TRIGGER bookings_change_places
    AFTER UPDATE OF booking_status ON bookings
    FOR EACH ROW WHEN ((OLD.booking_status IN ('confirmed', 'attended')) <> (NEW.booking_status IN ('confirmed', 'attended')))
    EXECUTE FUNCTION count_class_places();
CREATE OR REPLACE TRIGGER bookings_leave_places
    AFTER DELETE ON bookings
    FOR EACH ROW WHEN (OLD.booking_status IN ('confirmed', 'attended')) EXECUTE FUNCTION count_class_places();
