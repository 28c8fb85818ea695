-- Master data of the service; what a session costs is told by get_practitioner_credit_cost().
ALTER TABLE credit_rates ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON credit_rates FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON credit_rates TO service_role;
GRANT SELECT ON credit_rates TO authenticated;
DROP POLICY IF EXISTS credit_rates_service ON credit_rates;
CREATE POLICY credit_rates_service ON credit_rates TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
DROP POLICY IF EXISTS credit_rates_own ON credit_rates;
CREATE POLICY credit_rates_own ON credit_rates FOR SELECT TO authenticated
    USING (practitioner_id = (SELECT caller_id()));
