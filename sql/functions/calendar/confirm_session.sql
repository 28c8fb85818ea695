-- A therapist confirms a session.
-- Rules: the therapist or the service; from scheduled. Lock: the session.
DROP TYPE IF EXISTS confirm_session_result;
CREATE TYPE confirm_session_result AS (
    success    boolean,
    session_id uuid,
    status     text
);
CREATE OR REPLACE FUNCTION confirm_session(p_session_id uuid, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_session_id', p_session_id);
    v_replay    json;
    v_result    confirm_session_result;
BEGIN
    v_replay := _begin_command('confirm_session', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_result.status := _step_session(p_session_id, 'confirm_session', ARRAY['scheduled'], 'confirmed', false);

    v_result.success := true;
    v_result.session_id := p_session_id;
    RETURN _finish_command('confirm_session', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION confirm_session FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION confirm_session TO authenticated, service_role;
COMMENT ON FUNCTION confirm_session IS
'The therapist, or the service, confirms a scheduled session.
p_session_id: uuid. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, session_id, status (client_sessions.status)}.
Raises: invalid_input, not_authenticated, not_found, not_allowed (the client), invalid_state (status), idempotency_conflict.
Rule: contract, section 7.';
