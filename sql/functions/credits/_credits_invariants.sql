-- I3, I4 and I7: what is broken now. No rows on a healthy database. Asks also what constraints and triggers promise, for they can be switched off.
CREATE OR REPLACE FUNCTION _credits_invariants() RETURNS TABLE (invariant text, entity text, entity_id text, details jsonb)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    -- I3: an account is what its ledger adds up to; entries are numbered without gaps and each follows the one before.
    SELECT 'I3', 'credit_account', d.user_id::text, jsonb_build_object(
        'problem', d.problem, 'entry_number', d.entry_number, 'expected', d.expected, 'found', d.found)
    FROM _credit_differences(NULL) d
    UNION ALL
    -- I4: what moves between people sums to 0.
    SELECT 'I4', 'credit_transfer', t.transfer_id::text, jsonb_build_object('sum', sum(t.amount), 'entries', count(*))
    FROM credit_transactions t
    WHERE t.transfer_id IS NOT NULL
    GROUP BY t.transfer_id
    HAVING sum(t.amount) <> 0
    UNION ALL
    -- I7: one allocation per period, whoever the subscription was bound to, and the entry that paid it.
    SELECT 'I7', 'credit_allocation', a.id::text, jsonb_build_object('overlaps', b.id)
    FROM credit_allocations a
    JOIN credit_allocations b ON b.user_id = a.user_id
        AND b.subscription_id IS NOT DISTINCT FROM a.subscription_id
        AND b.allocation_type = a.allocation_type
        AND b.id > a.id
        AND b.period_start < a.period_end AND b.period_end > a.period_start
    UNION ALL
    -- A subscription that is kept here is one person's; the ids of other systems are theirs to keep apart.
    SELECT 'I7', 'credit_allocation', a.id::text, jsonb_build_object('overlaps', b.id)
    FROM credit_allocations a
    JOIN subscriptions s ON s.id = a.subscription_id
    JOIN credit_allocations b ON b.subscription_id = a.subscription_id
        AND b.user_id <> a.user_id
        AND b.allocation_type = a.allocation_type
        AND b.id > a.id
        AND b.period_start < a.period_end AND b.period_end > a.period_start
    UNION ALL
    SELECT 'I7', 'credit_allocation', a.id::text, jsonb_build_object('transaction_id', a.transaction_id, 'amount', a.amount, 'entry_amount', t.amount)
    FROM credit_allocations a
    LEFT JOIN credit_transactions t ON t.id = a.transaction_id
    WHERE (t.user_id, t.amount, t.reference_id) IS DISTINCT FROM (a.user_id, a.amount, a.id)
$$;
REVOKE ALL ON FUNCTION _credits_invariants FROM PUBLIC, anon, authenticated, service_role;
