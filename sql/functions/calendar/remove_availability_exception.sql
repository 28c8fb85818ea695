-- A practitioner takes an exception back. Locks: the practitioner, the exception.
DROP TYPE IF EXISTS remove_availability_exception_result;
CREATE TYPE remove_availability_exception_result AS (
    success      boolean,
    exception_id uuid
);
CREATE OR REPLACE FUNCTION remove_availability_exception(p_exception_id uuid, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_exception_id', p_exception_id);
    v_replay    json;
    v_result    remove_availability_exception_result;
BEGIN
    v_replay := _begin_command('remove_availability_exception', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_value('p_exception_id', p_exception_id);
    -- Under the practitioner's lock, as whoever takes their time: no booking relies on time that is being closed.
    PERFORM FROM profiles p
    WHERE p.user_id = (SELECT x.practitioner_id FROM availability_exceptions x WHERE x.id = p_exception_id)
      AND (caller_id() IS NULL OR p.user_id = caller_id())
    FOR NO KEY UPDATE;
    DELETE FROM availability_exceptions x
    WHERE x.id = p_exception_id AND (caller_id() IS NULL OR x.practitioner_id = caller_id());
    IF NOT FOUND THEN
        PERFORM _fail('not_found', 'No such exception', jsonb_build_object('entity', 'availability_exception', 'id', p_exception_id));
    END IF;
    PERFORM _audit('remove_availability_exception', 'availability_exception', p_exception_id);

    v_result.success := true;
    v_result.exception_id := p_exception_id;
    RETURN _finish_command('remove_availability_exception', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION remove_availability_exception FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION remove_availability_exception TO authenticated, service_role;
COMMENT ON FUNCTION remove_availability_exception IS
'A practitioner, or the service, takes back time off or time opened.
p_exception_id: uuid of an exception of one''s own. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, exception_id}.
Raises: invalid_input, not_authenticated, not_found, idempotency_conflict.
Rule: contract, section 7.';
