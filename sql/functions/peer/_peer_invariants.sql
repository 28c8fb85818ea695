-- I6: a paid peer session has its two entries of what it cost, a refunded one four, and they sum to 0. No rows on a healthy database.
CREATE OR REPLACE FUNCTION _peer_invariants() RETURNS TABLE (invariant text, entity text, entity_id text, details jsonb)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT 'I6', 'session', s.id::text, jsonb_build_object(
        'status', s.status, 'credit_cost', s.credit_cost, 'is_paid', s.paid_at IS NOT NULL, 'entries', coalesce(e.entries, 0), 'sum', e.total)
    FROM client_sessions s
    LEFT JOIN (
        SELECT t.session_id, count(*) AS entries, count(DISTINCT t.transaction_type) AS kinds, sum(t.amount) AS total,
               count(*) FILTER (WHERE t.user_id = c.client_id AND t.transaction_type = 'session_payment' AND t.amount = -c.credit_cost
                   OR t.user_id = c.therapist_id AND t.transaction_type = 'session_earning' AND t.amount = c.credit_cost) AS paid,
               count(*) FILTER (WHERE t.user_id = c.client_id AND t.transaction_type = 'refund' AND t.amount = c.credit_cost
                   OR t.user_id = c.therapist_id AND t.transaction_type = 'session_earning_reversal' AND t.amount = -c.credit_cost) AS refunded
        FROM credit_transactions t
        JOIN client_sessions c ON c.id = t.session_id AND c.is_peer_booking
        GROUP BY t.session_id
    ) e ON e.session_id = s.id
    WHERE s.is_peer_booking
      AND CASE
          WHEN s.paid_at IS NULL THEN e.entries IS NOT NULL
          WHEN s.status = 'cancelled' THEN (e.entries, e.kinds, e.paid, e.refunded, e.total) IS DISTINCT FROM (4, 4, 2, 2, 0)
          ELSE (e.entries, e.kinds, e.paid, e.refunded, e.total) IS DISTINCT FROM (2, 2, 2, 0, 0) END
$$;
REVOKE ALL ON FUNCTION _peer_invariants FROM PUBLIC, anon, authenticated, service_role;
