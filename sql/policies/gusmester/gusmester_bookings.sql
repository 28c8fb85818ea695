-- Changed by functions alone; employees see their own.
ALTER TABLE gusmester_bookings ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON gusmester_bookings FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON gusmester_bookings TO service_role;
GRANT SELECT ON gusmester_bookings TO authenticated;
DROP POLICY IF EXISTS gusmester_bookings_service ON gusmester_bookings;
CREATE POLICY gusmester_bookings_service ON gusmester_bookings FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
DROP POLICY IF EXISTS gusmester_bookings_own ON gusmester_bookings;
CREATE POLICY gusmester_bookings_own ON gusmester_bookings FOR SELECT TO authenticated
    USING (employee_id = (SELECT caller_employee_id()));
