-- Queues notifications of one session in the caller's transaction, several in one statement: of each its type, its receiver and what it tells.
-- p_due_at: when each is due (NULL: now); left out all are due now. p_addresses: of those who have no user_id.
-- What cannot be queued is put on record and never fails the booking: the one EXCEPTION block on a hot path.
CREATE OR REPLACE FUNCTION _queue_for_session(
    p_session_id uuid, p_therapist_id uuid, p_types text[], p_user_ids uuid[], p_payloads jsonb[],
    p_due_at timestamptz[] DEFAULT NULL, p_addresses text[] DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    -- A random id costs as much as a row's place in an index, so the rows number its last digits.
    v_first_id text := _new_id();
BEGIN
    INSERT INTO notifications (id, type, user_id, address, therapist_id, session_id, payload, due_at)
    SELECT overlay(v_first_id PLACING lpad(to_hex(r.number), 6, '0') FROM 31)::uuid,
           r.type, r.user_id, CASE WHEN r.user_id IS NULL THEN r.address END, p_therapist_id, p_session_id, r.payload, coalesce(r.due_at, now())
    FROM unnest(p_types, p_user_ids, p_payloads, p_due_at, p_addresses) WITH ORDINALITY
        AS r (type, user_id, payload, due_at, address, number);
    -- Workers look for themselves at what becomes due later.
    IF (now() < ALL (p_due_at)) IS NOT TRUE THEN
        PERFORM _wake_workers();
    END IF;
EXCEPTION
    WHEN OTHERS THEN
        INSERT INTO notification_failures (type, user_id, session_id, sqlstate, error)
        SELECT r.type, r.user_id, p_session_id, SQLSTATE, SQLERRM
        FROM unnest(p_types, p_user_ids) AS r (type, user_id);
END
$$;
REVOKE ALL ON FUNCTION _queue_for_session FROM PUBLIC, anon, authenticated, service_role;
