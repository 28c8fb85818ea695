-- An admin assigns an employee to a session; the first one hosts its guest spot. Assigning again changes nothing.
-- Locks: the assignment if it exists, session, guest spot, employee.
DROP TYPE IF EXISTS assign_session_employee_result;
CREATE TYPE assign_session_employee_result AS (
    success          boolean,
    session_id       uuid,
    host_employee_id uuid
);
CREATE OR REPLACE FUNCTION assign_session_employee(
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
    v_result    assign_session_employee_result;
    v_session   sessions;
    v_employee  employees;
BEGIN
    v_replay := _begin_command('assign_session_employee', p_idempotency_key, v_arguments);
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
    v_employee := _lock_employee(p_employee_id);
    PERFORM _check_session_active(v_session);
    PERFORM _require_active_employee(v_employee);

    INSERT INTO session_employees (session_id, employee_id) VALUES (p_session_id, p_employee_id) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        PERFORM _audit('assign_session_employee', 'session', p_session_id, jsonb_build_object('employee_id', p_employee_id));
    END IF;

    v_result.session_id := p_session_id;
    v_result.host_employee_id := (SELECT g.host_employee_id FROM guest_spots g WHERE g.session_id = p_session_id);
    v_result.success := true;
    RETURN _finish_command('assign_session_employee', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION assign_session_employee FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION assign_session_employee TO authenticated, service_role;
COMMENT ON FUNCTION assign_session_employee IS
'An admin assigns an active employee to an active session; the first one assigned hosts its guest spot. Assigning somebody again changes nothing.
p_session_id, p_employee_id: uuid. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, session_id, host_employee_id (of the guest spot; NULL without one)}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, invalid_state, inactive, idempotency_conflict.
Rule: contract, section 5.';
