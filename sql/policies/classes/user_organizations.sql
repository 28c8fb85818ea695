-- Master data: the service writes it, owners and admins by set_organization_role(); people see their own roles, staff their organization's.
ALTER TABLE user_organizations ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON user_organizations FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON user_organizations TO service_role;
GRANT SELECT ON user_organizations TO authenticated;
DROP POLICY IF EXISTS user_organizations_service ON user_organizations;
CREATE POLICY user_organizations_service ON user_organizations TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
DROP POLICY IF EXISTS user_organizations_own_or_staff ON user_organizations;
CREATE POLICY user_organizations_own_or_staff ON user_organizations FOR SELECT TO authenticated
    USING (user_id = (SELECT caller_id())
           OR organization_id = ANY ((SELECT caller_organizations())::uuid[]));
