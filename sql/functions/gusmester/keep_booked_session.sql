-- A session with a booked spot is cancelled by cancel_gus_session(), which gives the points back, not by an UPDATE;
-- and it becomes private only while its spot is still the host's, for a spot that comes again could be rewarded again.
-- Error: invalid_state.
CREATE OR REPLACE FUNCTION keep_booked_session() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_spot guest_spots;
BEGIN
    PERFORM _require_read_committed();
    v_spot := _lock_guest_spot(NEW.id);
    IF NEW.status = 'cancelled' AND OLD.status <> 'cancelled' AND v_spot.status IN ('booked_by_host', 'booked_by_gusmester') THEN
        PERFORM _fail('invalid_state', 'This session has a booking', jsonb_build_object('status', v_spot.status),
                      'Call cancel_gus_session() while the session is active: it gives the points back.');
    END IF;
    IF NEW.is_private AND NOT OLD.is_private AND v_spot.id IS NOT NULL THEN
        IF v_spot.ever_booked OR v_spot.released_at IS NOT NULL OR v_spot.points_earned OR v_spot.status <> 'reserved_for_host' THEN
            PERFORM _fail('invalid_state', 'The guest spot of this session has been released or booked',
                          jsonb_build_object('status', v_spot.status), 'Make another session for the private event.');
        END IF;
        DELETE FROM guest_spots g WHERE g.id = v_spot.id;
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION keep_booked_session FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION keep_booked_session IS
'Trigger: refuses an UPDATE that would cancel a session over its booking or make it private over its released spot. Raises: invalid_state.';
CREATE OR REPLACE TRIGGER sessions_keep_booking
    BEFORE UPDATE OF status, is_private ON sessions
    FOR EACH ROW EXECUTE FUNCTION keep_booked_session();
