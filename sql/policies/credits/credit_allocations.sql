-- Written by functions alone; people see their own allocations.
ALTER TABLE credit_allocations ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON credit_allocations FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON credit_allocations TO service_role;
GRANT SELECT ON credit_allocations TO authenticated;
DROP POLICY IF EXISTS credit_allocations_service ON credit_allocations;
CREATE POLICY credit_allocations_service ON credit_allocations FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
DROP POLICY IF EXISTS credit_allocations_own ON credit_allocations;
CREATE POLICY credit_allocations_own ON credit_allocations FOR SELECT TO authenticated
    USING (user_id = (SELECT caller_id()));
