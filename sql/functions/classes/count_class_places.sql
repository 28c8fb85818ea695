-- I8: a class counts its confirmed and attended bookings, whoever writes them; class_not_overbooked stops the one too many.
-- Lock (1): the class.
CREATE OR REPLACE FUNCTION count_class_places() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_change integer := 0;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.booking_status IN ('confirmed', 'attended') THEN
        v_change := v_change - 1;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.booking_status IN ('confirmed', 'attended') THEN
        v_change := v_change + 1;
    END IF;
    IF v_change <> 0 THEN
        UPDATE class_sessions c SET taken = c.taken + v_change
        WHERE c.id = CASE TG_OP WHEN 'DELETE' THEN OLD.class_session_id ELSE NEW.class_session_id END;
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION count_class_places FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION count_class_places IS 'Trigger: keeps class_sessions.taken, the confirmed and attended bookings of a class (I8).';
CREATE OR REPLACE TRIGGER bookings_take_places
    AFTER INSERT OR DELETE OR UPDATE OF booking_status ON bookings
    FOR EACH ROW EXECUTE FUNCTION count_class_places();
