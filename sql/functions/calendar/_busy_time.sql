-- What is taken of a person's time around [p_from, p_to): their sessions in every role and the live holds on them, each with their
-- buffer on either side, and their time off. Holds of p_parties and the session p_but_session_id do not count.
CREATE OR REPLACE FUNCTION _busy_time(
    p_user_id uuid, p_from timestamptz, p_to timestamptz, p_parties uuid[], p_but_session_id uuid DEFAULT NULL
) RETURNS tstzmultirange
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_buffer interval := coalesce(
        (SELECT make_interval(mins => p.buffer_minutes) FROM practitioners p WHERE p.user_id = p_user_id), interval '0');
    v_around tstzrange := tstzrange(p_from - v_buffer, p_to + v_buffer);
BEGIN
    RETURN (
        SELECT coalesce(range_agg(b.taken), '{}')
        FROM (
            SELECT tstzrange(s.starts_at - v_buffer, s.ends_at + v_buffer)
            FROM client_sessions s
            WHERE s.therapist_id = p_user_id AND s.status IN ('scheduled', 'confirmed', 'in_progress')
              AND tstzrange(s.starts_at, s.ends_at) && v_around AND s.id IS DISTINCT FROM p_but_session_id
            UNION ALL
            SELECT tstzrange(s.starts_at - v_buffer, s.ends_at + v_buffer)
            FROM client_sessions s
            WHERE s.client_id = p_user_id AND s.status IN ('scheduled', 'confirmed', 'in_progress')
              AND tstzrange(s.starts_at, s.ends_at) && v_around AND s.id IS DISTINCT FROM p_but_session_id
            UNION ALL
            SELECT tstzrange(h.starts_at - v_buffer, h.ends_at + v_buffer)
            FROM slot_holds h
            WHERE h.practitioner_id = p_user_id AND h.status = 'live' AND h.expires_at > now()
              AND tstzrange(h.starts_at, h.ends_at) && v_around AND (h.holder_id = ANY (p_parties)) IS NOT TRUE
            UNION ALL
            SELECT tstzrange(x.starts_at, x.ends_at)
            FROM availability_exceptions x
            WHERE x.practitioner_id = p_user_id AND x.kind = 'closed' AND x.ends_at > p_from AND x.starts_at < p_to
        ) AS b (taken));
END
$$;
REVOKE ALL ON FUNCTION _busy_time FROM PUBLIC, anon, authenticated, service_role;
