-- Master data except taken, which is counted; clients and staff see their organizations' classes, the public upcoming_classes().
ALTER TABLE class_sessions ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON class_sessions FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON class_sessions TO service_role;
GRANT INSERT (id, organization_id, name, instructor_name, starts_at, duration_minutes, capacity, is_free, booking_cutoff, status)
    ON class_sessions TO service_role;
GRANT UPDATE (name, instructor_name, starts_at, duration_minutes, capacity, is_free, booking_cutoff, status) ON class_sessions TO service_role;
GRANT SELECT ON class_sessions TO authenticated;
DROP POLICY IF EXISTS class_sessions_service ON class_sessions;
CREATE POLICY class_sessions_service ON class_sessions TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
DROP POLICY IF EXISTS class_sessions_own_or_staff ON class_sessions;
CREATE POLICY class_sessions_own_or_staff ON class_sessions FOR SELECT TO authenticated
    USING (organization_id = ANY ((SELECT caller_client_organizations())::uuid[])
           OR organization_id = ANY ((SELECT caller_organizations())::uuid[]));
