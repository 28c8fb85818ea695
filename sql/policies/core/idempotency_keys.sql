-- Written by commands alone.
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON idempotency_keys FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON idempotency_keys TO service_role;
DROP POLICY IF EXISTS idempotency_keys_service ON idempotency_keys;
CREATE POLICY idempotency_keys_service ON idempotency_keys FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
