-- Master data except the person: the service writes it, staff by save_lead(); staff see their organization's, a client the lead they came from.
ALTER TABLE leads ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON leads FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON leads TO service_role;
GRANT INSERT (id, organization_id, name, email, phone, status) ON leads TO service_role;
GRANT UPDATE (name, email, phone, status) ON leads TO service_role;
GRANT SELECT ON leads TO authenticated;
DROP POLICY IF EXISTS leads_service ON leads;
CREATE POLICY leads_service ON leads TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
DROP POLICY IF EXISTS leads_own_or_staff ON leads;
CREATE POLICY leads_own_or_staff ON leads FOR SELECT TO authenticated
    USING (person_id = ANY ((SELECT caller_persons())::uuid[])
           OR organization_id = ANY ((SELECT caller_organizations())::uuid[]));
