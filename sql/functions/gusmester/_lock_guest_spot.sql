-- Lock (1), after the session: its guest spot. NULL when there is none.
CREATE OR REPLACE FUNCTION _lock_guest_spot(p_session_id uuid) RETURNS guest_spots
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_spot guest_spots;
BEGIN
    SELECT * INTO v_spot FROM guest_spots g WHERE g.session_id = p_session_id FOR NO KEY UPDATE;
    RETURN v_spot;
END
$$;
REVOKE ALL ON FUNCTION _lock_guest_spot FROM PUBLIC, anon, authenticated, service_role;
