-- What every command does first: READ COMMITTED, a caller, then the idempotency key; nothing is checked or locked before it.
-- Returns the first call's result when the key replays, else NULL. Errors: invalid_input, not_authenticated, idempotency_conflict.
-- Lock (0): the key's row. Of two concurrent calls with one key the second waits here for the first one's commit.
CREATE OR REPLACE FUNCTION _begin_command(p_function text, p_key text, p_arguments jsonb, p_public boolean DEFAULT false) RETURNS json
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    -- On every command's path: the helpers, which say the refusals, are called to refuse only.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM _require_read_committed();
    END IF;
    IF current_setting('transaction_read_only')::boolean THEN
        PERFORM _fail('invalid_input', 'Commands need a transaction that may write',
                      '{"parameter": "transaction_read_only"}', 'Begin the transaction READ WRITE.');
    END IF;
    IF NOT p_public AND caller_id() IS NULL AND _caller_kind() <> 'service' THEN
        PERFORM _require_caller();
    END IF;
    IF p_key IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN _claim_key(p_function, p_key, sha256(convert_to(p_arguments::text, 'UTF8')));
END
$$;
REVOKE ALL ON FUNCTION _begin_command FROM PUBLIC, anon, authenticated, service_role;
