-- Changed by functions alone; hosts see theirs, with their guest.
ALTER TABLE guest_spots ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON guest_spots FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON guest_spots TO service_role;
GRANT SELECT ON guest_spots TO authenticated;
DROP POLICY IF EXISTS guest_spots_service ON guest_spots;
CREATE POLICY guest_spots_service ON guest_spots FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
DROP POLICY IF EXISTS guest_spots_own ON guest_spots;
CREATE POLICY guest_spots_own ON guest_spots FOR SELECT TO authenticated
    USING (host_employee_id = (SELECT caller_employee_id()));
