-- For whom a call acts: an end user for their own employee row, the service for whom it names.
-- Errors: not_authenticated, not_allowed (no employee, or somebody else's id), invalid_input and not_found for the service.
CREATE OR REPLACE FUNCTION _acting_employee(p_employee_id uuid) RETURNS employees
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_employee employees;
BEGIN
    IF caller_id() IS NULL THEN
        IF _caller_kind() <> 'service' THEN
            PERFORM _require_caller();
        END IF;
        SELECT * INTO v_employee FROM employees e WHERE e.id = p_employee_id;
        IF NOT FOUND THEN
            PERFORM _require_value('p_employee_id', p_employee_id);
            PERFORM _require_employee(p_employee_id);
        END IF;
        RETURN v_employee;
    END IF;
    SELECT * INTO v_employee FROM employees e WHERE e.user_id = caller_id();
    IF NOT FOUND THEN
        PERFORM _fail('not_allowed', 'Only employees may do this');
    END IF;
    IF p_employee_id <> v_employee.id THEN
        PERFORM _fail('not_allowed', 'You may act for yourself only');
    END IF;
    RETURN v_employee;
END
$$;
REVOKE ALL ON FUNCTION _acting_employee FROM PUBLIC, anon, authenticated, service_role;
