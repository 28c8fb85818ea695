-- Master data: the service writes it; people see their own row.
ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON profiles FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON profiles TO service_role;
GRANT SELECT ON profiles TO authenticated;
DROP POLICY IF EXISTS profiles_service ON profiles;
CREATE POLICY profiles_service ON profiles TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
DROP POLICY IF EXISTS profiles_own ON profiles;
CREATE POLICY profiles_own ON profiles FOR SELECT TO authenticated
    USING (user_id = (SELECT caller_id()));
