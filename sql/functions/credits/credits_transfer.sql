-- Credits go from one person to another: two entries with one transfer_id.
-- Rules: end users send their own, where the setting lets them. Locks: both accounts in id order, made when they are missing.
DROP TYPE IF EXISTS credits_transfer_result;
CREATE TYPE credits_transfer_result AS (
    success            boolean,
    transfer_id        uuid,
    from_balance_after bigint,
    to_balance_after   bigint
);
CREATE OR REPLACE FUNCTION credits_transfer(
    p_from_user_id uuid, p_to_user_id uuid, p_amount int, p_description text DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments   jsonb := jsonb_build_object(
        'p_from_user_id', p_from_user_id,
        'p_to_user_id', p_to_user_id,
        'p_amount', p_amount,
        'p_description', left(p_description, 10001));
    v_replay      json;
    v_result      credits_transfer_result;
    v_description text;
    v_from        credits;
    v_to          credits;
BEGIN
    v_replay := _begin_command('credits_transfer', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    IF caller_id() IS NOT NULL THEN
        PERFORM _check_user_transfer(p_from_user_id);
    END IF;
    IF p_from_user_id IS NULL OR p_to_user_id IS NULL THEN
        PERFORM _require_value('p_from_user_id', p_from_user_id);
        PERFORM _require_value('p_to_user_id', p_to_user_id);
    END IF;
    IF p_from_user_id = p_to_user_id THEN
        PERFORM _fail('invalid_input', 'p_to_user_id is who sends it', '{"parameter": "p_to_user_id"}', 'Transfer to somebody else.');
    END IF;
    IF p_amount IS NULL OR p_amount <= 0 THEN
        PERFORM _require_positive('p_amount', p_amount);
    END IF;
    v_description := _optional_text('p_description', p_description);

    IF p_from_user_id < p_to_user_id THEN
        v_from := _lock_account(p_from_user_id);
        v_to := _lock_account(p_to_user_id);
    ELSE
        v_to := _lock_account(p_to_user_id);
        v_from := _lock_account(p_from_user_id);
    END IF;
    PERFORM _check_credits(v_from.balance, p_amount);

    v_result.transfer_id := _new_id();
    PERFORM _post_entries(
        v_from, 'transfer', -p_amount, v_description,
        p_transfer_id => v_result.transfer_id, p_other => v_to, p_other_type => 'transfer');
    PERFORM _audit('credits_transfer', 'credit_transfer', v_result.transfer_id, jsonb_build_object(
        'from_user_id', p_from_user_id, 'to_user_id', p_to_user_id, 'credits', p_amount));

    v_result.success := true;
    v_result.from_balance_after := v_from.balance - p_amount;
    v_result.to_balance_after := v_to.balance + p_amount;
    RETURN _finish_command('credits_transfer', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION credits_transfer FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION credits_transfer TO authenticated, service_role;
COMMENT ON FUNCTION credits_transfer IS
'Credits go from one person to another: two entries of the ledger that sum to 0. End users send their own, and only where settings.allow_user_transfers lets them.
p_from_user_id: uuid of who gives. p_to_user_id: uuid of who gets, somebody else. p_amount: whole number of credits above 0. p_description: text of at most 10000 characters, kept in both entries. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, transfer_id, from_balance_after, to_balance_after}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, insufficient_credits (required, available), idempotency_conflict.
Rule: contract, section 6.';
