-- Queues notifications in the caller's transaction, several in one statement.
-- p_rows: array of {type, user_id, address (kept where there is no user_id), therapist_id, session_id, payload, due_at (default now)}.
-- What cannot be queued is put on record and never fails the booking: the one EXCEPTION block on a hot path.
CREATE OR REPLACE FUNCTION _queue_notifications(p_rows jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO notifications (id, type, user_id, address, therapist_id, session_id, payload, due_at)
    SELECT _new_id(), r.type, r.user_id, CASE WHEN r.user_id IS NULL THEN r.address END, r.therapist_id, r.session_id,
           coalesce(r.payload, '{}'), coalesce(r.due_at, now())
    FROM jsonb_to_recordset(p_rows) AS r (
        type text, user_id uuid, address text, therapist_id uuid, session_id uuid, payload jsonb, due_at timestamptz);
    PERFORM _wake_workers();
EXCEPTION
    WHEN OTHERS THEN
        INSERT INTO notification_failures (type, user_id, session_id, sqlstate, error)
        SELECT r.type, r.user_id, r.session_id, SQLSTATE, SQLERRM
        FROM jsonb_to_recordset(p_rows) AS r (type text, user_id uuid, session_id uuid);
END
$$;
REVOKE ALL ON FUNCTION _queue_notifications FROM PUBLIC, anon, authenticated, service_role;
