-- Whether a practitioner takes peer bookings, new or moved. Error: not_accepting (user_id).
CREATE OR REPLACE FUNCTION _check_accepts_peers(p_practitioner practitioners) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT p_practitioner.accepts_peer_bookings THEN
        PERFORM _fail('not_accepting', 'This practitioner takes no peer bookings', jsonb_build_object('user_id', p_practitioner.user_id));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_accepts_peers FROM PUBLIC, anon, authenticated, service_role;
