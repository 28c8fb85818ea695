-- The four notifications of a paid peer session, and the order of its room.
CREATE OR REPLACE FUNCTION _tell_peer_booking(p_session client_sessions) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM _tell_session(
        p_session, '{peer_booking_confirmed_client, peer_credits_deducted}', '{peer_booking_confirmed_practitioner, peer_credits_earned}',
        jsonb_build_object('credit_cost', p_session.credit_cost), p_with_room => true);
END
$$;
REVOKE ALL ON FUNCTION _tell_peer_booking FROM PUBLIC, anon, authenticated, service_role;
