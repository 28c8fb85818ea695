-- What happened to credits between two instants, from the audit log.
CREATE OR REPLACE FUNCTION _credits_stats(p_from timestamptz, p_to timestamptz) RETURNS TABLE (module text, metric text, value bigint)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT 'credits', m.metric, m.value
    FROM (
        SELECT count(*) FILTER (WHERE a.action = 'credits_transfer') AS transfers,
               coalesce(sum(v.credits) FILTER (WHERE a.action = 'credits_transfer'), 0)::bigint AS credits_transferred,
               coalesce(sum(v.credits) FILTER (WHERE a.action IN ('allocate_monthly_credits', 'process_stripe_event')), 0)::bigint
                   AS credits_allocated,
               coalesce(sum(v.credits) FILTER (WHERE a.details ->> 'type' = 'credit_purchase'), 0)::bigint AS credits_purchased,
               coalesce(sum(v.credits) FILTER (WHERE a.details ->> 'type' = 'refund'), 0)::bigint AS credits_refunded,
               coalesce(sum(v.credits) FILTER (WHERE v.credits > 0 AND a.action IN ('update_credit_balance', 'repair_credit_account')), 0)::bigint
                   AS credits_added,
               coalesce(-sum(v.credits) FILTER (WHERE v.credits < 0 AND a.action IN ('update_credit_balance', 'repair_credit_account')), 0)::bigint
                   AS credits_taken
        FROM audit_log a
        CROSS JOIN LATERAL (SELECT (a.details ->> 'credits')::bigint) AS v (credits)
        WHERE a.at >= p_from AND a.at < p_to
          AND a.action IN ('credits_transfer', 'allocate_monthly_credits', 'process_stripe_event', 'update_credit_balance', 'repair_credit_account')
    ) t
    CROSS JOIN LATERAL (VALUES
        ('transfers', t.transfers),
        ('credits_transferred', t.credits_transferred),
        ('credits_allocated', t.credits_allocated),
        ('credits_purchased', t.credits_purchased),
        ('credits_refunded', t.credits_refunded),
        ('credits_added', t.credits_added),
        ('credits_taken', t.credits_taken)
    ) AS m (metric, value)
$$;
REVOKE ALL ON FUNCTION _credits_stats FROM PUBLIC, anon, authenticated, service_role;
