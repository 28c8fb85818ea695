-- Master data: the service writes it; people see those they work for or are clients of.
ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON organizations FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON organizations TO service_role;
GRANT SELECT ON organizations TO authenticated;
DROP POLICY IF EXISTS organizations_service ON organizations;
CREATE POLICY organizations_service ON organizations TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
DROP POLICY IF EXISTS organizations_own_or_staff ON organizations;
CREATE POLICY organizations_own_or_staff ON organizations FOR SELECT TO authenticated
    USING (id = ANY ((SELECT caller_client_organizations())::uuid[])
           OR id = ANY ((SELECT caller_organizations())::uuid[]));
