-- The one way to refuse: SQLSTATE PT + status, MESSAGE one plain sentence, DETAIL a JSON object with the reason, HINT what to do.
-- Counts the refusal in a sequence, which survives the rollback (not in READ ONLY, where nextval is an error), and writes one log line.
CREATE OR REPLACE FUNCTION _fail(p_reason text, p_message text, p_context jsonb DEFAULT '{}', p_hint text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_status integer;
    v_hint   text;
    v_stack  text;
BEGIN
    SELECT r.status, r.hint INTO STRICT v_status, v_hint FROM _error_reasons() r WHERE r.reason = p_reason;
    IF NOT current_setting('transaction_read_only')::boolean THEN
        PERFORM nextval(format('%I', 'refusals_' || p_reason)::regclass);
    END IF;
    GET DIAGNOSTICS v_stack = PG_CONTEXT;
    RAISE LOG 'bookingdb refused %', json_build_object(
        'reason', p_reason,
        'function', _function_in_context(v_stack),
        'actor', coalesce(caller_id()::text, _caller_kind()));
    RAISE EXCEPTION USING
        ERRCODE = 'PT' || v_status,
        MESSAGE = p_message,
        DETAIL = p_context || jsonb_build_object('reason', p_reason),
        HINT = coalesce(p_hint, v_hint);
END
$$;
REVOKE ALL ON FUNCTION _fail FROM PUBLIC, anon, authenticated, service_role;
