-- Written by commands alone; for whoever runs the service.
ALTER TABLE notification_failures ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON notification_failures FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON SEQUENCE notification_failures_id_seq FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON notification_failures TO service_role;
DROP POLICY IF EXISTS notification_failures_service ON notification_failures;
CREATE POLICY notification_failures_service ON notification_failures FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
