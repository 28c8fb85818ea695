-- Written by functions alone; people see their own, staff their organization's.
ALTER TABLE class_waitlist ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON class_waitlist FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON SEQUENCE class_waitlist_place_seq FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON class_waitlist TO service_role;
GRANT SELECT ON class_waitlist TO authenticated;
DROP POLICY IF EXISTS class_waitlist_service ON class_waitlist;
CREATE POLICY class_waitlist_service ON class_waitlist FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
DROP POLICY IF EXISTS class_waitlist_own_or_staff ON class_waitlist;
CREATE POLICY class_waitlist_own_or_staff ON class_waitlist FOR SELECT TO authenticated
    USING (person_id = ANY ((SELECT caller_persons())::uuid[])
           OR organization_id = ANY ((SELECT caller_organizations())::uuid[]));
