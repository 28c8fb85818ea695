-- I3: an entry moves its account, and only the entry that follows the person's last one is taken: whoever inserts it, by whatever way.
-- Lock (2): the account.
CREATE OR REPLACE FUNCTION move_credit_balance() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    UPDATE credits c
    SET balance = NEW.balance_after,
        total_earned = c.total_earned + greatest(NEW.amount, 0),
        total_spent = c.total_spent - least(NEW.amount, 0),
        last_entry = NEW.entry_number,
        updated_at = NEW.created_at
    WHERE c.user_id = NEW.user_id
      AND c.last_entry = NEW.entry_number - 1
      AND c.balance = NEW.balance_before
      AND (NEW.entry_number = 1 OR EXISTS (
          SELECT FROM credit_transactions t
          WHERE t.user_id = NEW.user_id
            AND t.entry_number = NEW.entry_number - 1
            AND t.balance_after = NEW.balance_before
            AND t.created_at <= NEW.created_at));
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'This entry does not follow the account''s last one',
            DETAIL = format('user %s, entry %s', NEW.user_id, NEW.entry_number),
            HINT = 'Move credits by update_credit_balance(). Where an account and its ledger differ, run bookingdb reconcile.';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION move_credit_balance FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION move_credit_balance IS
'Trigger: moves the account by each entry of credit_transactions, and refuses one that does not follow the person''s last (I3).';
CREATE OR REPLACE TRIGGER ledger_moves_account
    AFTER INSERT ON credit_transactions
    FOR EACH ROW EXECUTE FUNCTION move_credit_balance();
CREATE OR REPLACE TRIGGER ledger_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER ledger_rows_append_only
    BEFORE UPDATE OR DELETE ON credit_transactions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
