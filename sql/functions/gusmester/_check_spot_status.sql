-- The spot is in the state a command starts from. Error: spot_not_available.
CREATE OR REPLACE FUNCTION _check_spot_status(p_spot guest_spots, p_status text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_spot.status <> p_status THEN
        PERFORM _fail('spot_not_available', format('This spot is not available (status: %s)', p_spot.status),
                      jsonb_build_object('status', p_spot.status));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_spot_status FROM PUBLIC, anon, authenticated, service_role;
