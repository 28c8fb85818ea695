-- A spot booked for a host's guest is the host's again and forgets the guest. Locked by the caller.
CREATE OR REPLACE FUNCTION _take_guest_spot_back(p_spot guest_spots) RETURNS guest_spots
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE guest_spots g
    SET status = 'reserved_for_host', guest_name = NULL, guest_email = NULL, guest_phone = NULL
    WHERE g.id = p_spot.id;
    RETURN _settle_guest_spot(p_spot.session_id);
END
$$;
REVOKE ALL ON FUNCTION _take_guest_spot_back FROM PUBLIC, anon, authenticated, service_role;
