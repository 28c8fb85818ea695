-- The service may look at what is installed; only the owner deploys.
ALTER TABLE function_versions ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON function_versions FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON SEQUENCE function_versions_id_seq FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON function_versions TO service_role;
DROP POLICY IF EXISTS function_versions_service ON function_versions;
CREATE POLICY function_versions_service ON function_versions FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
