-- Master data; employees see where they work.
ALTER TABLE session_employees ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON session_employees FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON session_employees TO service_role;
GRANT SELECT ON session_employees TO authenticated;
DROP POLICY IF EXISTS session_employees_service ON session_employees;
CREATE POLICY session_employees_service ON session_employees TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
DROP POLICY IF EXISTS session_employees_own ON session_employees;
CREATE POLICY session_employees_own ON session_employees FOR SELECT TO authenticated
    USING (employee_id = (SELECT caller_employee_id()));
