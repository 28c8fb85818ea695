-- An admin adds or takes points, never below 0.
-- Lock: employee.
DROP TYPE IF EXISTS adjust_employee_points_result;
CREATE TYPE adjust_employee_points_result AS (
    success     boolean,
    employee_id uuid,
    new_points  integer
);
CREATE OR REPLACE FUNCTION adjust_employee_points(
    p_employee_id uuid, p_amount int, p_reason text, p_idempotency_key text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET timezone TO 'UTC'
SET enable_seqscan TO off
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object(
        'p_employee_id', p_employee_id,
        'p_amount', p_amount,
        'p_reason', left(p_reason, 10001));
    v_replay    json;
    v_result    adjust_employee_points_result;
    v_reason    text;
    v_employee  employees;
BEGIN
    v_replay := _begin_command('adjust_employee_points', p_idempotency_key, v_arguments);
    IF v_replay IS NOT NULL THEN
        RETURN v_replay;
    END IF;
    PERFORM _require_gusmester_admin();
    PERFORM _require_value('p_employee_id', p_employee_id);
    v_reason := _require_text('p_reason', p_reason);
    -- A thousand million is far above any use and far below where an integer ends.
    IF p_amount IS NULL OR p_amount = 0 OR abs(p_amount::bigint) > 1000000000 THEN
        PERFORM _fail('invalid_input', 'p_amount is not a number of points other than 0, at most 1000000000', '{"parameter": "p_amount"}');
    END IF;
    v_employee := _lock_employee(p_employee_id);
    IF v_employee.points + p_amount::bigint < 0 THEN
        PERFORM _fail('insufficient_points', format('Insufficient points. Required: %s, available: %s', -p_amount, v_employee.points),
                      jsonb_build_object('required', -p_amount, 'available', v_employee.points));
    END IF;
    IF v_employee.points + p_amount::bigint > 1000000000 THEN
        PERFORM _fail('invalid_input', 'p_amount takes the points above 1000000000', '{"parameter": "p_amount"}');
    END IF;

    v_result.new_points := _post_points(p_employee_id, p_amount, v_reason);
    PERFORM _audit('adjust_employee_points', 'employee', p_employee_id, jsonb_build_object('points', p_amount));

    v_result.employee_id := p_employee_id;
    v_result.success := true;
    RETURN _finish_command('adjust_employee_points', p_idempotency_key, v_arguments, to_json(v_result));
END
$$;
REVOKE ALL ON FUNCTION adjust_employee_points FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION adjust_employee_points TO authenticated, service_role;
COMMENT ON FUNCTION adjust_employee_points IS
'An admin adds points to an employee or takes some, never below 0.
p_employee_id: uuid. p_amount: signed integer of points, not 0. p_reason: text of at most 10000 characters, kept in the history. p_idempotency_key: text of 1 to 255 characters.
Returns: {success, employee_id, new_points}.
Raises: invalid_input, not_authenticated, not_allowed, not_found, insufficient_points (required, available), idempotency_conflict.
Rule: contract, section 5.';
