-- The service adds or takes credits with one entry.
-- Lock: the account, made when it is missing.
DROP TYPE IF EXISTS update_credit_balance_result;
CREATE TYPE update_credit_balance_result AS (
    success        boolean,
    transaction_id bigint,
    balance_before bigint,
    balance_after  bigint
);
CREATE OR REPLACE FUNCTION update_credit_balance(
    p_user_id uuid, p_amount int, p_transaction_type text, p_description text DEFAULT NULL,
    p_reference_id uuid DEFAULT NULL, p_reference_type text DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments   jsonb := jsonb_build_object(
        'p_user_id', p_user_id,
        'p_amount', p_amount,
        'p_transaction_type', left(p_transaction_type, 10001),
        'p_description', left(p_description, 10001),
        'p_reference_id', p_reference_id,
        'p_reference_type', left(p_reference_type, 10001));
    v_replay      json;
    v_result      update_credit_balance_result;
    v_description text;
    v_reference   text;
    v_account     credits;
BEGIN
    v_replay := _begin_command('update_credit_balance', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_service();
    PERFORM _require_value('p_user_id', p_user_id);
    PERFORM _check_entry_amount(p_transaction_type, p_amount);
    v_description := _optional_text('p_description', p_description);
    v_reference := _optional_text('p_reference_type', p_reference_type);

    v_account := _lock_account(p_user_id);
    IF p_amount < 0 AND p_transaction_type <> 'session_earning_reversal' THEN
        PERFORM _check_credits(v_account.balance, -p_amount::bigint);
    END IF;

    v_result.transaction_id := _post_entries(
        v_account, p_transaction_type, p_amount, v_description, p_reference_id => p_reference_id, p_reference_type => v_reference);
    PERFORM _audit('update_credit_balance', 'credit_account', p_user_id, jsonb_build_object(
        'transaction_id', v_result.transaction_id, 'type', p_transaction_type, 'credits', p_amount));

    v_result.success := true;
    v_result.balance_before := v_account.balance;
    v_result.balance_after := v_account.balance + p_amount;
    RETURN _finish_command('update_credit_balance', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION update_credit_balance FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION update_credit_balance TO service_role;
COMMENT ON FUNCTION update_credit_balance IS
'Adds credits to a person or takes some, with one entry of the ledger; the account is made by the first. For the service.
p_user_id: uuid of a person with a profile. p_amount: signed integer of credits, not 0, of the sign of its type. p_transaction_type: one of session_earning (+), refund (+), credit_purchase (+), bonus (+), session_payment (-), session_earning_reversal (-), expiry (-), adjustment (either). p_description: text of at most 10000 characters. p_reference_id: uuid of what it is about. p_reference_type: text that says what that is. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, transaction_id, balance_before, balance_after}. Only a session_earning_reversal may end below 0: a debt, which blocks spending until it is earned back.
Raises: invalid_input, not_authenticated, not_allowed, not_found, insufficient_credits (required, available), idempotency_conflict.
Rule: contract, section 6.';
