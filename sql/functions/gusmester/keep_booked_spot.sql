-- A spot that was ever booked is not deleted, and so neither is its session (I1). Error: invalid_state.
CREATE OR REPLACE FUNCTION keep_booked_spot() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        NEW.ever_booked := true;
        RETURN NEW;
    END IF;
    PERFORM _fail('invalid_state', 'A session that was ever booked is cancelled, not deleted',
                  jsonb_build_object('status', OLD.status), 'Call cancel_gus_session().');
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION keep_booked_spot FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION keep_booked_spot IS
'Trigger: remembers that a guest spot was booked, and refuses to delete one that ever was. Raises: invalid_state.';
CREATE OR REPLACE TRIGGER guest_spots_remember_booking
    BEFORE INSERT OR UPDATE OF status ON guest_spots
    FOR EACH ROW WHEN (NEW.status IN ('booked_by_host', 'booked_by_gusmester') AND NOT NEW.ever_booked)
    EXECUTE FUNCTION keep_booked_spot();
CREATE OR REPLACE TRIGGER guest_spots_keep_booked
    BEFORE DELETE ON guest_spots
    FOR EACH ROW WHEN (OLD.ever_booked) EXECUTE FUNCTION keep_booked_spot();
