-- A person's balance at an instant: what their last entry until then left.
-- Entries are numbered without gaps and their times never run backwards, so the entry is found by halving: no index on the time.
CREATE OR REPLACE FUNCTION balance_at(p_user_id uuid, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_user_id uuid := _acting_person('p_user_id', p_user_id);
    v_entry   bigint := 0;
    v_after   bigint;
    v_middle  bigint;
BEGIN
    PERFORM _require_value('p_user_id', p_user_id);
    PERFORM _require_instant('p_at', p_at);
    v_after := coalesce((SELECT max(t.entry_number) FROM credit_transactions t WHERE t.user_id = v_user_id), 0) + 1;
    WHILE v_entry + 1 < v_after LOOP
        v_middle := (v_entry + v_after) / 2;
        IF (SELECT t.created_at FROM credit_transactions t WHERE t.user_id = v_user_id AND t.entry_number = v_middle) <= p_at THEN
            v_entry := v_middle;
        ELSE
            v_after := v_middle;
        END IF;
    END LOOP;
    RETURN coalesce((SELECT t.balance_after FROM credit_transactions t WHERE t.user_id = v_user_id AND t.entry_number = v_entry), 0);
END
$$;
REVOKE ALL ON FUNCTION balance_at FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION balance_at TO authenticated, service_role;
COMMENT ON FUNCTION balance_at IS
'A person''s balance of credits at an instant, one''s own: what the last entry made until then left.
p_user_id: uuid, one''s own; for the service anybody''s. p_at: instant within [2000-01-01, 2100-01-01).
Returns: credits, 0 before the first entry.
Raises: not_authenticated, not_allowed, invalid_input.
Rule: contract, section 6.';
