-- An account that differs from its ledger: an adjustment takes the ledger to the balance that the account shows, and the totals are counted anew.
-- An account whose row is lost shows no balance: it is made again from the ledger.
-- Rules: history is never edited; a ledger that is broken in itself is left as it is. Lock: the account.
DROP TYPE IF EXISTS repair_credit_account_result;
CREATE TYPE repair_credit_account_result AS (
    success        boolean,
    repaired       boolean,
    transaction_id bigint,
    amount         bigint,
    balance_after  bigint
);
CREATE OR REPLACE FUNCTION repair_credit_account(p_user_id uuid, p_reason text, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_user_id', p_user_id, 'p_reason', left(p_reason, 10001));
    v_replay    json;
    v_result    repair_credit_account_result;
    v_reason    text;
    v_lost      boolean;
    v_account   credits;
    v_ledger    credits;
BEGIN
    v_replay := _begin_command('repair_credit_account', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_service();
    PERFORM _require_value('p_user_id', p_user_id);
    v_reason := _require_text('p_reason', p_reason);

    v_lost := NOT EXISTS (SELECT FROM credits c WHERE c.user_id = p_user_id);
    IF v_lost AND NOT EXISTS (SELECT FROM credit_transactions t WHERE t.user_id = p_user_id) THEN
        -- No account is a balance of 0.
        PERFORM _require_person(p_user_id);
        v_result := (true, false, NULL, 0, 0);
        RETURN _finish_command('repair_credit_account', p_idempotency_key, v_arguments, to_json(v_result));
    END IF;
    v_account := _lock_account(p_user_id);
    v_ledger := _account_of_ledger(p_user_id);
    v_ledger.updated_at := coalesce(v_ledger.updated_at, least(v_account.updated_at, now()));
    IF v_lost THEN
        -- It shows nothing, not 0: it comes back as its ledger says.
        v_account.balance := v_ledger.balance;
    END IF;
    v_result.repaired := (v_account.balance, v_account.total_earned, v_account.total_spent, v_account.last_entry, v_account.updated_at)
        IS DISTINCT FROM (v_ledger.balance, v_ledger.total_earned, v_ledger.total_spent, v_ledger.last_entry, v_ledger.updated_at);
    IF v_result.repaired THEN
        PERFORM _check_repairable(v_account, v_ledger);
    END IF;
    v_result.amount := v_account.balance - v_ledger.balance;
    v_result.balance_after := v_account.balance;
    IF v_result.repaired THEN
        UPDATE credits c
        SET balance = v_ledger.balance, total_earned = v_ledger.total_earned, total_spent = v_ledger.total_spent,
            last_entry = v_ledger.last_entry, updated_at = v_ledger.updated_at
        WHERE c.user_id = p_user_id;
        IF v_result.amount <> 0 THEN
            v_result.transaction_id := _post_entries(v_ledger, 'adjustment', v_result.amount::integer, v_reason);
        END IF;
        PERFORM _audit('repair_credit_account', 'credit_account', p_user_id, jsonb_build_object(
            'transaction_id', v_result.transaction_id, 'credits', v_result.amount));
    END IF;

    v_result.success := true;
    RETURN _finish_command('repair_credit_account', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION repair_credit_account FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION repair_credit_account TO service_role;
COMMENT ON FUNCTION repair_credit_account IS
'Brings a ledger of credits to the balance that its account shows, with an adjustment, and counts the account''s totals anew; an account that agrees with its ledger is left alone, one whose row is lost is made again from the ledger. For the service.
p_user_id: uuid of a person with a profile. p_reason: text of at most 10000 characters, kept in the adjustment. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, repaired, transaction_id (may be NULL), amount, balance_after}; amount is what the adjustment added, in credits, 0 without one.
Raises: invalid_input, not_authenticated, not_allowed, not_found, invalid_state (the ledger is broken in itself, or no adjustment leads to the balance), idempotency_conflict.
Rule: contract, section 6, and invariant I3.';
