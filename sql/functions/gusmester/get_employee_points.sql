-- An employee's points: one's own, an admin anybody's.
CREATE OR REPLACE FUNCTION get_employee_points(p_employee_id uuid DEFAULT NULL) RETURNS TABLE (points integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
DECLARE
    v_employee_id uuid := _readable_employee(p_employee_id);
BEGIN
    RETURN QUERY SELECT e.points FROM employees e WHERE e.id = v_employee_id;
END
$$;
REVOKE ALL ON FUNCTION get_employee_points FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION get_employee_points TO authenticated, service_role;
COMMENT ON FUNCTION get_employee_points IS
'An employee''s points: one''s own, for an admin anybody''s.
p_employee_id: uuid; the service must give it, others leave it out for themselves.
Returns: one row: points (integer, never negative).
Raises: not_authenticated, not_allowed, invalid_input, not_found.
Rule: contract, section 5.';
