-- An employee that exists. Error: not_found.
CREATE OR REPLACE FUNCTION _require_employee(p_employee_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM employees e WHERE e.id = p_employee_id;
    IF NOT FOUND THEN
        PERFORM _fail('not_found', 'No such employee', jsonb_build_object('entity', 'employee', 'id', p_employee_id));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_employee FROM PUBLIC, anon, authenticated, service_role;
