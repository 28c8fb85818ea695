-- Locks an assignment that exists, before its session: a DELETE or UPDATE by SQL cannot but take them in this order.
CREATE OR REPLACE FUNCTION _lock_assignment(p_session_id uuid, p_employee_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM FROM session_employees a
    WHERE a.session_id = p_session_id AND a.employee_id = p_employee_id
    FOR NO KEY UPDATE;
END
$$;
REVOKE ALL ON FUNCTION _lock_assignment FROM PUBLIC, anon, authenticated, service_role;
