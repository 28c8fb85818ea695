-- What a notification tells of a session. No names: they are looked up when it is sent.
CREATE OR REPLACE FUNCTION _session_payload(p_session client_sessions) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN jsonb_build_object(
        'starts_at', p_session.starts_at, 'ends_at', p_session.ends_at, 'timezone', p_session.timezone,
        'session_type', p_session.session_type, 'is_peer_booking', p_session.is_peer_booking,
        'client_id', p_session.client_id, 'therapist_id', p_session.therapist_id);
END
$$;
REVOKE ALL ON FUNCTION _session_payload FROM PUBLIC, anon, authenticated, service_role;
