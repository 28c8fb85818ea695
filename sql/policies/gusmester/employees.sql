-- Master data except points, which move by their history alone; people see their own row.
ALTER TABLE employees ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON employees FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON employees TO service_role;
GRANT INSERT (id, user_id, name, email, status, is_admin) ON employees TO service_role;
GRANT UPDATE (user_id, name, email, status, is_admin) ON employees TO service_role;
GRANT SELECT ON employees TO authenticated;
DROP POLICY IF EXISTS employees_service ON employees;
CREATE POLICY employees_service ON employees TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
DROP POLICY IF EXISTS employees_own ON employees;
CREATE POLICY employees_own ON employees FOR SELECT TO authenticated
    USING (user_id = (SELECT caller_id()));
