-- Master data. Employees see sessions by the functions, which tell them what concerns them.
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON sessions FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON sessions TO service_role;
DROP POLICY IF EXISTS sessions_service ON sessions;
CREATE POLICY sessions_service ON sessions TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
