-- Lock (2), people: one employee, after sessions and spots. Error: not_found.
CREATE OR REPLACE FUNCTION _lock_employee(p_employee_id uuid) RETURNS employees
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_employee employees;
BEGIN
    SELECT * INTO v_employee FROM employees e WHERE e.id = p_employee_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM _require_employee(p_employee_id);
    END IF;
    RETURN v_employee;
END
$$;
REVOKE ALL ON FUNCTION _lock_employee FROM PUBLIC, anon, authenticated, service_role;
