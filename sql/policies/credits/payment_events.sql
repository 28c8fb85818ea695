-- Written by functions alone; payloads hold what payers typed, so the service alone reads them.
ALTER TABLE payment_events ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON payment_events FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON payment_events TO service_role;
DROP POLICY IF EXISTS payment_events_service ON payment_events;
CREATE POLICY payment_events_service ON payment_events FOR SELECT TO service_role
    USING ((SELECT caller_is_service()));
