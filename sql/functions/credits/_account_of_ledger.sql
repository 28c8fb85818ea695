-- The account that a person's ledger adds up to; no updated_at without an entry.
CREATE OR REPLACE FUNCTION _account_of_ledger(p_user_id uuid) RETURNS credits
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_account credits;
BEGIN
    SELECT coalesce(sum(t.amount), 0), coalesce(sum(t.amount) FILTER (WHERE t.amount > 0), 0),
           coalesce(-sum(t.amount) FILTER (WHERE t.amount < 0), 0), coalesce(max(t.entry_number), 0)
    INTO v_account.balance, v_account.total_earned, v_account.total_spent, v_account.last_entry
    FROM credit_transactions t
    WHERE t.user_id = p_user_id;
    v_account.user_id := p_user_id;
    v_account.updated_at := (
        SELECT t.created_at FROM credit_transactions t WHERE t.user_id = p_user_id AND t.entry_number = v_account.last_entry);
    RETURN v_account;
END
$$;
REVOKE ALL ON FUNCTION _account_of_ledger FROM PUBLIC, anon, authenticated, service_role;
