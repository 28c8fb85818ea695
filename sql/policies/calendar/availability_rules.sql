-- Master data: the service writes it, practitioners by set_weekly_availability(); they see their own.
ALTER TABLE availability_rules ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON availability_rules FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON availability_rules TO service_role;
GRANT SELECT ON availability_rules TO authenticated;
DROP POLICY IF EXISTS availability_rules_service ON availability_rules;
CREATE POLICY availability_rules_service ON availability_rules TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
DROP POLICY IF EXISTS availability_rules_own ON availability_rules;
CREATE POLICY availability_rules_own ON availability_rules FOR SELECT TO authenticated
    USING (practitioner_id = (SELECT caller_id()));
