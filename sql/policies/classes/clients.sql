-- Master data except the person, who is the lead's they came from: the service writes it, staff by save_client(); clients with a login see their own row, staff their organization's.
ALTER TABLE clients ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON clients FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON clients TO service_role;
GRANT INSERT (id, organization_id, user_id, lead_id, name, email, phone, status) ON clients TO service_role;
GRANT UPDATE (user_id, lead_id, name, email, phone, status) ON clients TO service_role;
GRANT SELECT ON clients TO authenticated;
DROP POLICY IF EXISTS clients_service ON clients;
CREATE POLICY clients_service ON clients TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
DROP POLICY IF EXISTS clients_own_or_staff ON clients;
CREATE POLICY clients_own_or_staff ON clients FOR SELECT TO authenticated
    USING (user_id = (SELECT caller_id())
           OR organization_id = ANY ((SELECT caller_organizations())::uuid[]));
