-- Pays a peer session that the service made without payment; a second call returns the first charge.
-- Checks: caller, key, input, session, lock, money. Locks: the session, then both accounts in id order.
DROP TYPE IF EXISTS process_peer_booking_credits_result;
CREATE TYPE process_peer_booking_credits_result AS (
    success                     boolean,
    session_id                  uuid,
    credit_cost                 integer,
    client_balance_before       bigint,
    client_balance_after        bigint,
    practitioner_balance_before bigint,
    practitioner_balance_after  bigint
);
CREATE OR REPLACE FUNCTION process_peer_booking_credits(
    p_client_id uuid, p_practitioner_id uuid, p_session_id uuid, p_duration_minutes int, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments    jsonb := jsonb_build_object(
        'p_client_id', p_client_id, 'p_practitioner_id', p_practitioner_id, 'p_session_id', p_session_id,
        'p_duration_minutes', p_duration_minutes);
    v_replay       json;
    v_result       process_peer_booking_credits_result;
    v_client_id    uuid;
    v_session      client_sessions;
    v_paid         peer_payment;
BEGIN
    v_replay := _begin_command('process_peer_booking_credits', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    v_client_id := _acting_person('p_client_id', p_client_id);
    PERFORM _require_value('p_practitioner_id', p_practitioner_id);
    PERFORM _require_value('p_duration_minutes', p_duration_minutes);
    v_session := _lock_session_of_caller(p_session_id);
    PERFORM _check_peer_session(v_session, v_client_id, p_practitioner_id, p_duration_minutes);

    IF v_session.paid_at IS NULL THEN
        PERFORM _check_session_blocks(v_session);
        v_paid := _lock_peer_accounts(v_client_id, p_practitioner_id);
        UPDATE client_sessions s
        SET paid_at = now(),
            credit_cost = (SELECT _peer_credit_cost(p, p_duration_minutes) FROM practitioners p WHERE p.user_id = p_practitioner_id)
        WHERE s.id = v_session.id
        RETURNING * INTO STRICT v_session;
        PERFORM _pay_peer_session(v_session, v_paid);
        PERFORM _tell_peer_booking(v_session);
        PERFORM _audit('process_peer_booking_credits', 'session', v_session.id, jsonb_build_object(
            'client_id', v_client_id, 'practitioner_id', p_practitioner_id, 'credits', v_session.credit_cost));
    END IF;

    SELECT t.balance_before, t.balance_after INTO STRICT v_result.client_balance_before, v_result.client_balance_after
    FROM credit_transactions t WHERE t.session_id = v_session.id AND t.transaction_type = 'session_payment';
    SELECT t.balance_before, t.balance_after INTO STRICT v_result.practitioner_balance_before, v_result.practitioner_balance_after
    FROM credit_transactions t WHERE t.session_id = v_session.id AND t.transaction_type = 'session_earning';
    v_result.success := true;
    v_result.session_id := v_session.id;
    v_result.credit_cost := v_session.credit_cost;
    RETURN _finish_command('process_peer_booking_credits', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION process_peer_booking_credits FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION process_peer_booking_credits TO authenticated, service_role;
COMMENT ON FUNCTION process_peer_booking_credits IS
'Pays a peer session that was made without payment, at today''s cost; both are notified. A second call changes nothing and returns the first charge.
p_client_id: uuid of the session''s client, oneself; the service says for whom. p_practitioner_id: uuid of its practitioner. p_session_id: uuid of a peer session of these two. p_duration_minutes: its length. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, session_id, credit_cost, client_balance_before, client_balance_after, practitioner_balance_before, practitioner_balance_after}; amounts are credits, balances those of the charge.
Raises: invalid_input, not_authenticated, not_allowed, not_found, invalid_state (status), insufficient_credits (required, available), idempotency_conflict.
Rule: contract, section 7.';
