-- Master data of the service.
ALTER TABLE subscription_plans ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON subscription_plans FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON subscription_plans TO service_role;
DROP POLICY IF EXISTS subscription_plans_service ON subscription_plans;
CREATE POLICY subscription_plans_service ON subscription_plans TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
