-- The one way credits move: an entry of the ledger, or two joined by p_transfer_id, the other person's being the same amount the other way.
-- The accounts are as the caller has locked them; move_credit_balance() refuses entries that do not follow their last ones.
-- Two entries are of one instant, and of one statement. Returns the id of the first account's entry, where it is the only one.
CREATE OR REPLACE FUNCTION _post_entries(
    p_account credits, p_type text, p_amount integer, p_description text DEFAULT NULL,
    p_session_id uuid DEFAULT NULL, p_reference_id uuid DEFAULT NULL, p_reference_type text DEFAULT NULL,
    p_transfer_id uuid DEFAULT NULL, p_other credits DEFAULT NULL, p_other_type text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_entry_id bigint;
    v_now      timestamptz := greatest(clock_timestamp(), p_account.updated_at, p_other.updated_at);
BEGIN
    IF p_transfer_id IS NULL THEN
        INSERT INTO credit_transactions (
            user_id, entry_number, transaction_type, amount, balance_before, balance_after,
            description, session_id, reference_id, reference_type, created_at)
        VALUES (
            p_account.user_id, p_account.last_entry + 1, p_type, p_amount, p_account.balance, p_account.balance + p_amount,
            p_description, p_session_id, p_reference_id, p_reference_type, v_now)
        RETURNING id INTO STRICT v_entry_id;
        RETURN v_entry_id;
    END IF;
    INSERT INTO credit_transactions (
        user_id, entry_number, transaction_type, amount, balance_before, balance_after,
        description, session_id, reference_id, reference_type, transfer_id, created_at)
    VALUES
        (p_account.user_id, p_account.last_entry + 1, p_type, p_amount, p_account.balance, p_account.balance + p_amount,
         p_description, p_session_id, p_reference_id, p_reference_type, p_transfer_id, v_now),
        (p_other.user_id, p_other.last_entry + 1, p_other_type, -p_amount, p_other.balance, p_other.balance - p_amount,
         p_description, p_session_id, p_reference_id, p_reference_type, p_transfer_id, v_now);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION _post_entries FROM PUBLIC, anon, authenticated, service_role;
