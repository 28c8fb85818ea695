-- Written by functions alone; people see their own entries.
ALTER TABLE credit_transactions ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON credit_transactions FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON SEQUENCE credit_transactions_id_seq FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON credit_transactions TO service_role;
GRANT SELECT ON credit_transactions TO authenticated;
DROP POLICY IF EXISTS credit_transactions_service ON credit_transactions;
CREATE POLICY credit_transactions_service ON credit_transactions FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
DROP POLICY IF EXISTS credit_transactions_own ON credit_transactions;
CREATE POLICY credit_transactions_own ON credit_transactions FOR SELECT TO authenticated
    USING (user_id = (SELECT caller_id()));
