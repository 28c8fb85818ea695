-- Whose points a caller may read: one's own, an admin anybody's, the service whom it names.
-- Errors: not_authenticated, not_allowed, invalid_input, not_found.
CREATE OR REPLACE FUNCTION _readable_employee(p_employee_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_employee_id IS NOT NULL AND _is_gusmester_admin() THEN
        PERFORM _require_employee(p_employee_id);
        RETURN p_employee_id;
    END IF;
    RETURN (_acting_employee(p_employee_id)).id;
END
$$;
REVOKE ALL ON FUNCTION _readable_employee FROM PUBLIC, anon, authenticated, service_role;
