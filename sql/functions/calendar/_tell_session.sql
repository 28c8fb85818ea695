-- Queues notifications of a session, in one go: to its client and to its therapist one of each type, with what else is to be told;
-- for a video session also the order of its room.
CREATE OR REPLACE FUNCTION _tell_session(
    p_session client_sessions, p_client_types text[], p_therapist_types text[], p_more jsonb DEFAULT '{}', p_with_room boolean DEFAULT false
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_payload   jsonb := _session_payload(p_session) || p_more;
    v_client    jsonb := jsonb_build_object(
        'therapist_id', p_session.therapist_id, 'session_id', p_session.id,
        'user_id', p_session.client_id, 'payload', v_payload || '{"role": "client"}');
    v_therapist jsonb := v_client || jsonb_build_object('user_id', p_session.therapist_id, 'payload', v_payload || '{"role": "therapist"}');
    v_rows      jsonb := jsonb '[]';
    v_type      text;
BEGIN
    FOREACH v_type IN ARRAY p_client_types LOOP
        v_rows := v_rows || (v_client || jsonb_build_object('type', v_type));
    END LOOP;
    FOREACH v_type IN ARRAY p_therapist_types LOOP
        v_rows := v_rows || (v_therapist || jsonb_build_object('type', v_type));
    END LOOP;
    IF p_with_room AND p_session.session_type = 'video' THEN
        v_rows := v_rows || (v_client || '{"type": "create_video_room"}');
    END IF;
    PERFORM _queue_notifications(v_rows);
END
$$;
REVOKE ALL ON FUNCTION _tell_session FROM PUBLIC, anon, authenticated, service_role;
