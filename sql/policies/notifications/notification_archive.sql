-- Written by run_maintenance() alone; for whoever runs the service.
ALTER TABLE notification_archive ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON notification_archive FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON notification_archive TO service_role;
DROP POLICY IF EXISTS notification_archive_service ON notification_archive;
CREATE POLICY notification_archive_service ON notification_archive FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
