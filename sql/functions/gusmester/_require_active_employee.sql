-- Inactive employees make no new bookings and get no new sessions. Error: inactive.
CREATE OR REPLACE FUNCTION _require_active_employee(p_employee employees) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_employee.status <> 'active' THEN
        PERFORM _fail('inactive', 'This employee is inactive',
                      jsonb_build_object('employee_id', p_employee.id, 'user_id', p_employee.user_id));
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _require_active_employee FROM PUBLIC, anon, authenticated, service_role;
