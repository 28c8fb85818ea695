-- Unusual patterns of credits between two instants, one row per person and pattern; a reason to look, not a proof.
-- An account's entries are numbered without gaps and their times never run backwards, so they are walked from the last one
-- back to p_from: what is read is what happened since then, however long the ledger. There is no index on the time.
-- Planned anew for each call: a plan made for a small ledger would read the whole of a large one.
CREATE OR REPLACE FUNCTION credit_patterns(p_from timestamptz, p_to timestamptz)
RETURNS TABLE (pattern text, user_id uuid, value bigint, details jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET plan_cache_mode TO force_custom_plan
AS $$
DECLARE
    -- From so many of one person on, refunds, reversals and adjustments are many.
    c_many     CONSTANT bigint := 5;
    -- Refunds and reversals are many only as more than this share of what they undo.
    c_share    CONSTANT numeric := 0.5;
    -- So many allocations are named in details, newest first.
    c_examples CONSTANT integer := 10;
    -- So many rows at most, the most striking ones of each pattern.
    c_rows     CONSTANT integer := 1000;
BEGIN
    PERFORM _require_service();
    PERFORM _require_instant('p_from', p_from);
    PERFORM _require_instant('p_to', p_to);
    RETURN QUERY
    -- LIMIT 1: each entry is looked up in the index by itself; as a join, every step might read the whole ledger.
    WITH RECURSIVE walk AS (
        SELECT l.id, l.user_id, l.entry_number, l.transaction_type, l.amount, l.balance_before, l.balance_after, l.reference_type, l.created_at
        FROM credits c
        CROSS JOIN LATERAL (SELECT * FROM credit_transactions t WHERE t.user_id = c.user_id AND t.entry_number = c.last_entry LIMIT 1) l
        WHERE c.updated_at >= p_from
        UNION ALL
        SELECT l.id, l.user_id, l.entry_number, l.transaction_type, l.amount, l.balance_before, l.balance_after, l.reference_type, l.created_at
        FROM walk w
        CROSS JOIN LATERAL (
            SELECT * FROM credit_transactions t WHERE t.user_id = w.user_id AND t.entry_number = w.entry_number - 1 LIMIT 1) l
        WHERE l.created_at >= p_from
    ), entries AS (
        SELECT w.*, w.reference_type IS NOT DISTINCT FROM 'monthly_allocation' AS is_allocation FROM walk w WHERE w.created_at < p_to
    ), people AS (
        SELECT e.user_id,
               count(*) FILTER (WHERE e.transaction_type = 'session_payment') AS payments,
               count(*) FILTER (WHERE e.transaction_type = 'refund') AS refunds,
               sum(e.amount) FILTER (WHERE e.transaction_type = 'refund') AS refunded,
               count(*) FILTER (WHERE e.transaction_type = 'session_earning' AND NOT e.is_allocation) AS earnings,
               count(*) FILTER (WHERE e.transaction_type = 'session_earning_reversal') AS reversals,
               -sum(e.amount) FILTER (WHERE e.transaction_type = 'session_earning_reversal') AS reversed,
               count(*) FILTER (WHERE e.transaction_type = 'adjustment') AS adjustments,
               sum(e.amount) FILTER (WHERE e.transaction_type = 'adjustment') AS adjusted,
               (array_agg(e.balance_before ORDER BY e.entry_number))[1] AS balance_before,
               (array_agg(e.balance_after ORDER BY e.entry_number DESC))[1] AS balance_after
        FROM entries e
        GROUP BY e.user_id
    ), allocations AS (
        SELECT a.id, a.user_id, a.amount, a.transaction_id, k.kind
        FROM entries e
        JOIN credit_allocations a ON a.transaction_id = e.id
        LEFT JOIN subscriptions s ON s.id = a.subscription_id
        CROSS JOIN LATERAL (VALUES
            ('allocation_without_payment', NOT EXISTS (SELECT FROM payment_events p WHERE p.allocation_id = a.id)),
            -- A subscription that is kept by hand does not say when it was canceled.
            ('allocation_after_cancellation', s.status = 'canceled' AND coalesce(a.period_start >= s.status_at, true))
        ) AS k (kind, is_so)
        WHERE e.is_allocation AND k.is_so
    ), found AS (
        SELECT f.pattern, p.user_id, f.value, f.details
        FROM people p
        CROSS JOIN LATERAL (VALUES
            ('many_refunds', p.refunds, p.refunds >= c_many AND p.refunds > c_share * p.payments,
             jsonb_build_object('payments', p.payments, 'credits', p.refunded)),
            ('many_reversals', p.reversals, p.reversals >= c_many AND p.reversals > c_share * p.earnings,
             jsonb_build_object('earnings', p.earnings, 'credits', p.reversed)),
            ('many_adjustments', p.adjustments, p.adjustments >= c_many, jsonb_build_object('credits', p.adjusted)),
            ('growing_debt', p.balance_after, p.balance_after < least(p.balance_before, 0),
             jsonb_build_object('balance_before', p.balance_before))
        ) AS f (pattern, value, is_so, details)
        WHERE f.is_so
        UNION ALL
        SELECT a.kind, a.user_id, sum(a.amount)::bigint,
               jsonb_build_object('allocations', count(*),
                                  'allocation_ids', (array_agg(a.id ORDER BY a.transaction_id DESC))[1:c_examples])
        FROM allocations a
        GROUP BY a.kind, a.user_id
    ), ranked AS (
        SELECT f.*, row_number() OVER (PARTITION BY f.pattern ORDER BY abs(f.value) DESC, f.user_id) AS place FROM found f
    ), striking AS (
        SELECT r.* FROM ranked r ORDER BY r.place, r.pattern LIMIT c_rows
    )
    SELECT s.pattern, s.user_id, s.value, s.details FROM striking s ORDER BY s.pattern, s.place;
END
$$;
REVOKE ALL ON FUNCTION credit_patterns FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION credit_patterns TO service_role;
COMMENT ON FUNCTION credit_patterns IS
'Lists unusual patterns of credits in [p_from, p_to), one row per person and pattern, at most 1000: the most striking ones of each. A reason to look, not a proof. For the service.
p_from, p_to: instants within [2000-01-01, 2100-01-01).
Returns: pattern, user_id, value (a count, or credits), details (what else was counted). many_refunds: 5 or more, and more than half as many as payments. many_reversals: 5 or more, and more than half as many as earnings. many_adjustments: 5 or more. growing_debt: the balance is below 0 and lower than at p_from. allocation_without_payment: credits of a subscription that no payment event tells of, as when given by hand. allocation_after_cancellation: credits for a period that began when the subscription was canceled.
Raises: not_authenticated, not_allowed, invalid_input.
Rule: contract, section 6.';
