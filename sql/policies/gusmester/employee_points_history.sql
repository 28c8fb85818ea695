-- Changed by functions alone; employees see their own.
ALTER TABLE employee_points_history ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON employee_points_history FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON SEQUENCE employee_points_history_id_seq FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON employee_points_history TO service_role;
GRANT SELECT ON employee_points_history TO authenticated;
DROP POLICY IF EXISTS employee_points_history_service ON employee_points_history;
CREATE POLICY employee_points_history_service ON employee_points_history FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
DROP POLICY IF EXISTS employee_points_history_own ON employee_points_history;
CREATE POLICY employee_points_history_own ON employee_points_history FOR SELECT TO authenticated
    USING (employee_id = (SELECT caller_employee_id()));
