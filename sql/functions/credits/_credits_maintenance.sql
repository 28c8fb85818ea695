-- run_maintenance(): forgets what payers typed, once nothing is to be done with an event any more; ids, outcomes and times stay.
-- What is not final keeps its payload: it is tried again with it.
CREATE OR REPLACE FUNCTION _credits_maintenance(p_limit integer) RETURNS TABLE (task text, done bigint)
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    task := 'payment_event_payloads_forgotten';
    UPDATE payment_events e SET payload = '{}', payer_emails = '{}' WHERE (e.provider, e.event_id) IN (
        SELECT o.provider, o.event_id FROM payment_events o
        WHERE o.payload <> '{}' AND o.outcome NOT IN ('waiting', 'unknown_price', 'unknown_user')
          AND o.processed_at < now() - (SELECT s.payment_event_payload_retention FROM settings s WHERE s.id)
        ORDER BY o.processed_at
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED);
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN NEXT;
END
$$;
REVOKE ALL ON FUNCTION _credits_maintenance FROM PUBLIC, anon, authenticated, service_role;
