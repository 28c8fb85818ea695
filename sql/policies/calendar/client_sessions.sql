-- Written by functions alone; both people of a session see it, whichever role they have in it.
ALTER TABLE client_sessions ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON client_sessions FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON client_sessions TO service_role;
GRANT SELECT ON client_sessions TO authenticated;
DROP POLICY IF EXISTS client_sessions_service ON client_sessions;
CREATE POLICY client_sessions_service ON client_sessions FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
DROP POLICY IF EXISTS client_sessions_own ON client_sessions;
CREATE POLICY client_sessions_own ON client_sessions FOR SELECT TO authenticated
    USING (client_id = (SELECT caller_id()) OR therapist_id = (SELECT caller_id()));
