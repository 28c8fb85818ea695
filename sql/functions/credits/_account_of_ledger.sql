-- The account that a person's ledger adds up to.
CREATE OR REPLACE FUNCTION _account_of_ledger(p_user_id uuid) RETURNS credits
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_account credits;
BEGIN
    SELECT coalesce(sum(t.amount), 0), coalesce(sum(t.amount) FILTER (WHERE t.amount > 0), 0),
           coalesce(-sum(t.amount) FILTER (WHERE t.amount < 0), 0), coalesce(max(t.entry_number), 0), max(t.created_at)
    INTO v_account.balance, v_account.total_earned, v_account.total_spent, v_account.last_entry, v_account.updated_at
    FROM credit_transactions t
    WHERE t.user_id = p_user_id;
    v_account.user_id := p_user_id;
    RETURN v_account;
END
$$;
REVOKE ALL ON FUNCTION _account_of_ledger FROM PUBLIC, anon, authenticated, service_role;
