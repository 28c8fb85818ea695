-- Whether anything at all is near enough to a time to be in the way of one of two people: a session, a live hold, time off.
-- The quick look before _busy_time(), which knows the holders, each one's own buffer and the session that does not count.
CREATE OR REPLACE FUNCTION _is_anything_near(p_one uuid, p_other uuid, p_from timestamptz, p_to timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
    v_buffer interval := coalesce(
        (SELECT make_interval(mins => max(p.buffer_minutes)) FROM practitioners p WHERE p.user_id IN (p_one, p_other)), interval '0');
    v_from   timestamptz := p_from - v_buffer;
    v_to     timestamptz := p_to + v_buffer;
    -- Sessions last a day at most.
    v_latest timestamptz := v_to + interval '1 day';
BEGIN
    -- The status is asked in a way that is no partial index's: planned while the table was empty, one over all people would be read for ever.
    RETURN EXISTS (
            SELECT FROM client_sessions s
            WHERE s.therapist_id IN (p_one, p_other) AND s.ends_at > v_from AND s.ends_at < v_latest AND s.starts_at < v_to
              AND s.status NOT IN ('completed', 'cancelled', 'no_show'))
        OR EXISTS (
            SELECT FROM client_sessions s
            WHERE s.client_id IN (p_one, p_other) AND s.ends_at > v_from AND s.ends_at < v_latest AND s.starts_at < v_to
              AND s.status NOT IN ('completed', 'cancelled', 'no_show'))
        OR EXISTS (
            SELECT FROM slot_holds h
            WHERE h.practitioner_id IN (p_one, p_other) AND h.expires_at > now() AND h.ends_at > v_from AND h.starts_at < v_to
              AND h.status NOT IN ('converted', 'released', 'expired'))
        OR EXISTS (
            SELECT FROM availability_exceptions x
            WHERE x.practitioner_id IN (p_one, p_other) AND x.kind = 'closed' AND x.ends_at > p_from AND x.starts_at < p_to);
END
$$;
REVOKE ALL ON FUNCTION _is_anything_near FROM PUBLIC, anon, authenticated, service_role;
