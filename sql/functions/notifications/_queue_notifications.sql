-- _queue_for_session() for whoever has rows as JSON.
-- p_rows: array of {type, user_id, address (kept where there is no user_id), therapist_id, session_id, payload, due_at (default now)}.
CREATE OR REPLACE FUNCTION _queue_notifications(p_rows jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM _queue_for_session(
        r.session_id, r.therapist_id, array_agg(r.type), array_agg(r.user_id), array_agg(coalesce(r.payload, '{}')),
        array_agg(r.due_at), array_agg(r.address))
    FROM jsonb_to_recordset(p_rows) AS r (
        type text, user_id uuid, address text, therapist_id uuid, session_id uuid, payload jsonb, due_at timestamptz)
    GROUP BY r.session_id, r.therapist_id;
END
$$;
REVOKE ALL ON FUNCTION _queue_notifications FROM PUBLIC, anon, authenticated, service_role;
