-- For whom a call acts: an end user for their own employee row, the service for whom it names.
-- Errors: not_authenticated, not_allowed (no employee, or somebody else's id), invalid_input and not_found for the service.
CREATE OR REPLACE FUNCTION _acting_employee(p_employee_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_own uuid;
BEGIN
    PERFORM _require_caller();
    IF caller_id() IS NULL THEN
        PERFORM _require_value('p_employee_id', p_employee_id);
        PERFORM _require_employee(p_employee_id);
        RETURN p_employee_id;
    END IF;
    v_own := caller_employee_id();
    IF v_own IS NULL THEN
        PERFORM _fail('not_allowed', 'Only employees may do this');
    END IF;
    IF p_employee_id <> v_own THEN
        PERFORM _fail('not_allowed', 'You may act for yourself only');
    END IF;
    RETURN v_own;
END
$$;
REVOKE ALL ON FUNCTION _acting_employee FROM PUBLIC, anon, authenticated, service_role;
