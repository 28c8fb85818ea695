-- Either party writes the notes of a session; nothing else of it is theirs to edit. Lock: the session.
DROP TYPE IF EXISTS update_session_notes_result;
CREATE TYPE update_session_notes_result AS (
    success    boolean,
    session_id uuid
);
CREATE OR REPLACE FUNCTION update_session_notes(p_session_id uuid, p_notes text, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_session_id', p_session_id, 'p_notes', left(p_notes, 10001));
    v_replay    json;
    v_result    update_session_notes_result;
    v_notes     text;
    v_session   client_sessions;
BEGIN
    v_replay := _begin_command('update_session_notes', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_notes := _optional_text('p_notes', p_notes);
    v_session := _lock_session_of_caller(p_session_id);
    IF v_notes IS DISTINCT FROM v_session.notes THEN
        UPDATE client_sessions s SET notes = v_notes WHERE s.id = v_session.id;
        PERFORM _audit('update_session_notes', 'session', v_session.id);
    END IF;

    v_result.success := true;
    v_result.session_id := v_session.id;
    RETURN _finish_command('update_session_notes', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION update_session_notes FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION update_session_notes TO authenticated, service_role;
COMMENT ON FUNCTION update_session_notes IS
'Either party, or the service, writes the notes of a session, which both parties read.
p_session_id: uuid of a session of one''s own. p_notes: text of at most 10000 characters; NULL or empty removes them. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, session_id}.
Raises: invalid_input, not_authenticated, not_found, idempotency_conflict.
Rule: contract, section 7.';
