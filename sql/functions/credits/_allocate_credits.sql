-- I7: credits for a period, once per user, subscription, type and period. Returns the allocation, made now or before;
-- no allocation_id where the period overlaps another one.
-- Lock (2): the account, under which nobody else allocates to this user. Error: not_found (no such person).
DROP TYPE IF EXISTS credit_allocation_outcome;
CREATE TYPE credit_allocation_outcome AS (
    allocation_id uuid,
    allocated     boolean,
    balance_after bigint
);
CREATE OR REPLACE FUNCTION _allocate_credits(
    p_user_id uuid, p_subscription_id uuid, p_amount integer, p_type text, p_period_start timestamptz, p_period_end timestamptz
) RETURNS credit_allocation_outcome
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_outcome credit_allocation_outcome;
    v_account credits := _lock_account(p_user_id);
    v_other   credit_allocations;
    v_entry   bigint;
BEGIN
    -- Of several that overlap, the very same period answers.
    SELECT * INTO v_other FROM credit_allocations a
    WHERE a.user_id = p_user_id
      AND a.subscription_id IS NOT DISTINCT FROM p_subscription_id
      AND a.allocation_type = p_type
      AND a.period_start < p_period_end AND a.period_end > p_period_start
    ORDER BY (a.period_start, a.period_end) <> (p_period_start, p_period_end)
    LIMIT 1;
    IF NOT FOUND THEN
        v_outcome.allocation_id := _new_id();
        v_outcome.allocated := true;
        v_outcome.balance_after := v_account.balance + p_amount;
        v_entry := _post_entries(
            v_account, 'session_earning', p_amount, 'Credits of the subscription',
            p_reference_id => v_outcome.allocation_id, p_reference_type => 'monthly_allocation');
        INSERT INTO credit_allocations (id, user_id, subscription_id, amount, allocation_type, period_start, period_end, transaction_id)
        VALUES (v_outcome.allocation_id, p_user_id, p_subscription_id, p_amount, p_type, p_period_start, p_period_end, v_entry);
    ELSIF (v_other.period_start, v_other.period_end) = (p_period_start, p_period_end) THEN
        v_outcome.allocation_id := v_other.id;
        v_outcome.allocated := false;
        v_outcome.balance_after := (SELECT t.balance_after FROM credit_transactions t WHERE t.id = v_other.transaction_id);
    END IF;
    RETURN v_outcome;
END
$$;
REVOKE ALL ON FUNCTION _allocate_credits FROM PUBLIC, anon, authenticated, service_role;
