-- Master data, which stays with whose bookings used it: the service writes it, staff by create_membership(); people see their own, staff their organization's.
ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON memberships FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT ON memberships TO service_role;
GRANT UPDATE (name, class_limit, period, starts_on, ends_on, status) ON memberships TO service_role;
GRANT SELECT ON memberships TO authenticated;
DROP POLICY IF EXISTS memberships_service ON memberships;
CREATE POLICY memberships_service ON memberships TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
DROP POLICY IF EXISTS memberships_own_or_staff ON memberships;
CREATE POLICY memberships_own_or_staff ON memberships FOR SELECT TO authenticated
    USING (person_id = ANY ((SELECT caller_persons())::uuid[])
           OR organization_id = ANY ((SELECT caller_organizations())::uuid[]));
