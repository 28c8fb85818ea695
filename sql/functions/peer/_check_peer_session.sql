-- Whether a session is the peer session that a caller means to pay. Error: invalid_input, naming what differs.
CREATE OR REPLACE FUNCTION _check_peer_session(
    p_session client_sessions, p_client_id uuid, p_practitioner_id uuid, p_duration_minutes integer
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_parameter text := CASE
        WHEN NOT p_session.is_peer_booking THEN 'p_session_id'
        WHEN p_session.client_id <> p_client_id THEN 'p_client_id'
        WHEN p_session.therapist_id <> p_practitioner_id THEN 'p_practitioner_id'
        WHEN p_session.duration_minutes <> p_duration_minutes THEN 'p_duration_minutes' END;
BEGIN
    IF v_parameter = 'p_client_id' AND caller_id() IS NOT NULL THEN
        PERFORM _fail('not_allowed', 'Only the client pays for a session');
    END IF;
    IF v_parameter IS NOT NULL THEN
        PERFORM _fail('invalid_input', v_parameter || ' is not that of a peer session to be paid', jsonb_build_object('parameter', v_parameter));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _check_peer_session FROM PUBLIC, anon, authenticated, service_role;
