-- Written by commands alone.
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON audit_log FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON SEQUENCE audit_log_id_seq FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON audit_log TO service_role;
DROP POLICY IF EXISTS audit_log_service ON audit_log;
CREATE POLICY audit_log_service ON audit_log FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
