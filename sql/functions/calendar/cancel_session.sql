-- Either party cancels a session before its start, the service at any time.
-- The modules that took credits for it give them back by _<module>_refund_session(session), which knows its own sessions.
-- Locks: the session, the accounts.
DROP TYPE IF EXISTS cancel_session_result;
CREATE TYPE cancel_session_result AS (
    success          boolean,
    session_id       uuid,
    refunded_credits bigint
);
CREATE OR REPLACE FUNCTION cancel_session(p_session_id uuid, p_reason text DEFAULT NULL, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_session_id', p_session_id, 'p_reason', left(p_reason, 10001));
    v_replay    json;
    v_result    cancel_session_result;
    v_reason    text;
    v_session   client_sessions;
BEGIN
    v_replay := _begin_command('cancel_session', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_reason := _optional_text('p_reason', p_reason);
    v_session := _lock_session_of_caller(p_session_id);
    PERFORM _check_session_blocks(v_session);
    PERFORM _check_before_start(v_session);

    v_result.refunded_credits := _refund_session(v_session);
    v_session := _mark_session_cancelled(v_session.id, v_reason);
    PERFORM _tell_cancellation(v_session, v_result.refunded_credits);
    PERFORM _audit('cancel_session', 'session', v_session.id, jsonb_build_object('credits', v_result.refunded_credits));

    v_result.success := true;
    v_result.session_id := v_session.id;
    RETURN _finish_command('cancel_session', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION cancel_session FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION cancel_session TO authenticated, service_role;
COMMENT ON FUNCTION cancel_session IS
'Cancels a session: either party before its start, the service at any time. A client gets the credits back more than settings.session_cancel_notice (24 hours) before the start, later it is cancelled without; when the therapist or the service cancels, and for peer sessions, they always come back. Both are notified.
p_session_id: uuid of a scheduled, confirmed or in_progress session of one''s own. p_reason: text of at most 10000 characters. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, session_id, refunded_credits}.
Raises: invalid_input, not_authenticated, not_found, invalid_state (status), too_late (deadline), idempotency_conflict.
Rule: contract, section 7.';
