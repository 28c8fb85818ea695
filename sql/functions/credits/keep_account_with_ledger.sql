-- I3: an account says what its ledger adds up to and when it last moved, whoever writes it: the next entry is dated by it.
-- What a trigger writes with a new last entry is taken for the ledger's own and not asked again; all else that triggers write is.
CREATE OR REPLACE FUNCTION keep_account_with_ledger() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_ledger credits := _account_of_ledger(NEW.user_id);
BEGIN
    v_ledger.updated_at := coalesce(v_ledger.updated_at, least(NEW.updated_at, now()));
    IF (NEW.balance, NEW.total_earned, NEW.total_spent, NEW.last_entry, NEW.updated_at)
       IS DISTINCT FROM (v_ledger.balance, v_ledger.total_earned, v_ledger.total_spent, v_ledger.last_entry, v_ledger.updated_at) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'An account moves by its ledger alone',
            HINT = 'Call update_credit_balance().';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION keep_account_with_ledger FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION keep_account_with_ledger IS 'Trigger: refuses an account that does not say what its ledger adds up to (I3).';
CREATE OR REPLACE TRIGGER account_opens_at_zero
    BEFORE INSERT ON credits
    FOR EACH ROW WHEN (NEW.balance <> 0 OR NEW.total_earned <> 0 OR NEW.total_spent <> 0 OR NEW.last_entry <> 0 OR NEW.updated_at > now())
    EXECUTE FUNCTION keep_account_with_ledger();
CREATE OR REPLACE TRIGGER account_follows_ledger
    BEFORE UPDATE ON credits
    FOR EACH ROW WHEN (pg_trigger_depth() = 0 OR NEW.last_entry = OLD.last_entry) EXECUTE FUNCTION keep_account_with_ledger();
