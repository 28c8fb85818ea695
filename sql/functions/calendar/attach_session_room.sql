-- The service stores where a session takes place online. Lock: the session.
DROP TYPE IF EXISTS attach_session_room_result;
CREATE TYPE attach_session_room_result AS (
    success    boolean,
    session_id uuid,
    room_url   text
);
CREATE OR REPLACE FUNCTION attach_session_room(p_session_id uuid, p_room_url text, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_session_id', p_session_id, 'p_room_url', left(p_room_url, 10001));
    v_replay    json;
    v_result    attach_session_room_result;
    v_session   client_sessions;
BEGIN
    v_replay := _begin_command('attach_session_room', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_service();
    v_result.room_url := _require_text('p_room_url', p_room_url);
    IF v_result.room_url !~* '^https?://[^/[:space:]]+' THEN
        PERFORM _fail('invalid_input', 'p_room_url is not a web address', '{"parameter": "p_room_url"}', 'Give one that begins with https://.');
    END IF;
    v_session := _lock_session_of_caller(p_session_id);
    PERFORM _check_session_blocks(v_session);
    IF v_result.room_url IS DISTINCT FROM v_session.room_url THEN
        UPDATE client_sessions s SET room_url = v_result.room_url WHERE s.id = v_session.id;
        PERFORM _audit('attach_session_room', 'session', v_session.id);
    END IF;

    v_result.success := true;
    v_result.session_id := v_session.id;
    RETURN _finish_command('attach_session_room', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION attach_session_room FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION attach_session_room TO service_role;
COMMENT ON FUNCTION attach_session_room IS
'Stores the address of the online room of a session. For the service.
p_session_id: uuid of a scheduled, confirmed or in_progress session. p_room_url: http or https address of at most 10000 characters. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, session_id, room_url}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, invalid_state (status), idempotency_conflict.
Rule: contract, section 7.';
