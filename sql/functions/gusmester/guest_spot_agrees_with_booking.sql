-- I1: at commit a spot is booked_by_gusmester exactly while its session has an active booking.
-- Deferred: a command changes the spot and the booking one after the other.
-- Asks for cancelled_at, not status: on an empty table the two partial indexes cost alike and the planner takes, and keeps, the wrong one.
CREATE OR REPLACE FUNCTION guest_spot_agrees_with_booking() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_session_id uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.session_id ELSE NEW.session_id END;
BEGIN
    IF EXISTS (SELECT FROM guest_spots g WHERE g.session_id = v_session_id AND g.status = 'booked_by_gusmester')
       <> EXISTS (SELECT FROM gusmester_bookings b WHERE b.session_id = v_session_id AND b.cancelled_at IS NULL) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'The guest spot and the bookings of this session do not agree',
            DETAIL = format('session %s', v_session_id),
            HINT = 'Change them by book_gusmester_spot() and cancel_gusmester_booking().';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION guest_spot_agrees_with_booking FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION guest_spot_agrees_with_booking IS
'Constraint trigger: at commit a guest spot is booked_by_gusmester exactly while its session has an active booking (I1).';
DROP TRIGGER IF EXISTS guest_spot_agrees_with_booking ON guest_spots;
CREATE CONSTRAINT TRIGGER guest_spot_agrees_with_booking
    AFTER INSERT OR DELETE OR UPDATE OF status, session_id ON guest_spots
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION guest_spot_agrees_with_booking();
DROP TRIGGER IF EXISTS booking_agrees_with_guest_spot ON gusmester_bookings;
CREATE CONSTRAINT TRIGGER booking_agrees_with_guest_spot
    AFTER INSERT OR DELETE OR UPDATE OF status, session_id ON gusmester_bookings
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION guest_spot_agrees_with_booking();
