-- Written by functions alone; staff see their organization's.
ALTER TABLE membership_usage ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON membership_usage FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON SEQUENCE membership_usage_id_seq FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON membership_usage TO service_role;
GRANT SELECT ON membership_usage TO authenticated;
DROP POLICY IF EXISTS membership_usage_service ON membership_usage;
CREATE POLICY membership_usage_service ON membership_usage FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
DROP POLICY IF EXISTS membership_usage_staff ON membership_usage;
CREATE POLICY membership_usage_staff ON membership_usage FOR SELECT TO authenticated
    USING (organization_id = ANY ((SELECT caller_organizations())::uuid[]));
