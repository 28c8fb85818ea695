-- Either party cancels a paid peer session before its start, the service at any time: exactly what was charged goes back.
-- Locks: the session, then both accounts in id order.
DROP TYPE IF EXISTS process_peer_booking_refund_result;
CREATE TYPE process_peer_booking_refund_result AS (
    success                  boolean,
    session_id               uuid,
    refunded_credits         bigint,
    client_new_balance       bigint,
    practitioner_new_balance bigint
);
CREATE OR REPLACE FUNCTION process_peer_booking_refund(
    p_session_id uuid, p_cancellation_reason text DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_session_id', p_session_id, 'p_cancellation_reason', left(p_cancellation_reason, 10001));
    v_replay    json;
    v_result    process_peer_booking_refund_result;
    v_reason    text;
    v_session   client_sessions;
BEGIN
    v_replay := _begin_command('process_peer_booking_refund', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_reason := _optional_text('p_cancellation_reason', p_cancellation_reason);
    v_session := _lock_session_of_caller(p_session_id);
    IF NOT v_session.is_peer_booking THEN
        PERFORM _fail('invalid_input', 'p_session_id is not that of a peer session', '{"parameter": "p_session_id"}', 'Call cancel_session().');
    END IF;
    PERFORM _check_session_blocks(v_session);
    IF v_session.paid_at IS NULL THEN
        PERFORM _fail('invalid_state', 'This session was never paid for', jsonb_build_object('status', v_session.status), 'Call cancel_session().');
    END IF;
    PERFORM _check_before_start(v_session);

    v_result.refunded_credits := _peer_refund_session(v_session);
    v_session := _mark_session_cancelled(v_session.id, v_reason);
    PERFORM _tell_cancellation(v_session, v_result.refunded_credits);
    PERFORM _audit('process_peer_booking_refund', 'session', v_session.id, jsonb_build_object('credits', v_result.refunded_credits));

    v_result.success := true;
    v_result.session_id := v_session.id;
    v_result.client_new_balance := (SELECT c.balance FROM credits c WHERE c.user_id = v_session.client_id);
    v_result.practitioner_new_balance := (SELECT c.balance FROM credits c WHERE c.user_id = v_session.therapist_id);
    RETURN _finish_command('process_peer_booking_refund', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION process_peer_booking_refund FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION process_peer_booking_refund TO authenticated, service_role;
COMMENT ON FUNCTION process_peer_booking_refund IS
'Cancels a paid peer session: either party before its start, the service at any time. Exactly what was charged goes back to the client, always in full; a practitioner who has spent it is in debt until they earn it back. Both are notified.
p_session_id: uuid of a scheduled, confirmed or in_progress peer session of one''s own. p_cancellation_reason: text of at most 10000 characters. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, session_id, refunded_credits, client_new_balance, practitioner_new_balance}; amounts are credits.
Raises: invalid_input, not_authenticated, not_found, invalid_state (status), too_late (deadline), idempotency_conflict.
Rule: contract, section 7.';
