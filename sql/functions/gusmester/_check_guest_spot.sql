-- What every spot command wants first: a session with a spot, still active. Errors: not_found, invalid_state.
CREATE OR REPLACE FUNCTION _check_guest_spot(p_session_id uuid, p_session sessions, p_spot guest_spots) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM _require_value('p_session_id', p_session_id);
    PERFORM _check_session_found(p_session_id, p_session);
    IF p_spot.id IS NULL THEN
        PERFORM _fail('not_found', 'No guest spot exists for this session',
                      jsonb_build_object('entity', 'guest_spot', 'id', p_session_id));
    END IF;
    PERFORM _check_session_active(p_session);
END
$$;
REVOKE ALL ON FUNCTION _check_guest_spot FROM PUBLIC, anon, authenticated, service_role;
