-- What every command does last: keeps the result under the idempotency key, word for word, and returns it.
CREATE OR REPLACE FUNCTION _finish_command(p_function text, p_key text, p_arguments jsonb, p_result json) RETURNS json
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_key IS NOT NULL THEN
        UPDATE idempotency_keys k
        SET result = p_result
        WHERE k.caller = _key_scope(sha256(convert_to(p_arguments::text, 'UTF8')))
          AND k.function_name = p_function
          AND k.key = p_key;
    END IF;
    RETURN p_result;
END
$$;
REVOKE ALL ON FUNCTION _finish_command FROM PUBLIC, anon, authenticated, service_role;
