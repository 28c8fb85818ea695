-- A therapist records that the client did not come.
-- Rules: the therapist or the service; from scheduled or confirmed, after the start; the credits are kept. Lock: the session.
DROP TYPE IF EXISTS mark_session_no_show_result;
CREATE TYPE mark_session_no_show_result AS (
    success    boolean,
    session_id uuid,
    status     text
);
CREATE OR REPLACE FUNCTION mark_session_no_show(p_session_id uuid, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_session_id', p_session_id);
    v_replay    json;
    v_result    mark_session_no_show_result;
BEGIN
    v_replay := _begin_command('mark_session_no_show', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_result.status := _step_session(p_session_id, 'mark_session_no_show', ARRAY['scheduled', 'confirmed'], 'no_show', true);

    v_result.success := true;
    v_result.session_id := p_session_id;
    RETURN _finish_command('mark_session_no_show', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION mark_session_no_show FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION mark_session_no_show TO authenticated, service_role;
COMMENT ON FUNCTION mark_session_no_show IS
'The therapist, or the service, records that the client of a scheduled or confirmed session did not come, after its start. The credits are kept.
p_session_id: uuid. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, session_id, status (client_sessions.status)}.
Raises: invalid_input, not_authenticated, not_found, not_allowed (the client), invalid_state (status), idempotency_conflict.
Rule: contract, section 7.';
