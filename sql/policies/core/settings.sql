-- The service reads and changes settings.
ALTER TABLE settings ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON settings FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON settings TO service_role;
DROP POLICY IF EXISTS settings_service ON settings;
CREATE POLICY settings_service ON settings TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
