-- Both people learn of a cancelled session and of what came back.
CREATE OR REPLACE FUNCTION _tell_cancellation(p_session client_sessions, p_refunded_credits bigint) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_type text := CASE WHEN p_session.is_peer_booking AND p_refunded_credits > 0 THEN 'peer_booking_cancelled_refunded' ELSE 'booking_cancelled' END;
BEGIN
    PERFORM _tell_session(p_session, ARRAY[v_type], ARRAY[v_type], jsonb_build_object(
        'refunded_credits', p_refunded_credits, 'cancelled_by', p_session.cancelled_by, 'reason', p_session.cancellation_reason));
END
$$;
REVOKE ALL ON FUNCTION _tell_cancellation FROM PUBLIC, anon, authenticated, service_role;
