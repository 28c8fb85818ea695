-- Written by functions alone; people see their own, staff their organization's.
ALTER TABLE bookings ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON bookings FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON bookings TO service_role;
GRANT SELECT ON bookings TO authenticated;
DROP POLICY IF EXISTS bookings_service ON bookings;
CREATE POLICY bookings_service ON bookings FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
DROP POLICY IF EXISTS bookings_own_or_staff ON bookings;
CREATE POLICY bookings_own_or_staff ON bookings FOR SELECT TO authenticated
    USING (person_id = ANY ((SELECT caller_persons())::uuid[])
           OR organization_id = ANY ((SELECT caller_organizations())::uuid[]));
