-- Queues notifications of a session, in one go: to its client and to its therapist one of each type, with what else is to be told;
-- for a video session also the order of its room.
CREATE OR REPLACE FUNCTION _tell_session(
    p_session client_sessions, p_client_types text[], p_therapist_types text[], p_more jsonb DEFAULT '{}', p_with_room boolean DEFAULT false
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_payload      jsonb := _session_payload(p_session) || p_more;
    v_client_types text[] := p_client_types;
    v_clients      integer[];
    v_therapists   integer[] := ARRAY[cardinality(p_therapist_types)];
BEGIN
    IF p_with_room AND p_session.session_type = 'video' THEN
        v_client_types := v_client_types || ARRAY['create_video_room'];
    END IF;
    v_clients := ARRAY[cardinality(v_client_types)];
    PERFORM _queue_for_session(
        p_session.id, p_session.therapist_id, v_client_types || p_therapist_types,
        array_fill(p_session.client_id, v_clients) || array_fill(p_session.therapist_id, v_therapists),
        array_fill(v_payload || '{"role": "client"}', v_clients) || array_fill(v_payload || '{"role": "therapist"}', v_therapists));
END
$$;
REVOKE ALL ON FUNCTION _tell_session FROM PUBLIC, anon, authenticated, service_role;
