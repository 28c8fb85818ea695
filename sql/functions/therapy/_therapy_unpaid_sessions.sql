-- reconcile_credits(): therapy sessions that say they are paid and whose entries do not sum to what they cost: nothing more once refunded.
CREATE OR REPLACE FUNCTION _therapy_unpaid_sessions(p_user_id uuid)
RETURNS TABLE (user_id uuid, session_id uuid, expected bigint, found bigint)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT s.client_id, s.id, -s.credit_cost::bigint, coalesce(e.total, 0)
    FROM client_sessions s
    LEFT JOIN LATERAL (
        SELECT sum(t.amount) AS total, bool_or(t.transaction_type = 'refund') AS is_refunded
        FROM credit_transactions t WHERE t.session_id = s.id
    ) e ON true
    WHERE s.paid_at IS NOT NULL AND NOT s.is_peer_booking
      AND (p_user_id IS NULL OR s.client_id = p_user_id)
      AND coalesce(e.total, 0) <> CASE WHEN e.is_refunded AND s.status = 'cancelled' THEN 0 ELSE -s.credit_cost END
$$;
REVOKE ALL ON FUNCTION _therapy_unpaid_sessions FROM PUBLIC, anon, authenticated, service_role;
