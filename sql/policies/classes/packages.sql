-- Master data except the uses, which are counted; people see their own, staff their organization's.
ALTER TABLE packages ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON packages FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON packages TO service_role;
GRANT INSERT (id, organization_id, client_id, lead_id, person_id, name, classes_total, expires_at) ON packages TO service_role;
GRANT UPDATE (name, classes_total, expires_at) ON packages TO service_role;
GRANT SELECT ON packages TO authenticated;
DROP POLICY IF EXISTS packages_service ON packages;
CREATE POLICY packages_service ON packages TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
DROP POLICY IF EXISTS packages_own_or_staff ON packages;
CREATE POLICY packages_own_or_staff ON packages FOR SELECT TO authenticated
    USING (person_id = ANY ((SELECT caller_persons())::uuid[])
           OR organization_id = ANY ((SELECT caller_organizations())::uuid[]));
