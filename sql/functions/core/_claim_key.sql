-- Claims an idempotency key in the transaction of its effect: a failed call leaves it free, an expired one is taken over.
-- Returns NULL when claimed now, the stored result when it was before. Errors: invalid_input, idempotency_conflict.
CREATE OR REPLACE FUNCTION _claim_key(p_function text, p_key text, p_arguments_hash bytea) RETURNS json
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_caller  text;
    v_claimed boolean;
    v_stored  idempotency_keys;
BEGIN
    IF length(p_key) NOT BETWEEN 1 AND 255 THEN
        PERFORM _fail('invalid_input', 'An idempotency key has 1 to 255 characters', '{"parameter": "p_idempotency_key"}');
    END IF;
    v_caller := _key_scope(p_arguments_hash);
    INSERT INTO idempotency_keys AS k (caller, function_name, key, arguments_hash)
    VALUES (v_caller, p_function, p_key, p_arguments_hash)
    ON CONFLICT (caller, function_name, key) DO UPDATE
        SET arguments_hash = excluded.arguments_hash, result = NULL, created_at = excluded.created_at
        WHERE k.created_at < now() - (SELECT s.idempotency_key_ttl FROM settings s WHERE s.id)
    RETURNING true INTO v_claimed;
    IF v_claimed THEN
        RETURN NULL;
    END IF;
    SELECT * INTO STRICT v_stored FROM idempotency_keys k
    WHERE k.caller = v_caller AND k.function_name = p_function AND k.key = p_key;
    IF v_stored.arguments_hash <> p_arguments_hash THEN
        PERFORM _fail('idempotency_conflict', 'This idempotency key was used with other arguments');
    END IF;
    RETURN v_stored.result;
END
$$;
REVOKE ALL ON FUNCTION _claim_key FROM PUBLIC, anon, authenticated, service_role;
