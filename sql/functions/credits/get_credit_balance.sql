-- A person's balance: always one row, zeros without an account.
CREATE OR REPLACE FUNCTION get_credit_balance(p_user_id uuid DEFAULT NULL)
RETURNS TABLE (balance bigint, current_balance bigint, total_earned bigint, total_spent bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_user_id uuid := _acting_person('p_user_id', p_user_id);
BEGIN
    RETURN QUERY
        SELECT coalesce(c.balance, 0), coalesce(c.balance, 0), coalesce(c.total_earned, 0), coalesce(c.total_spent, 0)
        FROM (VALUES (v_user_id)) AS v (user_id)
        LEFT JOIN credits c ON c.user_id = v.user_id;
END
$$;
REVOKE ALL ON FUNCTION get_credit_balance FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION get_credit_balance TO authenticated, service_role;
COMMENT ON FUNCTION get_credit_balance IS
'A person''s balance of credits, one''s own: always one row, zeros for somebody without an account.
p_user_id: uuid; the service must give it, others leave it out for themselves.
Returns: one row: balance, current_balance (the same), total_earned (sum of the positive amounts), total_spent (sum of the negative ones, as a positive number). Amounts are credits; a balance below 0 is a debt.
Raises: not_authenticated, not_allowed, invalid_input.
Rule: contract, section 6.';
