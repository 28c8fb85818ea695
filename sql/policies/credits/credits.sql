-- Moved by the ledger alone; people see their own account.
ALTER TABLE credits ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON credits FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON credits TO service_role;
GRANT SELECT ON credits TO authenticated;
DROP POLICY IF EXISTS credits_service ON credits;
CREATE POLICY credits_service ON credits FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
DROP POLICY IF EXISTS credits_own ON credits;
CREATE POLICY credits_own ON credits FOR SELECT TO authenticated
    USING (user_id = (SELECT caller_id()));
