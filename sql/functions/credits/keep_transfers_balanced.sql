-- I4: what a statement inserts under one transfer_id sums to 0, so that transfers mint and lose nothing.
CREATE OR REPLACE FUNCTION keep_transfers_balanced() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM inserted i WHERE i.transfer_id IS NOT NULL GROUP BY i.transfer_id HAVING sum(i.amount) <> 0
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'The entries of a transfer do not sum to 0',
            HINT = 'Insert all entries of a transfer by one statement.';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION keep_transfers_balanced FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION keep_transfers_balanced IS 'Trigger: refuses entries of a transfer that do not sum to 0 (I4).';
CREATE OR REPLACE TRIGGER ledger_transfers_balanced
    AFTER INSERT ON credit_transactions
    REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION keep_transfers_balanced();
