-- A client does not wait any more, or staff take a client or lead off the waitlist. Locks: the class, the row of the waitlist.
DROP TYPE IF EXISTS leave_class_waitlist_result;
CREATE TYPE leave_class_waitlist_result AS (
    success     boolean,
    waitlist_id uuid
);
CREATE OR REPLACE FUNCTION leave_class_waitlist(p_waitlist_id uuid, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_waitlist_id', p_waitlist_id);
    v_replay    json;
    v_result    leave_class_waitlist_result;
    v_waiting   class_waitlist;
BEGIN
    v_replay := _begin_command('leave_class_waitlist', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_value('p_waitlist_id', p_waitlist_id);
    SELECT * INTO v_waiting FROM class_waitlist w WHERE w.id = p_waitlist_id;
    IF NOT FOUND OR NOT (v_waiting.person_id = ANY (caller_persons()) OR _is_staff(v_waiting.organization_id)) THEN
        PERFORM _fail('not_found', 'Nobody waits by this id', jsonb_build_object('entity', 'class_waitlist', 'id', p_waitlist_id));
    END IF;
    PERFORM _lock_class(v_waiting.class_session_id);
    SELECT * INTO STRICT v_waiting FROM class_waitlist w WHERE w.id = p_waitlist_id FOR NO KEY UPDATE;
    IF v_waiting.status <> 'waiting' THEN
        PERFORM _fail('invalid_state', format('This place in line is %s', v_waiting.status), jsonb_build_object('status', v_waiting.status));
    END IF;

    UPDATE class_waitlist w SET status = 'left' WHERE w.id = p_waitlist_id;
    PERFORM _audit('leave_class_waitlist', 'class_waitlist', p_waitlist_id, jsonb_build_object(
        'organization_id', v_waiting.organization_id, 'class_session_id', v_waiting.class_session_id));

    v_result.waitlist_id := p_waitlist_id;

    v_result.success := true;
    RETURN _finish_command('leave_class_waitlist', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION leave_class_waitlist FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION leave_class_waitlist TO authenticated, service_role;
COMMENT ON FUNCTION leave_class_waitlist IS
'A client leaves a waitlist; staff and the service take anybody of their organization off it.
p_waitlist_id: uuid, as join_class_waitlist() returned it. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, waitlist_id}.
Raises: invalid_input, not_authenticated, not_found (also somebody else''s), invalid_state (status), idempotency_conflict.
Rule: contract, section 8.';
