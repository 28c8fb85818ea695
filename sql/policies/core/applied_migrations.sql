-- The service may look at what is installed; only the owner deploys.
ALTER TABLE applied_migrations ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON applied_migrations FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON applied_migrations TO service_role;
DROP POLICY IF EXISTS applied_migrations_service ON applied_migrations;
CREATE POLICY applied_migrations_service ON applied_migrations FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
