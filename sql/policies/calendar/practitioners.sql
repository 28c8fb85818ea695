-- Master data: the service writes it; practitioners see their own row, others find them by find_practitioners().
ALTER TABLE practitioners ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON practitioners FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON practitioners TO service_role;
GRANT SELECT ON practitioners TO authenticated;
DROP POLICY IF EXISTS practitioners_service ON practitioners;
CREATE POLICY practitioners_service ON practitioners TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
DROP POLICY IF EXISTS practitioners_own ON practitioners;
CREATE POLICY practitioners_own ON practitioners FOR SELECT TO authenticated
    USING (user_id = (SELECT caller_id()));
