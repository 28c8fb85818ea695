-- The holder, or the service, gives held time back. Lock: the hold.
DROP TYPE IF EXISTS release_slot_hold_result;
CREATE TYPE release_slot_hold_result AS (
    success boolean,
    hold_id uuid
);
CREATE OR REPLACE FUNCTION release_slot_hold(p_hold_id uuid, p_idempotency_key text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_hold_id', p_hold_id);
    v_replay    json;
    v_result    release_slot_hold_result;
    v_hold      slot_holds;
BEGIN
    v_replay := _begin_command('release_slot_hold', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_value('p_hold_id', p_hold_id);
    SELECT * INTO v_hold FROM slot_holds h
    WHERE h.id = p_hold_id AND (caller_id() IS NULL OR h.holder_id = caller_id())
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM _fail('not_found', 'No such hold', jsonb_build_object('entity', 'slot_hold', 'id', p_hold_id));
    END IF;
    IF v_hold.status <> 'live' THEN
        PERFORM _fail('invalid_state', format('This hold is %s', v_hold.status), jsonb_build_object('status', v_hold.status));
    END IF;
    UPDATE slot_holds h SET status = 'released' WHERE h.id = p_hold_id;
    PERFORM _audit('release_slot_hold', 'slot_hold', p_hold_id);

    v_result.success := true;
    v_result.hold_id := p_hold_id;
    RETURN _finish_command('release_slot_hold', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION release_slot_hold FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION release_slot_hold TO authenticated, service_role;
COMMENT ON FUNCTION release_slot_hold IS
'The holder, or the service, gives held time back; others may book it at once.
p_hold_id: uuid of a live hold of one''s own. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, hold_id}.
Raises: invalid_input, not_authenticated, not_found, invalid_state (status), idempotency_conflict.
Rule: contract, section 7.';
