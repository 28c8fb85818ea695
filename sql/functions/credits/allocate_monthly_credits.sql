-- Credits for a period of a subscription, once: the same period again returns the first allocation.
-- Rules: a subscription that is a row is its user's alone. Locks: the subscription, the account.
DROP TYPE IF EXISTS allocate_monthly_credits_result;
CREATE TYPE allocate_monthly_credits_result AS (
    success       boolean,
    allocation_id uuid,
    allocated     boolean,
    balance_after bigint
);
CREATE OR REPLACE FUNCTION allocate_monthly_credits(
    p_user_id uuid, p_subscription_id uuid, p_amount int, p_allocation_type text DEFAULT 'monthly',
    p_period_start timestamptz DEFAULT NULL, p_period_end timestamptz DEFAULT NULL, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments    jsonb := jsonb_build_object(
        'p_user_id', p_user_id,
        'p_subscription_id', p_subscription_id,
        'p_amount', p_amount,
        'p_allocation_type', left(p_allocation_type, 10001),
        'p_period_start', p_period_start,
        'p_period_end', p_period_end);
    v_replay       json;
    v_result       allocate_monthly_credits_result;
    v_type         text;
    v_period_start timestamptz := coalesce(p_period_start, date_trunc('month', now()));
    v_period_end   timestamptz;
    v_subscription subscriptions;
    v_allocation   credit_allocation_outcome;
BEGIN
    v_replay := _begin_command('allocate_monthly_credits', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_service();
    PERFORM _require_value('p_user_id', p_user_id);
    PERFORM _require_positive('p_amount', p_amount);
    v_type := _require_text('p_allocation_type', p_allocation_type, 100);
    PERFORM _require_instant('p_period_start', v_period_start);
    v_period_end := coalesce(p_period_end, v_period_start + interval '1 month');
    PERFORM _require_instant('p_period_end', v_period_end);
    IF v_period_end <= v_period_start THEN
        PERFORM _fail('invalid_input', 'p_period_end is not after the start', '{"parameter": "p_period_end"}');
    END IF;
    IF p_subscription_id = '00000000-0000-0000-0000-000000000000' THEN
        PERFORM _fail('invalid_input', 'p_subscription_id is the nil uuid', '{"parameter": "p_subscription_id"}', 'Without a subscription it is NULL.');
    END IF;

    SELECT * INTO v_subscription FROM subscriptions s WHERE s.id = p_subscription_id FOR NO KEY UPDATE;
    IF FOUND AND v_subscription.user_id IS DISTINCT FROM p_user_id THEN
        PERFORM _fail('invalid_input', 'p_subscription_id is not bound to p_user_id', '{"parameter": "p_subscription_id"}',
                      'Bind the subscription to its user first.');
    END IF;

    v_allocation := _allocate_credits(p_user_id, p_subscription_id, p_amount, v_type, v_period_start, v_period_end);
    IF v_allocation.allocation_id IS NULL THEN
        PERFORM _fail('invalid_input', 'This period overlaps one that was allocated before', '{"parameter": "p_period_start"}');
    END IF;
    IF v_allocation.allocated THEN
        PERFORM _audit('allocate_monthly_credits', 'credit_allocation', v_allocation.allocation_id, jsonb_build_object(
            'user_id', p_user_id, 'subscription_id', p_subscription_id, 'credits', p_amount));
    END IF;

    v_result.success := true;
    v_result.allocation_id := v_allocation.allocation_id;
    v_result.allocated := v_allocation.allocated;
    v_result.balance_after := v_allocation.balance_after;
    RETURN _finish_command('allocate_monthly_credits', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION allocate_monthly_credits FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION allocate_monthly_credits TO service_role;
COMMENT ON FUNCTION allocate_monthly_credits IS
'Gives a user the credits of a subscription for one period, once: the same period again changes nothing and returns the first allocation. For the service.
p_user_id: uuid of a person with a profile. p_subscription_id: uuid or NULL; the credits of one subscription are told from those of another by it, and one in the table subscriptions is bound to this user. p_amount: whole number of credits above 0. p_allocation_type: text of at most 100 characters; each type is allocated by itself. p_period_start: instant, default the start of this UTC month. p_period_end: instant after it, default one month later. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, allocation_id, allocated, balance_after}. allocated is false when the period had its allocation; balance_after is the balance right after the allocation was made.
Raises: invalid_input, not_authenticated, not_allowed, not_found, idempotency_conflict.
Rule: contract, section 6.';
