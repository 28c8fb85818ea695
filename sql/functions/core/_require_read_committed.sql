-- A look under a lock reads an old snapshot at any level but READ COMMITTED, so commands and the triggers that lock refuse the others.
-- Error: invalid_input (transaction_isolation).
CREATE OR REPLACE FUNCTION _require_read_committed() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM _fail('invalid_input', 'This runs at READ COMMITTED',
                      '{"parameter": "transaction_isolation"}', 'Begin the transaction with ISOLATION LEVEL READ COMMITTED.');
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_read_committed FROM PUBLIC, anon, authenticated, service_role;
