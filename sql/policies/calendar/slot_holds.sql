-- Written by functions alone; people see what they hold and what is held of them.
ALTER TABLE slot_holds ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON slot_holds FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON slot_holds TO service_role;
GRANT SELECT ON slot_holds TO authenticated;
DROP POLICY IF EXISTS slot_holds_service ON slot_holds;
CREATE POLICY slot_holds_service ON slot_holds FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
DROP POLICY IF EXISTS slot_holds_own ON slot_holds;
CREATE POLICY slot_holds_own ON slot_holds FOR SELECT TO authenticated
    USING (holder_id = (SELECT caller_id()) OR practitioner_id = (SELECT caller_id()));
