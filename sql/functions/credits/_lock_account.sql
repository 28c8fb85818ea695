-- Lock (2), ledger accounts, after people: one account, made when it is missing. Of two, lock the one with the lower id first.
-- Error: not_found (no such person).
CREATE OR REPLACE FUNCTION _lock_account(p_user_id uuid) RETURNS credits
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_account credits;
BEGIN
    SELECT * INTO v_account FROM credits c WHERE c.user_id = p_user_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        -- Who deletes the person now is waited for.
        PERFORM FROM profiles p WHERE p.user_id = p_user_id FOR KEY SHARE;
        PERFORM _require_person(p_user_id);
        INSERT INTO credits (user_id) VALUES (p_user_id) ON CONFLICT (user_id) DO NOTHING;
        SELECT * INTO STRICT v_account FROM credits c WHERE c.user_id = p_user_id FOR NO KEY UPDATE;
    END IF;
    RETURN v_account;
END
$$;
REVOKE ALL ON FUNCTION _lock_account FROM PUBLIC, anon, authenticated, service_role;
