-- Master data of the service, kept up by Stripe's events; people see their own.
ALTER TABLE subscriptions ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON subscriptions FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON subscriptions TO service_role;
GRANT SELECT ON subscriptions TO authenticated;
DROP POLICY IF EXISTS subscriptions_service ON subscriptions;
CREATE POLICY subscriptions_service ON subscriptions TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
DROP POLICY IF EXISTS subscriptions_own ON subscriptions;
CREATE POLICY subscriptions_own ON subscriptions FOR SELECT TO authenticated
    USING (user_id = (SELECT caller_id()));
