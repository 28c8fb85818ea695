-- Written by functions alone; staff see their organization's.
ALTER TABLE package_usage ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON package_usage FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON SEQUENCE package_usage_id_seq FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON package_usage TO service_role;
GRANT SELECT ON package_usage TO authenticated;
DROP POLICY IF EXISTS package_usage_service ON package_usage;
CREATE POLICY package_usage_service ON package_usage FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
DROP POLICY IF EXISTS package_usage_staff ON package_usage;
CREATE POLICY package_usage_staff ON package_usage FOR SELECT TO authenticated
    USING (organization_id = ANY ((SELECT caller_organizations())::uuid[]));
