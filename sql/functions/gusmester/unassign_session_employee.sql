-- An admin takes an employee off a session; the next one becomes host of an unbooked spot, a booked spot keeps its host.
-- Locks: the assignment if it exists, session, guest spot.
DROP TYPE IF EXISTS unassign_session_employee_result;
CREATE TYPE unassign_session_employee_result AS (
    success          boolean,
    session_id       uuid,
    host_employee_id uuid
);
CREATE OR REPLACE FUNCTION unassign_session_employee(
    p_session_id uuid, p_employee_id uuid, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('p_session_id', p_session_id, 'p_employee_id', p_employee_id);
    v_replay    json;
    v_result    unassign_session_employee_result;
    v_session   sessions;
BEGIN
    v_replay := _begin_command('unassign_session_employee', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_gusmester_admin();
    PERFORM _require_value('p_session_id', p_session_id);
    PERFORM _require_value('p_employee_id', p_employee_id);
    PERFORM _lock_assignment(p_session_id, p_employee_id);
    v_session := _lock_session(p_session_id);
    PERFORM _lock_guest_spot(p_session_id);
    PERFORM _check_session_found(p_session_id, v_session);
    PERFORM _check_session_active(v_session);

    DELETE FROM session_employees a WHERE a.session_id = p_session_id AND a.employee_id = p_employee_id;
    IF NOT FOUND THEN
        PERFORM _fail('not_found', 'This employee is not assigned to this session',
                      jsonb_build_object('entity', 'session_employee', 'id', p_employee_id));
    END IF;
    PERFORM _audit('unassign_session_employee', 'session', p_session_id, jsonb_build_object('employee_id', p_employee_id));

    v_result.session_id := p_session_id;
    v_result.host_employee_id := (SELECT g.host_employee_id FROM guest_spots g WHERE g.session_id = p_session_id);
    v_result.success := true;
    RETURN _finish_command('unassign_session_employee', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION unassign_session_employee FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION unassign_session_employee TO authenticated, service_role;
COMMENT ON FUNCTION unassign_session_employee IS
'An admin takes an employee off an active session; the next one assigned becomes host of an unbooked guest spot (a released one stays released), a booked one keeps its booking and its host.
p_session_id, p_employee_id: uuid. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, session_id, host_employee_id (of the guest spot; NULL without one)}.
Raises: invalid_input, not_authenticated, not_allowed, not_found (also an employee who is not assigned), invalid_state, idempotency_conflict.
Rule: contract, section 5.';
