-- The one way credits move: an entry of the ledger, or two joined by p_transfer_id, the other person's being the same amount the other way.
-- The accounts are locked by the caller, who knows their balances; without the lock the entry may not follow the last one, and is refused.
-- Two entries are of one instant. Returns the id of p_user_id's entry.
CREATE OR REPLACE FUNCTION _post_entries(
    p_user_id uuid, p_type text, p_amount integer, p_description text DEFAULT NULL,
    p_session_id uuid DEFAULT NULL, p_reference_id uuid DEFAULT NULL, p_reference_type text DEFAULT NULL,
    p_transfer_id uuid DEFAULT NULL, p_other_user_id uuid DEFAULT NULL, p_other_type text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_entry_id bigint;
    v_now      timestamptz := clock_timestamp();
BEGIN
    -- One statement for both: keep_transfers_balanced() looks at what a statement inserts.
    -- The accounts by their ids, not by a join: planned while there were few, a join would read all of them for ever.
    WITH posted AS (
        INSERT INTO credit_transactions AS t (
            user_id, entry_number, transaction_type, amount, balance_before, balance_after,
            description, session_id, reference_id, reference_type, transfer_id, created_at)
        SELECT c.user_id, c.last_entry + 1, l.type, l.amount, c.balance, c.balance + l.amount,
               p_description, p_session_id, p_reference_id, p_reference_type, p_transfer_id, greatest(v_now, max(c.updated_at) OVER ())
        FROM credits c
        CROSS JOIN LATERAL (
            SELECT CASE WHEN c.user_id = p_user_id THEN p_type ELSE p_other_type END,
                   CASE WHEN c.user_id = p_user_id THEN p_amount ELSE -p_amount::bigint END
        ) AS l (type, amount)
        WHERE c.user_id IN (p_user_id, p_other_user_id)
        RETURNING t.id, t.user_id
    )
    SELECT p.id INTO STRICT v_entry_id FROM posted p WHERE p.user_id = p_user_id;
    RETURN v_entry_id;
END
$$;
REVOKE ALL ON FUNCTION _post_entries FROM PUBLIC, anon, authenticated, service_role;
