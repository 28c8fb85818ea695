-- The calling end user's employee row; row-level security of the gusmester tables compares with it.
CREATE OR REPLACE FUNCTION caller_employee_id() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    RETURN (SELECT e.id FROM employees e WHERE e.user_id = caller_id());
END
$$;
REVOKE ALL ON FUNCTION caller_employee_id FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION caller_employee_id TO authenticated, service_role;
COMMENT ON FUNCTION caller_employee_id IS
'The employee the calling end user is. NULL for everybody else. Row-level security compares with it.
Returns: uuid or NULL. Raises: nothing.';
