-- The calling user's sessions between two instants, whichever role they have in them.
CREATE OR REPLACE FUNCTION my_sessions(p_from timestamptz DEFAULT now(), p_to timestamptz DEFAULT NULL)
RETURNS TABLE (
    session_id uuid, role text, client_id uuid, client_name text, therapist_id uuid, therapist_name text,
    session_date date, start_time time, timezone text, starts_at timestamptz, ends_at timestamptz, duration_minutes integer,
    session_type text, status text, is_peer_booking boolean, credit_cost integer, title text, notes text, room_url text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    PERFORM _require_caller();
    IF caller_id() IS NULL THEN
        PERFORM _fail('not_allowed', 'People list their own sessions', p_hint => 'The service reads the table client_sessions.');
    END IF;
    PERFORM _require_instant('p_from', p_from);
    IF p_to IS NOT NULL THEN
        PERFORM _require_instant('p_to', p_to);
    END IF;
    RETURN QUERY
        SELECT s.id, CASE s.client_id WHEN caller_id() THEN 'client' ELSE 'therapist' END,
               s.client_id, (SELECT c.full_name FROM profiles c WHERE c.user_id = s.client_id),
               s.therapist_id, (SELECT t.full_name FROM profiles t WHERE t.user_id = s.therapist_id),
               s.session_date, s.start_time, s.timezone, s.starts_at, s.ends_at, s.duration_minutes,
               s.session_type, s.status, s.is_peer_booking, s.credit_cost, s.title, s.notes, s.room_url
        FROM client_sessions s
        WHERE (s.client_id = caller_id() OR s.therapist_id = caller_id())
          AND s.ends_at > p_from AND s.starts_at < coalesce(p_to, 'infinity')
        ORDER BY s.starts_at, s.id;
END
$$;
REVOKE ALL ON FUNCTION my_sessions FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION my_sessions TO authenticated, service_role;
COMMENT ON FUNCTION my_sessions IS
'The calling user''s sessions that end after p_from and start before p_to, in every status, by their start.
p_from: instant, default now. p_to: instant, default no end.
Returns: session_id, role (client or therapist: the caller''s), client_id, client_name (may be NULL), therapist_id, therapist_name (may be NULL), session_date, start_time (local), timezone, starts_at, ends_at, duration_minutes, session_type, status (client_sessions.status), is_peer_booking, credit_cost (NULL while nobody has charged anything), title (may be NULL), notes (may be NULL), room_url (may be NULL).
Raises: not_authenticated, not_allowed (the service), invalid_input.
Rule: contract, section 7.';
