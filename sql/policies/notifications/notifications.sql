-- A queue, changed by functions alone; people see what was sent to them.
ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON notifications FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON notifications TO service_role;
GRANT SELECT ON notifications TO authenticated;
DROP POLICY IF EXISTS notifications_service ON notifications;
CREATE POLICY notifications_service ON notifications FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
DROP POLICY IF EXISTS notifications_own ON notifications;
CREATE POLICY notifications_own ON notifications FOR SELECT TO authenticated
    USING (user_id = (SELECT caller_id()));
