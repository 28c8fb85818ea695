-- reconcile_credits(): peer sessions that say they are paid and whose client has no entry of what they cost.
CREATE OR REPLACE FUNCTION _peer_unpaid_sessions(p_user_id uuid)
RETURNS TABLE (user_id uuid, session_id uuid, expected bigint, found bigint)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
    SELECT s.client_id, s.id, -s.credit_cost::bigint, coalesce(e.paid, 0)
    FROM client_sessions s
    LEFT JOIN LATERAL (
        SELECT sum(t.amount) AS paid FROM credit_transactions t
        WHERE t.session_id = s.id AND t.user_id = s.client_id AND t.transaction_type = 'session_payment'
    ) e ON true
    WHERE s.paid_at IS NOT NULL AND s.is_peer_booking
      AND (p_user_id IS NULL OR p_user_id IN (s.client_id, s.therapist_id))
      AND coalesce(e.paid, 0) <> -s.credit_cost
$$;
REVOKE ALL ON FUNCTION _peer_unpaid_sessions FROM PUBLIC, anon, authenticated, service_role;
