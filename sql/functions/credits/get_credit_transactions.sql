-- A person's statement, newest first, by keyset pages.
CREATE OR REPLACE FUNCTION get_credit_transactions(p_user_id uuid DEFAULT NULL, p_limit int DEFAULT 50, p_before bigint DEFAULT NULL)
RETURNS TABLE (
    id bigint, entry_number bigint, transaction_type text, amount integer, balance_before bigint, balance_after bigint,
    description text, session_id uuid, reference_id uuid, reference_type text, transfer_id uuid, created_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_user_id uuid := _acting_person('p_user_id', p_user_id);
BEGIN
    PERFORM _require_limit(p_limit);
    RETURN QUERY
        SELECT t.id, t.entry_number, t.transaction_type, t.amount, t.balance_before, t.balance_after,
               t.description, t.session_id, t.reference_id, t.reference_type, t.transfer_id, t.created_at
        FROM credit_transactions t
        WHERE t.user_id = v_user_id AND t.entry_number < coalesce(p_before, 9223372036854775807)
        ORDER BY t.entry_number DESC
        LIMIT p_limit;
END
$$;
REVOKE ALL ON FUNCTION get_credit_transactions FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION get_credit_transactions TO authenticated, service_role;
COMMENT ON FUNCTION get_credit_transactions IS
'A person''s ledger of credits, one''s own, newest entry first.
p_user_id: uuid; the service must give it, others leave it out for themselves. p_limit: 1 to 1000 rows. p_before: the next page has the entries before this entry_number, the last one of the page at hand.
Returns: id, entry_number (1, 2, … without gaps), transaction_type (credit_transactions.transaction_type), amount (signed credits), balance_before, balance_after, description (may be NULL), session_id (may be NULL), reference_id (may be NULL), reference_type (may be NULL), transfer_id (may be NULL), created_at.
Raises: not_authenticated, not_allowed, invalid_input.
Rule: contract, section 6.';
